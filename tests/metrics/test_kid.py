import numpy as np
import pytest

from jaxgen.metrics.accumulate import Rows
from jaxgen.metrics.kid import Metric, unbiased_mmd
from tests.reference import kernel as reference


def rows(count, seed, width=6, offset=0.0):
    return offset + np.random.default_rng(seed).normal(size=(count, width))


def kid(x, y, **options):
    return Metric(**options).compute(Rows((y,)), Rows((x,)))["kid"]


@pytest.mark.parametrize("degree", [1, 3])
def test_mmd_equals_its_slow_twin(degree):
    x, y = rows(7, 0), rows(9, 1, offset=0.3)
    want = reference.unbiased_mmd(x, y, degree)
    assert unbiased_mmd(x, y, degree=degree) == pytest.approx(want, rel=1e-12)


def test_one_distribution_has_0_in_expectation():
    found = [unbiased_mmd(rows(40, i), rows(40, 1000 + i)) for i in range(300)]
    error = np.std(found) / np.sqrt(len(found))
    assert abs(np.mean(found)) < 3 * error
    assert np.min(found) < 0  # Unbiased numbers lie on both sides.


def test_other_distributions_are_further_the_more_they_differ():
    near, far = (unbiased_mmd(rows(200, 0), rows(200, 1, offset=o)) for o in (0.5, 1.0))
    assert 0.1 < near < far


def test_with_all_rows_there_is_no_chance():
    x, y = rows(30, 0), rows(50, 1, offset=0.5)
    want = unbiased_mmd(x, y)
    assert kid(x, y, subsets=0) == pytest.approx(want, rel=1e-12)


def test_subsets_as_large_as_both_streams_are_all_rows():
    x, y = rows(30, 0), rows(30, 1, offset=0.5)
    want = unbiased_mmd(x, y)
    assert kid(x, y, subsets=4, subset_size=1000) == pytest.approx(want, rel=1e-10)


def test_subsets_are_drawn_by_the_seed_and_average_to_all():
    x, y = rows(60, 0), rows(80, 1, offset=0.5)
    options = dict(subsets=300, subset_size=20)
    assert kid(x, y, **options) == kid(x, y, **options)
    assert kid(x, y, **options) != kid(x, y, **options, seed=1)
    assert kid(x, y, **options) == pytest.approx(unbiased_mmd(x, y), rel=0.05)


def test_numbers_are_those_of_nvidias_formula():
    """Its sum over one subset, for subsets that are all rows."""
    x, y = rows(30, 0), rows(30, 1, offset=0.5)
    m, width = x.shape
    a = (x @ x.T / width + 1) ** 3 + (y @ y.T / width + 1) ** 3
    b = (x @ y.T / width + 1) ** 3
    want = ((a.sum() - np.diag(a).sum()) / (m - 1) - b.sum() * 2 / m) / m
    assert kid(x, y, subsets=1) == pytest.approx(want, rel=1e-10)


def test_one_sample_is_too_few():
    with pytest.raises(ValueError, match="got 5 real and 1 generated"):
        kid(rows(1, 0), rows(5, 1))
