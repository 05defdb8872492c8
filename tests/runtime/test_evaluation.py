import numpy as np
import pytest

from jaxgen.runtime import evaluation
from jaxgen.runtime.evaluation import Evaluation


class First:
    """A metric that reads the first byte."""

    needs = ("x",)
    definition = {"name": "first"}

    def values(self, images, batch):
        return images[:, 0, 0, 0].astype(float)


def test_measure_joins_batches_in_order():
    images = np.arange(5, dtype=np.uint8).reshape(5, 1, 1, 1)
    parts = [
        ({"image": images[:3]}, {}, ["a"] * 3),
        ({"image": images[3:]}, {}, ["b"] * 2),
    ]
    values = evaluation.measure({"n": Evaluation(First())}, iter(parts))
    np.testing.assert_array_equal(values["n"], np.arange(5))


def test_evaluations_of_the_same_samples_are_drawn_once():
    few = Evaluation(First(), samples=3)
    groups = evaluation.by_samples({"a": few, "b": Evaluation(First()), "c": few})
    assert {k: list(v) for k, v in groups.items()} == {
        ("test", 3): ["a", "c"],
        ("test", 200): ["b"],
    }


def test_the_interval_covers_the_mean_of_paired_differences():
    difference = np.random.default_rng(1).normal(0.1, 1, 400)
    low, high = evaluation.paired_interval(difference)
    assert low < difference.mean() < high
    assert high - low == pytest.approx(4 / np.sqrt(400), rel=0.15)
