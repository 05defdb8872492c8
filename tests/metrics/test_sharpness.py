import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from jaxgen.metrics.mask import pose_mask
from jaxgen.metrics.sharpness import Metric, detail

EVERYWHERE = np.ones((48, 32, 1), np.uint8)


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    texture = gaussian_filter(rng.normal(size=(2, 48, 32, 3)), (0, 1, 1, 0))
    image = np.clip(128 + 200 * texture, 0, 255).astype(np.uint8)
    keypoints = rng.uniform(8, 24, (2, 18, 2)).astype(np.float32)
    return {"target_image": image, "target_keypoints": keypoints}


def blurred(images, sigma):
    return gaussian_filter(images.astype(float), (0, sigma, sigma, 0)).astype(np.uint8)


def test_the_target_itself_has_1(batch):
    values = Metric().values(batch["target_image"], batch)
    np.testing.assert_allclose(values, 1, rtol=1e-12)


def test_blur_brings_it_below_1_and_more_blur_further(batch):
    target = batch["target_image"]
    little = Metric().values(blurred(target, 1.0), batch)
    much = Metric().values(blurred(target, 3.0), batch)
    assert (little < 0.9).all()
    assert (much < little).all()


def test_what_lies_outside_the_mask_hardly_counts(batch):
    """The filter reaches three pixels beyond; the far outside does not count."""
    pose = np.full((2, 18, 2), 24, np.float32)
    batch = {**batch, "target_keypoints": pose}
    image = batch["target_image"].copy()
    assert not pose_mask(pose, (48, 32))[:, :, :16].any()
    image[:, :, :16] = 0
    np.testing.assert_allclose(Metric().values(image, batch), 1, rtol=1e-12)


def test_flat_and_evenly_shaded_pictures_have_no_detail():
    row, column = np.mgrid[:48, :32]
    shaded = np.stack([row, 2 * column, row + column], axis=-1)
    assert detail(np.full((48, 32, 3), 77), EVERYWHERE) == 0
    assert detail(shaded, EVERYWHERE) == pytest.approx(0, abs=1e-9)


def test_detail_is_the_mean_absolute_laplacian():
    """x squared has the second difference 8 at a distance of two pixels."""
    column = np.arange(32.0)
    picture = np.broadcast_to((column**2)[None, :, None], (48, 32, 3))
    assert detail(picture, EVERYWHERE) == pytest.approx(8.0)


def test_an_empty_mask_gives_a_finite_number(batch):
    nobody = {**batch, "target_keypoints": np.full((2, 18, 2), np.nan, np.float32)}
    assert np.isfinite(Metric().values(batch["target_image"], nobody)).all()
