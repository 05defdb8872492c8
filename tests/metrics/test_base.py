import pkgutil
from importlib import import_module

import numpy as np
import pytest

from jaxgen import metrics
from jaxgen.metrics.base import (
    PairedMetric,
    SetMetric,
    definition_key,
    mean_of_batches,
    summarise,
)

SIZE = (32, 24)
NAMES = sorted(m.name for m in pkgutil.iter_modules(metrics.__path__))
MODULES = {name: import_module(f"jaxgen.metrics.{name}") for name in NAMES}
METRICS = {n: m.Metric for n, m in MODULES.items() if hasattr(m, "Metric")}
PAIRED = [name for name, metric in METRICS.items() if hasattr(metric, "values")]
SETS = [name for name in METRICS if name not in PAIRED]


def distances(image, target):
    return np.abs(image - target).mean((1, 2, 3))


def make(name):
    return METRICS[name](distances) if name == "lpips" else METRICS[name]()


@pytest.fixture(params=PAIRED)
def metric(request):
    return make(request.param)


@pytest.fixture(params=SETS)
def set_metric(request):
    return make(request.param)


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    keypoints = rng.uniform(0, 23, (3, 18, 2)).astype(np.float32)
    keypoints[0, 4] = np.nan
    return {
        "target_image": rng.integers(0, 256, (3, *SIZE, 3), dtype=np.uint8),
        "target_keypoints": keypoints,
    }


def answers(batch):
    rng = np.random.default_rng(1)
    noise = rng.integers(-20, 20, batch["target_image"].shape)
    return np.clip(batch["target_image"] + noise, 0, 255).astype(np.uint8)


def features(metric, seed, count=40):
    rng = np.random.default_rng(seed)
    shape = (18, 2) if metric.definition["name"] == "pckh" else (6,)
    return rng.normal(size=(count, *shape)).astype(np.float32)


def test_every_metric_of_pairs_offers_the_protocol(metric):
    assert isinstance(metric, PairedMetric)
    assert not isinstance(metric, SetMetric)
    assert all(isinstance(v, str) and v for v in metric.definition.values())


def test_metrics_of_pairs_that_need_a_network_name_it():
    named = [name for name in PAIRED if hasattr(METRICS[name], "extractor")]
    assert named == ["lpips"] and make("lpips").extractor


def test_a_batch_gives_one_finite_float64_a_sample(metric, batch):
    values = metric.values(answers(batch), {n: batch[n] for n in metric.needs})
    assert values.shape == (3,) and values.dtype == np.float64
    assert np.isfinite(values).all()


def test_samples_are_scored_alone(metric, batch):
    images = answers(batch)
    whole = metric.values(images, batch)
    last = {name: value[2:] for name, value in batch.items()}
    np.testing.assert_allclose(metric.values(images[2:], last), whole[2:], rtol=1e-12)


def test_every_metric_of_sets_offers_the_protocol(set_metric):
    assert isinstance(set_metric, SetMetric)
    assert not isinstance(set_metric, PairedMetric)
    assert set(set_metric.streams) <= {"real", "fake"} and set_metric.extractor
    assert all(isinstance(v, str) and v for v in set_metric.definition.values())


@pytest.mark.parametrize("sizes", [(40,), (16, 16, 8), (1, 39), (20, 0, 20)])
def test_batches_and_merged_states_give_what_all_at_once_gives(set_metric, sizes):
    rows = {
        stream: features(set_metric, i) for i, stream in enumerate(("real", "fake"))
    }
    empty = set_metric.gathers.empty()
    once = {stream: empty.update(v) for stream, v in rows.items()}
    streamed, merged = {}, {}
    for stream, v in rows.items():
        streamed[stream] = merged[stream] = empty
        for part in np.split(v, np.cumsum(sizes)[:-1]):
            streamed[stream] = streamed[stream].update(part)
            merged[stream] = merged[stream].merge(empty.update(part))
    want = set_metric.compute(**once)
    assert all(isinstance(v, float) and np.isfinite(v) for v in want.values())
    for found in (streamed, merged):
        assert set_metric.compute(**found) == pytest.approx(want, rel=1e-10, abs=1e-12)


def test_a_state_read_from_its_arrays_gives_the_same(set_metric):
    empty = set_metric.gathers.empty()
    real, fake = (empty.update(features(set_metric, seed)) for seed in (0, 1))
    again = [set_metric.gathers.from_arrays(state.arrays()) for state in (real, fake)]
    assert set_metric.compute(*again) == set_metric.compute(real, fake)


def test_states_stay_as_they_are(set_metric):
    state = set_metric.gathers.empty().update(features(set_metric, 0))
    before = {name: value.copy() for name, value in state.arrays().items()}
    state.update(features(set_metric, 1))
    for name, value in state.arrays().items():
        np.testing.assert_array_equal(value, before[name])


@pytest.mark.parametrize("name", [*PAIRED, *SETS])
def test_names_in_definitions_are_the_names_of_the_files(name):
    assert make(name).definition["name"] == name


def test_what_has_no_number_is_counted_and_named():
    found = summarise(np.array([1.0, np.nan, 3.0, np.nan]), ["a", "b", "c", "d"])
    assert np.isnan(found.mean) and np.isnan(found.std)
    assert found.mean_of_defined == 2.0
    assert (found.count, found.undefined) == (4, ("b", "d"))


def test_a_summary_of_numbers_is_their_mean_and_deviation():
    found = summarise(np.array([1.0, 2.0, 6.0]), ["a", "b", "c"])
    assert (found.mean, found.mean_of_defined, found.undefined) == (3.0, 3.0, ())
    assert found.std == pytest.approx(np.std([1, 2, 6]))


def test_a_summary_of_nothing_has_no_mean():
    found = summarise(np.zeros(0), [])
    assert np.isnan([found.mean, found.std, found.mean_of_defined]).all()
    assert found.count == 0


def test_a_short_last_batch_counts_as_a_whole():
    values = np.array([1.0, 1.0, 4.0])
    assert mean_of_batches(values, 2) == 2.5
    assert mean_of_batches(values, 3) == 2.0


def test_keys_are_equal_for_equal_definitions_alone():
    definition = {"name": "fid", "features": "a", "covariance": "b"}
    key = definition_key(definition)
    assert key.startswith("fid-") and len(key) == len("fid-") + 8
    assert definition_key(dict(reversed(definition.items()))) == key
    assert definition_key({**definition, "features": "c"}) != key
