import io

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxgen.core.skeleton import SWAPS
from jaxgen.data import features
from jaxgen.data.sources.synthetic import FEATURES

SIZE = (8, 4)


def png(pixels):
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


@pytest.fixture
def record():
    rng = np.random.default_rng(0)
    return {
        "image": png(rng.integers(0, 256, (8, 4, 3), np.uint8)),
        "parsing": png(rng.integers(0, 10, (8, 4), np.uint8)),
        "keypoints": rng.uniform(0, 3, (18, 2)).astype(np.float32),
        "visible": rng.random(18) < 0.5,
        "betas": rng.normal(size=10).astype(np.float32),
        "smpl_pose": rng.normal(size=72).astype(np.float32),
        "camera": rng.normal(size=3).astype(np.float32),
        "face_box": np.array([0, 1, 3, 5], np.float32),
    }


@pytest.mark.parametrize("name", FEATURES)
def test_mirroring_twice_is_the_identity(record, name):
    feature = FEATURES[name]
    value = feature.read(record, SIZE, SIZE)
    twice = feature.mirror(feature.mirror(value, SIZE), SIZE)
    np.testing.assert_allclose(twice, value, rtol=1e-6, atol=1e-6)


def test_images_shrink_by_area_and_grow_bilinearly(record):
    pixels = np.array([[0, 100], [100, 200]], np.uint8)[..., None].repeat(3, 2)
    small = features.Image().read({"image": png(pixels)}, (2, 2), (1, 1))
    np.testing.assert_array_equal(small, [[[100, 100, 100]]])
    large = features.Image().read({"image": png(pixels)}, (2, 2), (4, 4))
    np.testing.assert_array_equal(large[0, :, 0], [0, 25, 75, 100])


def test_label_maps_never_mix_labels():
    labels = np.array([[2, 9]], np.uint8).repeat(4, 0).repeat(3, 1)
    grown = features.Labels().read({"parsing": png(labels)}, (4, 6), (8, 12))
    assert set(np.unique(grown)) == {2, 9}


def test_mirrored_labels_change_sides():
    labels = np.array([[6, 1, 8]], np.uint8)
    mirrored = features.Labels().mirror(labels, (1, 3))
    np.testing.assert_array_equal(mirrored, [[9, 1, 7]])


@given(
    st.floats(0, 15), st.floats(0, 31), st.sampled_from([(64, 32), (16, 8), (128, 64)])
)
def test_points_scale_about_the_corner_of_the_picture(x, y, size):
    point = np.array([[x, y]], np.float32)
    scaled = features.scale_points(point, (32, 16), size)
    share = (scaled + 0.5) / [size[1], size[0]]
    np.testing.assert_allclose(share, (point + 0.5) / [16, 32], atol=1e-6)


def test_mirrored_joints_change_sides_and_columns():
    points = np.full((18, 2), np.nan, np.float32)
    points[2] = 1, 5
    mirrored = features.Keypoints().mirror(points, (8, 4))
    np.testing.assert_array_equal(mirrored[5], [2, 5])
    assert np.isnan(np.delete(mirrored, 5, 0)).all()


def test_joints_outside_the_picture_are_missing(record):
    record["keypoints"][:4] = [[-0.6, 0], [3.6, 0], [0, 7.6], [3.4, 7.4]]
    points = features.Keypoints().read(record, SIZE, SIZE)
    assert np.isnan(points[:3]).all() and not np.isnan(points[3:]).any()


def test_drawn_people_lose_hidden_faces_but_no_hidden_joints(record):
    record["visible"][:] = False
    points = FEATURES["keypoints"].read(record, SIZE, SIZE)
    missing = np.isnan(points).any(1)
    np.testing.assert_array_equal(np.flatnonzero(missing), [0, 14, 15, 16, 17])


def test_the_mask_is_where_the_parsing_is_not_background(record):
    parsing = FEATURES["parsing"].read(record, SIZE, SIZE)
    np.testing.assert_array_equal(
        FEATURES["mask"].read(record, SIZE, SIZE), parsing > 0
    )


def test_the_mirrored_box_surrounds_the_mirrored_points():
    box = features.Box().mirror(np.array([2, 1, 3, 5], np.float32), (8, 16))
    np.testing.assert_array_equal(box, [12, 1, 13, 5])


def test_a_mirrored_smpl_pose_rotates_the_mirrored_joint():
    from scipy.spatial.transform import Rotation

    pose = np.zeros((24, 3), np.float32)
    pose[1] = 0.3, -0.2, 0.5
    mirrored = features.SmplPose().mirror(pose.ravel(), SIZE).reshape(24, 3)
    flip = np.diag([-1, 1, 1])
    want = flip @ Rotation.from_rotvec(pose[1]).as_matrix() @ flip
    got = Rotation.from_rotvec(mirrored[2]).as_matrix()
    np.testing.assert_allclose(got, want, atol=1e-6)
    assert not mirrored[1].any()


def test_visibility_changes_sides():
    flags = np.arange(18) == 4
    np.testing.assert_array_equal(features.Visible().mirror(flags, SIZE), flags[SWAPS])


@pytest.mark.parametrize(
    ("was", "size", "fits"),
    [
        ((128, 64), (64, 32), True),
        ((256, 256), (256, 176), False),
        ((1101, 750), (256, 174), True),
        ((32, 16), (32, 17), False),
    ],
)
def test_only_rounding_may_change_the_aspect_ratio(was, size, fits):
    if fits:
        features.require_same_aspect("x", was, size)
    else:
        with pytest.raises(ValueError, match=f"{was[0]}x{was[1]}.*{size[0]}x{size[1]}"):
            features.require_same_aspect("x", was, size)


def test_broken_images_are_a_sentence():
    with pytest.raises(ValueError, match="does not decode"):
        features.Image().read({"image": b"no image"}, SIZE, SIZE)
