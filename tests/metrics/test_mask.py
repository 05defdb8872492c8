import numpy as np

from jaxgen.core.skeleton import MASK_LIMBS
from jaxgen.metrics.mask import RADIUS, pose_mask
from tests.reference import posemap as reference


def test_mask_is_that_of_training_as_0_and_1():
    rng = np.random.default_rng(0)
    keypoints = rng.uniform(0, 31, (2, 18, 2)).astype(np.float32)
    keypoints[:, 5:9] = np.nan
    mask = pose_mask(keypoints, (48, 32))
    assert mask.dtype == np.uint8 and mask.shape == (2, 48, 32, 1)
    for found, pose in zip(mask, keypoints, strict=True):
        want = reference.limb_mask(pose, MASK_LIMBS, (48, 32), RADIUS)
        np.testing.assert_array_equal(found[..., 0], want)


def test_radius_is_the_one_that_the_published_scores_used():
    assert RADIUS == 4


def test_nobody_has_an_empty_mask():
    assert not pose_mask(np.full((1, 18, 2), np.nan), (48, 32)).any()
