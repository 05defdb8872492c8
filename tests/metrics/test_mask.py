import numpy as np
import pytest
from skimage.draw import disk, polygon
from skimage.morphology import dilation, erosion, footprint_rectangle

from jaxgen.core.skeleton import MASK_LIMBS
from jaxgen.metrics import mask as masks
from jaxgen.metrics.mask import RADIUS, community_mask, pose_mask
from tests.reference import community_mask as community_reference
from tests.reference import posemap as reference


def poses(count, size, seed=0):
    """Random poses, some joints missing, some outside, some on one pixel."""
    rng = np.random.default_rng(seed)
    keypoints = rng.integers(-4, max(size) + 4, (count, 18, 2)).astype(np.float32)
    keypoints[rng.random((count, 18)) < 0.3] = np.nan
    keypoints[:, 3] = keypoints[:, 2]
    keypoints[:, 9, 0] = keypoints[:, 8, 0]  # An upright limb: edges on pixels.
    return keypoints


def as_the_script_draws(pose, size):
    """`produce_ma_mask` with the scikit-image of today."""
    drawn = np.zeros(size, bool)
    joints = [None if np.isnan(j).any() else j[::-1].astype(float) for j in pose]
    for a, b in MASK_LIMBS:
        start, end = joints[a], joints[b]
        if start is None or end is None or (start == end).all():
            continue
        across = np.array([start[1] - end[1], end[0] - start[0]])
        across = RADIUS * across / np.linalg.norm(across)
        corners = [start + across, start - across, end - across, end + across]
        drawn[polygon(*np.transpose(corners), shape=size)] = True
    for joint in joints:
        if joint is not None:
            drawn[disk(joint, RADIUS, shape=size)] = True
    square = footprint_rectangle((5, 5))
    return erosion(dilation(drawn, square), square)


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


@pytest.mark.parametrize("draw", [pose_mask, community_mask])
def test_nobody_has_an_empty_mask(draw):
    nobody = np.full((1, 18, 2), np.nan, np.float32)
    mask = draw(nobody, (48, 32))
    assert mask.shape == (1, 48, 32, 1) and not mask.any()


def test_community_mask_equals_its_slow_twin():
    keypoints = poses(4, (40, 24))
    found = community_mask(keypoints, (40, 24))
    assert found.dtype == np.uint8
    for mask, pose in zip(found, keypoints, strict=True):
        want = community_reference.mask(pose, MASK_LIMBS, (40, 24))
        np.testing.assert_array_equal(mask[..., 0], want)


def test_community_mask_is_that_of_the_script_but_for_edges_through_pixels():
    """Since version 0.18 scikit-image counts every pixel on an edge as inside."""
    keypoints = poses(20, (128, 64), seed=1)
    found = community_mask(keypoints, (128, 64))[..., 0].astype(bool)
    want = np.stack([as_the_script_draws(pose, (128, 64)) for pose in keypoints])
    assert not (found & ~want).any()
    assert (found != want).mean() < 0.005


@pytest.mark.parametrize("step", [(31, 47), (49, 13), (-7, 60), (23, -40), (1, 2)])
def test_community_mask_of_a_limb_between_pixels_is_that_of_the_script(step):
    pose = np.full((18, 2), np.nan, np.float32)
    pose[2] = (50, 60)
    pose[3] = pose[2] + np.array(step)
    found = community_mask(pose[None], (128, 128))[0, ..., 0]
    np.testing.assert_array_equal(found, as_the_script_draws(pose, (128, 128)))


def test_an_upright_limb_holds_its_left_edge_and_not_its_right_one():
    pose = np.full((1, 18, 2), np.nan, np.float32)
    pose[0, 2:4] = [(20, 8), (20, 40)]
    row = community_mask(pose, (48, 40))[0, 24, :, 0]
    assert np.flatnonzero(row).tolist() == [*range(16, 24)]


def test_joints_without_limbs_draw_their_disks():
    alone = np.full((1, 18, 2), np.nan, np.float32)
    alone[0, 4] = (20, 15)
    assert not pose_mask(alone, (32, 32)).any()
    rows, columns = np.nonzero(community_mask(alone, (32, 32))[0, ..., 0])
    assert (rows.min(), rows.max()) == (12, 18)  # Nearer than the radius of 4.
    assert (columns.min(), columns.max()) == (17, 23)


@pytest.mark.parametrize("kind", masks.KINDS)
def test_kinds_are_drawn_from_the_keypoints_that_they_need(kind):
    (name,) = masks.needs(kind)
    mask = masks.make(kind, {name: poses(2, (32, 32))}, (32, 32))
    assert mask.shape == (2, 32, 32, 1) and set(np.unique(mask)) == {0, 1}
    assert name.removesuffix("_keypoints") in masks.describe(kind)


def test_a_pair_is_black_outside_and_stays_without_a_mask():
    rng = np.random.default_rng(0)
    images, targets = rng.integers(1, 256, (2, 2, 32, 32, 3), dtype=np.uint8)
    batch = {"target_image": targets, "target_keypoints": poses(2, (32, 32))}
    mask = masks.make("community", batch, (32, 32)).astype(bool)[..., 0]
    for found, whole in zip(
        masks.pair("community", images, batch), (images, targets), strict=True
    ):
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found[mask], whole[mask])
        assert not found[~mask].any()
    assert masks.pair("", images, batch)[0] is images


def test_an_unknown_mask_is_told_with_all():
    masks.require("here", "")
    with pytest.raises(KeyError, match="here: unknown mask 'pg1'.*did you mean 'pg2'"):
        masks.require("here", "pg1")
