import numpy as np
import pytest
from scipy.special import softmax

from jaxgen.metrics.accumulate import Rows
from jaxgen.metrics.inception_score import Metric, inception_score
from tests.reference import inception_score as reference


def logits(count=23, classes=7, seed=0):
    return 3 * np.random.default_rng(seed).normal(size=(count, classes))


def compute(rows, **options):
    return Metric(**options).compute(None, Rows((rows,)))


@pytest.mark.parametrize("splits", [1, 4, 10])
def test_score_equals_its_slow_twin(splits):
    scores = reference.of_splits(softmax(logits(), axis=1), splits)
    found = compute(logits(), splits=splits)
    assert found["inception_score"] == pytest.approx(np.mean(scores), rel=1e-12)
    assert found["inception_score_std"] == pytest.approx(np.std(scores), abs=1e-12)


def test_pictures_of_one_class_have_1():
    assert inception_score(np.tile([0.2, 0.3, 0.5], (9, 1))) == pytest.approx(1.0)


def test_sure_pictures_of_all_classes_have_as_many_as_there_are():
    """Probabilities of exactly 0 among them, which no epsilon spoils."""
    assert inception_score(np.tile(np.eye(5), (4, 1))) == pytest.approx(5.0, rel=1e-14)


def test_order_counts_for_the_splits():
    rows = np.repeat(20 * np.eye(4), 10, axis=0)
    mixed = rows.reshape(4, 10, 4).swapaxes(0, 1).reshape(40, 4)
    assert compute(rows, splits=4)["inception_score"] == pytest.approx(1.0, abs=1e-4)
    assert compute(mixed, splits=4)["inception_score"] > 3
    assert compute(rows, splits=1) == pytest.approx(compute(mixed, splits=1))


def test_a_shift_of_all_outputs_changes_nothing():
    assert compute(logits() + 1000) == pytest.approx(compute(logits()))


def test_fewer_samples_than_splits_are_refused():
    with pytest.raises(ValueError, match="10 splits need as many samples, got 9"):
        compute(logits(9))
