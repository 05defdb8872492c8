import numpy as np
import pytest
from skimage.metrics import structural_similarity as skimage_ssim

from jaxgen.metrics import mask_ssim
from jaxgen.metrics.mask import pose_mask


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    return {
        "target_image": rng.integers(0, 256, (2, 48, 32, 3), dtype=np.uint8),
        "target_keypoints": rng.uniform(8, 24, (2, 18, 2)).astype(np.float32),
    }


def test_equal_pictures_have_1(batch):
    values = mask_ssim.Metric().values(batch["target_image"], batch)
    np.testing.assert_allclose(values, 1, atol=1e-12)


def test_what_lies_outside_the_mask_does_not_count(batch):
    mask = pose_mask(batch["target_keypoints"], (48, 32))
    assert 0 < mask.mean() < 1
    elsewhere = np.where(mask, batch["target_image"], 255 - batch["target_image"])
    values = mask_ssim.Metric().values(elsewhere, batch)
    np.testing.assert_allclose(values, 1, atol=1e-12)


def test_black_outside_the_mask_counts_as_part_of_the_picture(batch):
    images = 255 - batch["target_image"]
    mask = pose_mask(batch["target_keypoints"], (48, 32))
    want = [
        skimage_ssim(a * m, b * m, channel_axis=-1)
        for a, b, m in zip(images, batch["target_image"], mask, strict=True)
    ]
    values = mask_ssim.Metric().values(images, batch)
    np.testing.assert_allclose(values, want, atol=1e-9)


def test_it_asks_for_keypoints_and_says_which_mask():
    metric = mask_ssim.Metric()
    assert metric.needs == ("target_image", "target_keypoints")
    assert "radius 4" in metric.definition["mask"]


def test_the_mask_of_the_source_is_drawn_from_its_keypoints(batch):
    metric = mask_ssim.Metric(mask="pg2_source")
    assert metric.needs == ("target_image", "source_keypoints")
    batch["source_keypoints"] = batch.pop("target_keypoints")
    values = metric.values(batch["target_image"], batch)
    np.testing.assert_allclose(values, 1, atol=1e-12)
