import numpy as np
import pytest
from skimage.metrics import structural_similarity as skimage_ssim

from jaxgen.metrics import ssim


def random_pairs(count, size):
    """Pairs from nearly equal to unrelated."""
    rng = np.random.default_rng(0)
    for part in np.linspace(0, 1, count):
        x, y = rng.integers(0, 256, (2, *size, 3))
        yield x.astype(np.uint8), (x * (1 - part) + y * part).astype(np.uint8)


def test_ssim_has_the_value_of_the_official_script():
    """Made with the script's own library, scikit-image 0.13."""
    i, j, c = np.mgrid[:128, :64, :3]
    x = ((7 * i + 13 * j + 29 * c) % 256).astype(np.uint8)
    y = ((7 * i + 11 * j + 31 * c + i * j // 16) % 256).astype(np.uint8)
    assert ssim.structural_similarity(x, y) == pytest.approx(0.3068017733, abs=1e-9)


@pytest.mark.parametrize("size, window", [((128, 64), 7), ((13, 17), 5), ((7, 7), 7)])
def test_ssim_equals_scikit_image(size, window):
    for x, y in random_pairs(8, size):
        want = skimage_ssim(x, y, win_size=window, channel_axis=-1)
        found = ssim.structural_similarity(x, y, window=window)
        assert found == pytest.approx(want, abs=1e-9)


def test_data_range_is_that_of_the_pictures():
    for x, y in random_pairs(3, (20, 20)):
        want = skimage_ssim(x / 255, y / 255, data_range=1.0, channel_axis=-1)
        found = ssim.structural_similarity(x / 255, y / 255, data_range=1.0)
        assert found == pytest.approx(want, abs=1e-9)


def test_equal_pictures_have_1_and_order_does_not_matter():
    for x, y in random_pairs(3, (20, 20)):
        assert ssim.structural_similarity(x, x) == pytest.approx(1.0, abs=1e-12)
        swapped = ssim.structural_similarity(y, x)
        assert ssim.structural_similarity(x, y) == pytest.approx(swapped, abs=1e-12)


@pytest.mark.parametrize("a, b", [((6, 9, 3), (6, 9, 3)), ((9, 9, 3), (9, 8, 3))])
def test_small_and_unequal_pictures_are_refused(a, b):
    with pytest.raises(ValueError, match="metrics.ssim: images should have one shape"):
        ssim.structural_similarity(np.zeros(a), np.zeros(b))


def test_metric_scores_every_pair_of_a_batch():
    pairs = list(random_pairs(3, (20, 20)))
    images, targets = (np.stack(side) for side in zip(*pairs, strict=True))
    values = ssim.Metric().values(images, {"target_image": targets})
    want = [ssim.structural_similarity(x, y) for x, y in pairs]
    np.testing.assert_array_equal(values, want)


def test_metric_without_a_mask_needs_no_keypoints():
    assert ssim.Metric().needs == ("target_image",)
    assert ssim.Metric().definition["mask"] == "none"
