import json
import math

import numpy as np
import pytest

from jaxgen.core import skeleton
from jaxgen.core.skeleton import PARSINGS, SCHEMAS, SWAPS, read_keypoints, translate


def numbered(count):
    """Joint j lies at (10 j + 1, 10 j + 2)."""
    return np.stack([np.arange(count) * 10 + 1.0, np.arange(count) * 10 + 2.0], 1)


def write_json(folder, content):
    path = folder / "pose.json"
    path.write_text(json.dumps(content))
    return path


def triplets(points, confidence=0.9):
    return np.insert(points, 2, confidence, axis=1).ravel().tolist()


@pytest.mark.parametrize("name", SCHEMAS)
def test_mirroring_twice_is_the_identity(name):
    swaps = np.array(SCHEMAS[name].swaps)
    np.testing.assert_array_equal(swaps[swaps], np.arange(len(swaps)))
    assert len(SCHEMAS[name].names) == int("".join(c for c in name if c.isdigit()))


def test_community_swaps_are_the_published_pairs():
    pairs = [(2, 5), (3, 6), (4, 7), (8, 11), (9, 12), (10, 13), (14, 15), (16, 17)]
    want = np.arange(18)
    for left, right in pairs:
        want[[left, right]] = right, left
    np.testing.assert_array_equal(SWAPS, want)


def test_parsing_swaps_arms_and_legs_only():
    assert PARSINGS["spt"].swaps == (0, 1, 2, 3, 4, 5, 7, 6, 9, 8)


def test_mask_limbs_are_23_distinct_pairs():
    assert len({frozenset(pair) for pair in skeleton.MASK_LIMBS}) == 23


def test_openpose25_drops_the_mid_hip_and_the_feet():
    kept = [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]
    points = numbered(25)
    np.testing.assert_array_equal(translate(points, "openpose25"), points[kept])


def test_coco_neck_is_between_the_shoulders_and_missing_with_either():
    points = numbered(17)
    neck = SCHEMAS["community18"].names.index("neck")
    np.testing.assert_allclose(translate(points, "coco17")[neck], points[5:7].mean(0))
    points[5] = np.nan
    assert np.isnan(translate(points, "coco17")[neck]).all()


@pytest.mark.parametrize("name", SCHEMAS)
def test_translation_keeps_joints_of_the_same_name(name):
    names = SCHEMAS[name].names
    points = translate(numbered(len(names)), name)
    for joint, point in zip(SCHEMAS["community18"].names, points, strict=True):
        if joint in names:
            np.testing.assert_array_equal(point, numbered(33)[names.index(joint)])


def test_translation_refuses_another_number_of_points():
    with pytest.raises(ValueError, match="coco17 has 17 points"):
        translate(numbered(18), "coco17")
    with pytest.raises(KeyError, match="coco18.*did you mean"):
        translate(numbered(18), "coco18")


def test_openpose_file_gives_the_most_confident_person(tmp_path):
    faint, sure = numbered(25) + 500, numbered(25)
    people = [
        {"pose_keypoints_2d": triplets(faint, 0.2)},
        {"pose_keypoints_2d": triplets(sure)},
    ]
    path = write_json(tmp_path, {"version": 1.3, "people": people})
    np.testing.assert_allclose(read_keypoints(path), translate(sure, "openpose25"))


def test_old_openpose_key_and_zero_confidence_are_understood(tmp_path):
    flat = triplets(numbered(18))
    flat[3:6] = 0, 0, 0
    path = write_json(tmp_path, {"people": [{"pose_keypoints": flat}]})
    points = read_keypoints(path)
    assert np.isnan(points[1]).all() and not np.isnan(points[2:]).any()


@pytest.mark.parametrize("nested", [True, False])
def test_coco_annotations_are_understood(tmp_path, nested):
    annotation = {"keypoints": triplets(numbered(17), 2), "num_keypoints": 17}
    content = {"annotations": [annotation]} if nested else annotation
    points = read_keypoints(write_json(tmp_path, content))
    np.testing.assert_allclose(points, translate(numbered(17), "coco17"))


def test_plain_list_with_minus_one_marks_missing_joints(tmp_path):
    rows = numbered(18).tolist()
    rows[4] = [-1, -1]
    points = read_keypoints(write_json(tmp_path, rows))
    assert np.isnan(points[4]).all()
    np.testing.assert_array_equal(np.delete(points, 4, 0), np.delete(rows, 4, 0))


def test_mediapipe_needs_the_image_size_and_uses_pixel_centres(tmp_path):
    landmarks = [{"x": 0.5, "y": 0.25, "z": -0.1, "visibility": 0.99}] * 33
    path = write_json(tmp_path, {"landmarks": landmarks})
    with pytest.raises(ValueError, match="between 0 and 1"):
        read_keypoints(path)
    points = read_keypoints(path, image_size=(128, 64))
    np.testing.assert_allclose(points, np.tile([31.5, 31.5], (18, 1)))


def test_mediapipe_tasks_are_shares_of_the_picture_also_below_it(tmp_path):
    low = {"x": 0.5, "y": 2.5, "visibility": 0.9}
    one = [{"x": 0.5, "y": 0.25, "visibility": 0.9}] * 25 + [low] * 8
    two = [{"x": 0.1, "y": 0.1, "visibility": 0.6}] * 33
    path = write_json(tmp_path, {"pose_landmarks": [two, one]})
    points = read_keypoints(path, image_size=(128, 64))
    np.testing.assert_allclose(points[0], [31.5, 31.5])
    np.testing.assert_allclose(points[10], [31.5, 319.5])


def test_mediapipe_in_pixels_stays(tmp_path):
    path = write_json(tmp_path, numbered(33).tolist())
    np.testing.assert_allclose(
        read_keypoints(path), translate(numbered(33), "mediapipe33")
    )


@pytest.mark.parametrize("key", ["instances", "instance_info", "predictions", None])
@pytest.mark.parametrize("wrapped", [False, True])
def test_mmpose_keeps_scores_apart(tmp_path, key, wrapped):
    def person(points, score):
        points, scores = points.tolist(), [score] * 17
        if wrapped:
            points, scores = [points], [scores]
        return {"bbox": [1, 2, 3, 4], "keypoints": points, "keypoint_scores": scores}

    people = [person(numbered(17) + 500, 0.2), person(numbered(17), 0.8)]
    path = write_json(tmp_path, {"meta_info": {}, key: people} if key else people)
    points = read_keypoints(path)
    np.testing.assert_allclose(points, translate(numbered(17), "coco17"))


def test_nobody_and_a_form_that_is_not_known_differ(tmp_path):
    assert skeleton.find_keypoints(write_json(tmp_path, {"people": []})) is None
    assert skeleton.find_keypoints(write_json(tmp_path, [[0, 0, 0]] * 18)) is None
    with pytest.raises(ValueError, match="of no known form"):
        skeleton.find_keypoints(write_json(tmp_path, {"shapes": []}))


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_empty_arrays_are_sentences(tmp_path, suffix):
    path = tmp_path / f"pose{suffix}"
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="does not read"):
        read_keypoints(path)
    (np.save if suffix == ".npy" else np.savez)(path, np.zeros(0))
    with pytest.raises(ValueError, match="holds no person"):
        read_keypoints(path)


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_arrays_are_understood(tmp_path, suffix):
    path, points = tmp_path / f"pose{suffix}", numbered(18)
    if suffix == ".npy":
        np.save(path, points)
    else:
        np.savez(path, keypoints=points[None])
    np.testing.assert_array_equal(read_keypoints(path), points)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"people": []}, "holds no person"),
        ({"people": [{"pose_keypoints_2d": []}]}, "holds no person"),
        ({"pose_landmarks": None}, "holds no person"),
        ([], "holds no person"),
        ({"faces": [1, 2]}, "of no known form"),
        ("text", "of no known form"),
        (None, "of no known form"),
        ([[1, 2], [3]], "of no known form"),
        (7, "of no known form"),
        ([[math.inf, 1]] * 18, "a number that is infinite"),
        ([1.0] * 36, "a flat list of 36 numbers"),
        (numbered(19).tolist(), "holds 19 points of 2 numbers; known are OpenPose"),
        ([[-1, -1]] * 18, "all joints missing"),
        ({"people": [{"pose_keypoints_2d": [0] * 75}]}, "all joints missing"),
    ],
)
def test_files_without_a_pose_are_named_in_one_sentence(tmp_path, content, message):
    with pytest.raises(ValueError, match=message) as error:
        read_keypoints(write_json(tmp_path, content))
    assert "pose.json" in str(error.value)


def test_broken_and_absent_files_are_named(tmp_path):
    broken = tmp_path / "pose.json"
    broken.write_text("{")
    with pytest.raises(ValueError, match="does not read"):
        read_keypoints(broken)
    with pytest.raises(FileNotFoundError, match="there is no file"):
        read_keypoints(tmp_path / "none.json")


@pytest.mark.parametrize("depth", [600, 100_000])
def test_deep_nesting_is_a_sentence(tmp_path, depth):
    path = tmp_path / "pose.json"
    path.write_text("[" * depth + "]" * depth)
    with pytest.raises(ValueError, match="nested too deeply|no known form|holds"):
        read_keypoints(path)
