from dataclasses import dataclass

import numpy as np
import pytest

from jaxgen.runtime import measuring
from jaxgen.runtime.measuring import Evaluation, Reference


class First:
    """A metric that reads the first byte."""

    needs = ("x",)
    definition = {"name": "first"}

    def values(self, images, batch):
        return images[:, 0, 0, 0].astype(float)


class Means:
    """A metric of a set that gathers rows: the difference of the means."""

    streams = ("real", "fake")
    extractor, where = "bytes", "host"
    definition = {"name": "means"}

    @dataclass(frozen=True)
    class gathers:
        rows: tuple = ()

        @classmethod
        def empty(cls):
            return cls()

        def update(self, rows):
            return type(self)((*self.rows, *rows.tolist()))

    def compute(self, real, fake):
        return {"means": float(np.mean(fake.rows) - np.mean(real.rows))}


class Reading:
    """Features that are the first byte; counts how often it is asked."""

    def __init__(self):
        self.calls = []

    def __call__(self, images, batch, *, real):
        self.calls.append(real)
        return images[:, 0, 0, 0].astype(float)


def once(*, split, samples):
    """Sixteen targets, every second one the same as the one before, in two batches."""
    values = np.repeat(np.arange(8, dtype=np.uint8) * 10 + (split == "train"), 2)
    images = np.broadcast_to(values[:, None, None, None], (16, 2, 2, 3)).copy()
    for start in (0, 8):
        names = [str(i) for i in range(start, start + 8)]
        yield {"target_image": images[start : start + 8]}, names


def test_measure_joins_batches_in_order():
    images = np.arange(5, dtype=np.uint8).reshape(5, 1, 1, 1)
    parts = [
        ({"image": images[:3]}, {}, ["a"] * 3),
        ({"image": images[3:]}, {}, ["b"] * 2),
    ]
    values = measuring.measure({"n": Evaluation(First())}, iter(parts))
    np.testing.assert_array_equal(values["n"], np.arange(5))


def test_evaluations_of_the_same_samples_are_drawn_once():
    few = Evaluation(First(), samples=3)
    groups = measuring.by_answers({"a": few, "b": Evaluation(First()), "c": few})
    assert {k: list(v) for k, v in groups.items()} == {
        ("test", 3, None): ["a", "c"],
        ("test", 200, None): ["b"],
    }


def test_the_interval_covers_the_mean_of_paired_differences():
    difference = np.random.default_rng(1).normal(0.1, 1, 400)
    low, high = measuring.paired_interval(difference)
    assert low < difference.mean() < high
    assert high - low == pytest.approx(4 / np.sqrt(400), rel=0.15)


def test_metrics_of_sets_share_features_and_keep_a_state():
    images = np.arange(6, dtype=np.uint8).reshape(6, 1, 1, 1)
    parts = [({"image": images[i : i + 3]}, {}, ["a"] * 3) for i in (0, 3)]
    read = Reading()
    entries = {n: Evaluation(Means(), features=read) for n in "ab"}
    entries["c"] = Evaluation(First())
    kept = measuring.measure(entries, iter(parts))
    assert read.calls == [False, False]
    assert kept["a"].rows == kept["b"].rows == tuple(range(6))
    np.testing.assert_array_equal(kept["c"], np.arange(6))


def test_a_target_of_several_sources_is_one_real_picture():
    read = Reading()
    entry = Evaluation(Means(), features=read, reference=Reference("train"))
    states = measuring.real_states({"a": entry, "b": Evaluation(First())}, once)
    assert states["a"].rows == tuple(range(1, 81, 10)) and set(states) == {"a"}
    assert all(read.calls)


def test_a_metric_of_a_set_without_features_is_refused():
    parts = [({"image": np.zeros((1, 1, 1, 1), np.uint8)}, {}, ["a"])]
    with pytest.raises(ValueError, match="needs features"):
        measuring.measure({"a": Evaluation(Means())}, iter(parts))


def test_a_metric_of_several_numbers_has_several_labels():
    found = measuring.labels(
        "pr50k3", "precision_recall", {"precision": 1.0, "recall": 0.5}
    )
    assert found == {"pr50k3 precision": 1.0, "pr50k3 recall": 0.5}
    assert measuring.labels("fid50k", "fid", {"fid": 3.0}) == {"fid50k": 3.0}
