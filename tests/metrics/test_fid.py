import numpy as np
import pytest

from jaxgen.metrics.accumulate import Moments
from jaxgen.metrics.fid import Metric, frechet_distance
from tests.reference import frechet as reference


def streams(count, other, width, seed=0):
    """Two correlated clouds about different middles."""
    rng = np.random.default_rng(seed)
    mix = rng.normal(size=(width, width)) / np.sqrt(width)
    x = rng.normal(size=(count, width)) @ mix + 0.5
    y = rng.normal(size=(other, width)) @ (mix + 0.1 * rng.normal(size=mix.shape))
    return x, y


def distance(x, y, **options):
    return frechet_distance(Moments.of(x), Moments.of(y), **options)


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("count, other", [(200, 300), (80, 80)])
def test_distance_equals_the_matrix_root_of_scipy(count, other, ddof):
    x, y = streams(count, other, 40)
    moments = (*reference.moments(x, ddof), *reference.moments(y, ddof))
    want = reference.distance(*moments)
    assert distance(x, y, ddof=ddof) == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize("count, other, width", [(12, 20, 64), (5, 300, 64), (2, 2, 9)])
def test_fewer_samples_than_features_are_right_too(count, other, width):
    x, y = streams(count, other, width)
    want = reference.distance_of_rows(x, y)
    assert distance(x, y) == pytest.approx(want, rel=1e-9)
    moments = (*reference.moments(x), *reference.moments(y))
    assert distance(x, y) == pytest.approx(reference.distance(*moments), rel=1e-6)


def test_a_stream_has_distance_0_from_itself():
    for count in (10, 200):
        x, _ = streams(count, 5, 40)
        traces = np.trace(np.cov(x, rowvar=False))
        assert abs(distance(x, x)) < 1e-12 * traces


def test_order_does_not_matter():
    x, y = streams(30, 50, 20)
    assert distance(x, y) == pytest.approx(distance(y, x), rel=1e-12)


def moments(mean, covariance):
    return Moments(2, np.array(mean, float), np.array(covariance, float))


def test_gaussians_with_variances_have_the_known_distance():
    """Sum over features of (m - n)^2 + (s - t)^2."""
    found = frechet_distance(
        moments([1, 2, 3], np.diag([4, 9, 0])), moments([1, 0, 3], np.diag([1, 9, 16]))
    )
    assert found == pytest.approx(4 + 1 + 0 + 16, rel=1e-12)


def test_a_shift_is_its_squared_length_and_a_factor_its_share_of_the_variance():
    x, _ = streams(100, 5, 20)
    shift = np.linspace(-1, 1, 20)
    assert distance(x, x + shift) == pytest.approx(shift @ shift, rel=1e-9)
    want = np.trace(np.cov(x, rowvar=False)) + np.square(x.mean(0)).sum()
    assert distance(x, 2 * x) == pytest.approx(want, rel=1e-9)


def test_nvidias_covariance_gives_another_number():
    x, y = (Moments.of(v) for v in streams(20, 30, 10))
    numbers = [Metric(ddof=ddof).compute(x, y)["fid"] for ddof in (0, 1)]
    assert numbers[0] != pytest.approx(numbers[1], rel=1e-3)
    assert Metric(ddof=0).definition != Metric(ddof=1).definition


def test_widths_must_agree():
    with pytest.raises(ValueError, match="features of one width, got 5 and 4"):
        distance(np.zeros((3, 5)), np.zeros((3, 4)))


def test_one_sample_is_too_few():
    x, y = streams(1, 10, 4)
    with pytest.raises(ValueError, match="more than 1 samples, got 1"):
        Metric().compute(Moments.of(x), Moments.of(y))
