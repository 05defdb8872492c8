import numpy as np
import pytest

from jaxgen.metrics import precision_recall
from jaxgen.metrics.accumulate import Rows
from jaxgen.metrics.precision_recall import Metric, radii, share_inside
from tests.reference import manifold as reference


def rows(count, seed, width=4, offset=0.0):
    return offset + np.random.default_rng(seed).normal(size=(count, width))


def compute(real, fake, **options):
    return Metric(**options).compute(Rows((real,)), Rows((fake,)))


@pytest.mark.parametrize("neighbours", [1, 3])
@pytest.mark.parametrize("offset", [0.0, 1.5])
def test_shares_equal_their_slow_twin(neighbours, offset):
    real, fake = rows(40, 0), rows(30, 1, offset=offset)
    found = compute(real, fake, neighbours=neighbours)
    want = reference.share_inside(fake, real, neighbours)
    assert found["precision"] == pytest.approx(want)
    assert found["recall"] == pytest.approx(
        reference.share_inside(real, fake, neighbours)
    )


def test_radii_are_distances_to_the_kth_other_row():
    x = rows(20, 0)
    want = [reference.radius(i, x, 3) for i in range(20)]
    np.testing.assert_allclose(np.sqrt(radii(x, neighbours=3)), want, rtol=1e-9)


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_a_set_has_1_with_itself(offset):
    x = rows(50, 0, offset=offset)
    assert compute(x, x) == {"precision": 1.0, "recall": 1.0}


def test_a_set_of_equal_rows_has_1_with_itself():
    """The radius is 0 there, and rounding may not push a row out of it."""
    x = np.repeat(rows(3, 0, width=2048), 5, axis=0)
    assert compute(x, x) == {"precision": 1.0, "recall": 1.0}


def test_far_sets_have_0():
    found = compute(rows(30, 0), rows(30, 1, offset=100))
    assert found == {"precision": 0.0, "recall": 0.0}


def test_a_part_is_precise_and_recalls_little():
    real = np.concatenate([rows(50, 0), rows(50, 1, offset=50)])
    found = compute(real, real[:50])
    assert found["precision"] == 1.0 and found["recall"] == 0.5


def test_blocks_make_no_difference(monkeypatch):
    real, fake = rows(40, 0), rows(33, 1, offset=0.5)
    want = share_inside(fake, real, neighbours=3)
    monkeypatch.setattr(precision_recall, "_BLOCK", 7)
    assert share_inside(fake, real, neighbours=3) == want


def test_too_few_samples_are_refused():
    with pytest.raises(ValueError, match="more than 3 .* got 3 real and 9 generated"):
        compute(rows(3, 0), rows(9, 1))
