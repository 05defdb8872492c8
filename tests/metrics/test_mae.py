import numpy as np
import pytest

from jaxgen.metrics.mae import Metric


def test_mae_is_that_of_gflas_script():
    rng = np.random.default_rng(0)
    images, targets = rng.integers(0, 256, (2, 3, 16, 12, 3), dtype=np.uint8)
    values = Metric().values(images, {"target_image": targets})
    for value, x, y in zip(values, images, targets, strict=True):
        a, b = x.astype(np.float32) / 255, y.astype(np.float32) / 255
        assert value == pytest.approx(np.sum(np.abs(a - b)) / np.sum(a + b), rel=1e-5)


def test_brighter_pictures_have_less_of_it():
    dark = np.full((1, 8, 8, 3), 20, np.uint8)
    (near_black,) = Metric().values(dark, {"target_image": dark + np.uint8(10)})
    (near_white,) = Metric().values(
        dark + np.uint8(200), {"target_image": dark + np.uint8(210)}
    )
    assert near_black == pytest.approx(0.2) and near_white < 0.03


def test_two_black_pictures_have_no_number():
    black = np.zeros((1, 8, 8, 3), np.uint8)
    assert np.isnan(Metric().values(black, {"target_image": black})).all()
