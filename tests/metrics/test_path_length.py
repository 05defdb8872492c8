import numpy as np
import pytest

from jaxgen.metrics.accumulate import Rows
from jaxgen.metrics.path_length import Metric, path_length, squared_distances


def test_distances_are_squared_and_per_pair():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 5, 8)).astype(np.float32)
    found = squared_distances(a, b)
    assert found.shape == (5, 1) and found.dtype == np.float64
    want = [np.linalg.norm(x - y) ** 2 for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(found[:, 0], want, rtol=1e-6)


def test_length_is_the_mean_of_what_lies_between_the_ends():
    """1 percent of 301 numbers are the three smallest, and the three largest."""
    distances = np.arange(301.0)
    distances[-1] = 1e9
    inside = distances[3:-3]
    assert path_length(distances, epsilon=1.0) == pytest.approx(inside.mean())


def test_ends_are_those_of_nvidias_script():
    rng = np.random.default_rng(0)
    distances = rng.exponential(size=777) * 1e-8
    lengths = distances / 1e-4**2
    low = np.percentile(lengths, 1, method="lower")
    high = np.percentile(lengths, 99, method="higher")
    want = np.extract(np.logical_and(lengths >= low, lengths <= high), lengths).mean()
    rows = Rows.empty().update(distances[:, None])
    assert Metric().compute(None, rows)["path_length"] == pytest.approx(want)


def test_a_smaller_step_of_an_even_path_has_the_same_length():
    rng = np.random.default_rng(0)
    start, along = rng.normal(size=(2, 50, 8))
    for epsilon in (1e-2, 1e-3):
        distances = squared_distances(start, start + epsilon * along)[:, 0]
        found = path_length(distances, epsilon=epsilon, trim=0.0)
        assert found == pytest.approx(np.square(along).sum(1).mean(), rel=1e-6)


def test_no_pair_is_too_few():
    with pytest.raises(ValueError, match="no pair of pictures"):
        Metric().compute(None, Rows.empty())
