import numpy as np
import pytest

from jaxgen.metrics.accumulate import Moments, Rows
from tests.reference import frechet as reference


def rows(count=30, width=5, seed=0, offset=0.0):
    rng = np.random.default_rng(seed)
    return offset + rng.normal(size=(count, width)) @ rng.normal(size=(width, width))


@pytest.mark.parametrize("ddof", [0, 1])
def test_moments_equal_sums_row_by_row(ddof):
    x = rows()
    mean, covariance = reference.moments(x, ddof)
    found = Moments.empty().update(x[:7]).update(x[7:])
    np.testing.assert_allclose(found.mean, mean, rtol=1e-13)
    np.testing.assert_allclose(found.covariance(ddof=ddof), covariance, rtol=1e-12)
    np.testing.assert_allclose(covariance, np.cov(x, rowvar=False, ddof=ddof))


def test_a_mean_far_from_zero_costs_the_covariance_nothing():
    """Raw second moments would keep three digits here, and float32 none."""
    x = rows()
    found = Moments.empty()
    for part in np.array_split(x + 1e6, 9):
        found = found.update(part)
    np.testing.assert_allclose(found.covariance(), np.cov(x, rowvar=False), rtol=1e-8)


def test_float32_rows_are_summed_in_float64():
    x = rows().astype(np.float32)
    found = Moments.empty().update(x)
    assert found.mean.dtype == found.scatter.dtype == np.float64
    np.testing.assert_array_equal(found.mean, x.astype(np.float64).mean(0))


def test_order_of_merging_does_not_matter():
    a, b, c = (Moments.of(rows(seed=seed)) for seed in range(3))
    one, other = a.merge(b).merge(c), a.merge(b.merge(c))
    np.testing.assert_allclose(one.mean, other.mean, rtol=1e-12)
    np.testing.assert_allclose(one.scatter, other.scatter, rtol=1e-12)
    assert one.count == other.count == 90


def test_nothing_added_changes_nothing():
    a = Moments.of(rows())
    for same in (a.merge(Moments.empty()), Moments.empty().merge(a)):
        np.testing.assert_array_equal(same.scatter, a.scatter)
        assert same.count == 30


def test_widths_must_agree():
    with pytest.raises(ValueError, match="width 4 cannot join those of width 5"):
        Moments.of(rows()).update(rows(width=4))


def test_features_must_be_a_table():
    with pytest.raises(ValueError, match=r"\[samples, width\], got \[2, 3, 4\]"):
        Moments.of(np.zeros((2, 3, 4)))


@pytest.mark.parametrize("ddof, count", [(1, 1), (0, 0)])
def test_too_few_rows_have_no_covariance(ddof, count):
    with pytest.raises(ValueError, match=f"more than {ddof} samples, got {count}"):
        Moments.of(rows(count)).covariance(ddof=ddof)


def test_rows_keep_order_shape_and_type():
    x = np.arange(24, dtype=np.float32).reshape(4, 3, 2)
    found = Rows.empty().update(x[:1]).merge(Rows.empty().update(x[1:]))
    np.testing.assert_array_equal(found.values, x)
    assert found.values.dtype == np.float32 and found.count == 4


def test_no_rows_are_no_rows():
    assert Rows.empty().count == len(Rows.empty().values) == 0
