import pkgutil
from importlib import import_module

import numpy as np
import pytest

from jaxgen import metrics
from jaxgen.metrics.base import PairedMetric

SIZE = (32, 24)
HELPERS = {"base", "mask"}
NAMES = sorted(m.name for m in pkgutil.iter_modules(metrics.__path__))
METRICS = [name for name in NAMES if name not in HELPERS]


@pytest.fixture(params=METRICS)
def metric(request):
    return import_module(f"jaxgen.metrics.{request.param}").Metric()


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


def test_every_metric_offers_the_protocol(metric):
    assert isinstance(metric, PairedMetric)
    assert all(isinstance(v, str) and v for v in metric.definition.values())


def test_a_batch_gives_one_finite_float64_a_sample(metric, batch):
    values = metric.values(answers(batch), {n: batch[n] for n in metric.needs})
    assert values.shape == (3,) and values.dtype == np.float64
    assert np.isfinite(values).all()


def test_samples_are_scored_alone(metric, batch):
    images = answers(batch)
    whole = metric.values(images, batch)
    last = {name: value[2:] for name, value in batch.items()}
    np.testing.assert_allclose(metric.values(images[2:], last), whole[2:], rtol=1e-12)


def test_names_in_definitions_are_the_names_of_the_files():
    for name in METRICS:
        metric = import_module(f"jaxgen.metrics.{name}").Metric()
        assert metric.definition["name"] == name
