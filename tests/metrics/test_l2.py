import numpy as np
import pytest

from jaxgen.metrics.l2 import Metric


def test_l2_is_that_of_pg2s_script():
    rng = np.random.default_rng(0)
    images, targets = rng.integers(0, 256, (2, 3, 16, 12, 3), dtype=np.uint8)
    values = Metric().values(images, {"target_image": targets})
    for value, x, y in zip(values, images, targets, strict=True):
        difference = x.astype(float) - y.astype(float)
        want = np.sqrt(np.sum(difference**2)) / np.prod(x.shape)
        assert value == pytest.approx(want, rel=1e-12)


def test_it_falls_with_the_size_as_no_root_mean_square_does():
    values = []
    for side in (8, 16):
        black = np.zeros((1, side, side, 3), np.uint8)
        values += [*Metric().values(black, {"target_image": black + np.uint8(9)})]
    assert values[1] == pytest.approx(values[0] / 2)


def test_equal_pictures_have_0():
    black = np.zeros((2, 8, 8, 3), np.uint8)
    assert not Metric().values(black, {"target_image": black}).any()
