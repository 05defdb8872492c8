import numpy as np

from jaxgen.people import figure, labels
from jaxgen.people.samples import FAR, Samples


def rest_keypoints():
    vertices = figure.asset().v_template
    marks = labels.landmarks(vertices)
    return labels.keypoints(marks.rest, figure.joints(vertices), marks), marks


def test_there_are_18_keypoints_in_the_order_of_pg2():
    assert len(labels.KEYPOINTS) == 18
    assert labels.KEYPOINTS[:5] == (
        *("nose", "neck", "right_shoulder", "right_elbow", "right_wrist"),
    )
    assert labels.KEYPOINTS[-2:] == ("right_ear", "left_ear")


def test_left_keypoints_are_at_positive_x_of_the_rest_pose():
    points, _ = rest_keypoints()
    for name, x in zip(labels.KEYPOINTS, points[:, 0], strict=True):
        if name.startswith("left"):
            assert x > 0.02
        elif name.startswith("right"):
            assert x < -0.02
        else:
            assert abs(x) < 0.01


def test_limbs_run_downwards_and_outwards():
    points, _ = rest_keypoints()
    at = dict(zip(labels.KEYPOINTS, points, strict=True))
    for side in ("left", "right"):
        heights = [at[f"{side}_{part}"][1] for part in ("hip", "knee", "ankle")]
        assert heights == sorted(heights, reverse=True)
        across = [
            abs(at[f"{side}_{part}"][0]) for part in ("shoulder", "elbow", "wrist")
        ]
        assert across == sorted(across)


def test_the_head_group_is_the_head():
    points, marks = rest_keypoints()
    low, high = labels.box(marks.rest[marks.groups["head"], :2]).reshape(2, 2)
    assert (low < points[0, :2]).all() and (points[0, :2] < high).all()
    assert 0.15 < high[1] - low[1] < 0.3


def plate(depth, size=(30, 30)):
    count = size[0] * size[1]
    zeros = np.zeros((count, 3), np.float32)
    return Samples(
        size=size,
        pixels_per_metre=100.0,
        pixel=np.arange(count),
        depth=np.full(count, depth, np.float32),
        normal=zeros,
        canonical=zeros,
        occlusion=zeros[:, 0],
        extra=zeros[:, :2],
        material=np.zeros(count, np.int64),
        label=np.zeros(count, np.int64),
    )


def test_keypoints_far_behind_a_surface_or_outside_are_not_visible():
    inside, outside = np.full((18, 2), 5.0), np.full((18, 2), 10.0)
    depth = np.ones(18)
    assert labels.visible(inside, depth, plate(0.99), 3).all()
    assert not labels.visible(inside, depth, plate(0.7), 3).any()
    assert labels.visible(inside, depth, plate(FAR), 3).all()
    assert not labels.visible(outside, depth, plate(0.99), 3).any()
    assert not labels.visible(-inside, depth, plate(0.99), 3).any()


def test_a_hip_may_lie_deeper_than_a_nose():
    inside, depth = np.full((18, 2), 5.0), np.ones(18)
    seen = dict(
        zip(labels.KEYPOINTS, labels.visible(inside, depth, plate(0.9), 3), strict=True)
    )
    assert seen["left_hip"] and not seen["nose"] and not seen["left_ear"]
