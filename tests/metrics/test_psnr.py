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


def test_the_range_makes_no_difference_when_all_of_it_is_the_peak():
    images, targets = random_bytes(0), random_bytes(1)
    a, b = (v.astype(float) / 255 for v in (images, targets))
    want = [
        peak_signal_noise_ratio(y, x, data_range=1) for x, y in zip(a, b, strict=True)
    ]
    values = Metric(values_in="unit").values(images, {"target_image": targets})
    np.testing.assert_allclose(values, want, rtol=1e-12)


def test_the_inferred_peak_is_1_for_bright_targets_and_2_for_others():
    images, targets = random_bytes(0), random_bytes(1)
    targets[0] = 128 + targets[0] // 2
    a, b = (v * (2 / 255) - 1 for v in (images, targets))
    assert b[0].min() >= 0 > b[1].min()
    want = [peak_signal_noise_ratio(y, x) for x, y in zip(a, b, strict=True)]
    metric = Metric(values_in="signed", by_minimum=True)
    values = metric.values(images, {"target_image": targets})
    np.testing.assert_allclose(values, want, rtol=1e-12)


def test_equal_pictures_count_as_100_decibels_or_are_infinite():
    images = random_bytes(0)
    values = Metric().values(images, {"target_image": images})
    np.testing.assert_array_equal(values, 100.0)
    values = Metric(cap=None).values(images, {"target_image": images})
    np.testing.assert_array_equal(values, np.inf)


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


def test_unknown_scales_are_refused():
    with pytest.raises(KeyError, match="metrics.psnr: unknown scale"):
        Metric(values_in="float")
