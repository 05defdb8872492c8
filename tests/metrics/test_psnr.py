import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from jaxgen.metrics.psnr import Metric


def random_bytes(seed, count=3):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, 8, 6, 3), dtype=np.uint8)


def test_psnr_equals_scikit_image():
    images, targets = random_bytes(0), random_bytes(1)
    want = [peak_signal_noise_ratio(b, a) for a, b in zip(images, targets, strict=True)]
    values = Metric().values(images, {"target_image": targets})
    np.testing.assert_allclose(values, want, rtol=1e-12)


def test_equal_pictures_count_as_100_decibels():
    images = random_bytes(0)
    values = Metric().values(images, {"target_image": images})
    np.testing.assert_array_equal(values, 100.0)


def test_nothing_is_above_equality_and_little_error_is_close_to_it():
    target = np.zeros((2, 256, 256, 3), np.uint8)
    image = target.copy()
    image[0, 0, 0, 0] = 1
    image[1, 0, 0] = 1
    values = Metric().values(image, {"target_image": target})
    three = 10 * np.log10(255**2 * 256 * 256)
    np.testing.assert_allclose(values, [100.0, three])
    assert three < 100


def test_differences_do_not_wrap_around():
    black = np.zeros((1, 4, 4, 3), np.uint8)
    (value,) = Metric().values(black, {"target_image": black + np.uint8(255)})
    assert value == pytest.approx(0.0)
