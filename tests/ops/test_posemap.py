"""Both maps against their twin, and against sums of the published code's own masks."""

from functools import partial

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxgen.core.skeleton import MASK_LIMBS
from jaxgen.ops import posemap
from tests.reference import posemap as reference

SMALL, LARGE = (128, 64), (256, 256)
STANDING = np.array(
    [
        *((32, 16), (32, 26), (22, 27), (18, 44), (16, 60), (42, 27)),
        *((46, 44), (48, 60), (26, 62), (26, 88), (26, 112), (38, 62)),
        *((38, 88), (38, 112), (34, 14), (30, 14), (np.nan, np.nan), (27, 16)),
    ],
    np.float32,
)

disks = jax.jit(posemap.disks, static_argnames=("size", "radius"))
limb_mask = jax.jit(
    partial(posemap.limb_mask, limbs=MASK_LIMBS),
    static_argnames=("size", "radius", "closing"),
)


def random_poses(count, size, seed=0):
    """Half whole, half fractional; some joints missing, coincident, on the border."""
    rng = np.random.default_rng(seed)
    height, width = size
    last = np.array([width - 1, height - 1])
    poses = rng.uniform(-0.1, 1.1, (count, 18, 2)) * last
    poses[::2] = np.round(poses[::2])
    border = rng.random((count, 18, 2)) < 0.1
    poses = np.where(border, np.where(rng.random(poses.shape) < 0.5, 0, last), poses)
    coincident = rng.random((count, 18, 1)) < 0.1
    poses = np.where(coincident, poses[:, :1], poses)
    poses[rng.random((count, 18)) < 0.15] = np.nan
    return poses.astype(np.float32)


def mask_of(pose, size, radius):
    """One pose at a time, so that every size and radius compiles once."""
    return np.asarray(limb_mask(pose[None], size=size, radius=radius))[0, :, :, 0]


def assert_masks_equal_the_twin(poses, size, radius):
    for pose in poses:
        want = reference.limb_mask(pose, MASK_LIMBS, size, radius)
        np.testing.assert_array_equal(mask_of(pose, size, radius), want)


@pytest.mark.parametrize(
    "radius, total", [(4, 2651), (6, 3128), (7, 3397), (8, 3682), (10, 4224)]
)
def test_mask_has_the_published_sum_at_128x64(radius, total):
    mask = limb_mask(STANDING[None], size=SMALL, radius=radius)
    assert mask.shape == (1, *SMALL, 1)
    assert set(np.unique(mask)) == {0.0, 1.0}
    assert int(mask.sum()) == total


@pytest.mark.parametrize("radius, total", [(4, 5864), (8, 9347), (10, 10896)])
def test_mask_has_the_published_sum_at_256x256(radius, total):
    pose = STANDING * 2 + np.float32([64, 0])
    assert int(limb_mask(pose[None], size=LARGE, radius=radius).sum()) == total


def test_disks_have_the_published_sum_of_49_pixels_a_joint():
    maps = disks(STANDING[None], size=SMALL, radius=4)
    sums = np.asarray(maps.sum((0, 1, 2)))
    assert sums.tolist() == [49] * 16 + [0] + [49]


def test_a_disk_at_the_corner_keeps_what_is_inside():
    corner = np.float32([[[1, 1]]])
    assert int(disks(corner, size=SMALL, radius=4).sum()) == 26


@pytest.mark.parametrize("radius", [4, 7])
def test_mask_equals_the_twin_on_random_poses(radius):
    count = 200 if radius == 4 else 20
    assert_masks_equal_the_twin(random_poses(count, SMALL), SMALL, radius)


@pytest.mark.parametrize("radius", [4, 8])
def test_mask_equals_the_twin_at_256x256(radius):
    assert_masks_equal_the_twin(random_poses(1, LARGE, seed=radius), LARGE, radius)


@pytest.mark.parametrize("radius", [1, 4])
def test_mask_equals_the_twin_on_limbs_far_beyond_the_picture(radius):
    rng = np.random.default_rng(2)
    poses = rng.uniform(-300, 400, (20, 18, 2)).astype(np.float32)
    assert_masks_equal_the_twin(poses, SMALL, radius)


def test_disks_equal_the_twin():
    poses = random_poses(20, SMALL, seed=3)
    maps = disks(poses, size=SMALL, radius=4)
    for pose, found in zip(poses, maps, strict=True):
        np.testing.assert_array_equal(found, reference.disks(pose, SMALL, 4))


def test_halves_are_rounded_to_the_larger_pixel():
    points = np.float32([[[2.5, 3.49], [0.49, 0.5]]])
    maps = np.asarray(disks(points, size=(8, 8), radius=0))[0]
    assert np.argwhere(maps[..., 0]).tolist() == [[3, 3]]
    assert np.argwhere(maps[..., 1]).tolist() == [[1, 0]]


def test_a_limb_with_a_missing_end_draws_nothing():
    pose = np.full((1, 18, 2), np.nan, np.float32)
    pose[0, 2] = 30, 30
    assert not limb_mask(pose, size=SMALL, radius=4).any()


def test_half_a_joint_is_a_missing_joint():
    pose = STANDING.copy()
    pose[9, 0] = np.nan
    whole = STANDING.copy()
    whole[9] = np.nan
    for function in (disks, limb_mask):
        found = [function(p[None], size=SMALL, radius=4) for p in (pose, whole)]
        np.testing.assert_array_equal(*found)


def test_coincident_joints_draw_one_disk():
    pose = np.full((1, 18, 2), np.nan, np.float32)
    pose[0, 2:4] = 30, 40
    mask = limb_mask(pose, size=SMALL, radius=4, closing=1)
    maps = disks(pose, size=SMALL, radius=4)
    np.testing.assert_array_equal(mask[..., 0], maps[..., 2])


def test_a_sample_does_not_depend_on_its_batch():
    poses = random_poses(3, SMALL, seed=4)
    together = limb_mask(poses, size=SMALL, radius=4)
    for pose, mask in zip(poses, together, strict=True):
        np.testing.assert_array_equal(mask[..., 0], mask_of(pose, SMALL, 4))


POINT = st.tuples(st.integers(-6, 21), st.integers(-6, 37))
TINY_LIMBS = ((0, 1), (1, 2), (0, 2))
tiny_mask = jax.jit(
    lambda pose: posemap.limb_mask(pose, TINY_LIMBS, size=(32, 16), radius=2)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | POINT, min_size=3, max_size=3))
def test_mask_equals_the_twin_for_any_three_joints(points):
    pose = np.float32([(np.nan, np.nan) if p is None else p for p in points])
    want = reference.limb_mask(pose, TINY_LIMBS, (32, 16), 2)
    np.testing.assert_array_equal(tiny_mask(pose[None])[0, :, :, 0], want)


@settings(max_examples=20, deadline=None)
@given(st.lists(POINT, min_size=3, max_size=3))
def test_a_limb_drawn_backwards_has_the_same_ends(points):
    pose = np.float32(points)
    mask = np.asarray(tiny_mask(pose[None])[0, :, :, 0])
    for disk in np.moveaxis(reference.disks(pose, (32, 16), 2), -1, 0):
        assert (mask >= disk).all()


def test_gaussians_equal_the_twin_and_missing_joints_are_empty():
    draw = jax.jit(posemap.gaussians, static_argnames=("size", "sigma"))
    for pose in random_poses(3, SMALL, seed=3):
        found = np.asarray(draw(pose[None], size=SMALL, sigma=6.0))[0]
        want = reference.gaussians(pose, SMALL, 6.0)
        np.testing.assert_allclose(found, want, atol=1e-6)
        assert not found[..., np.isnan(pose).any(-1)].any()
