import dataclasses

import numpy as np
import pytest

from jaxgen.people import figure, poses
from jaxgen.people.anatomy import HARD_LIMITS, smpl_pose


def assert_within_limits(pose):
    for name, (low, high) in HARD_LIMITS.items():
        values = np.atleast_1d(getattr(pose, name))
        assert low <= values.min() and values.max() <= high, (pose.kind, name, values)


@pytest.mark.parametrize("kind", poses.KINDS)
@pytest.mark.parametrize("skirt", [False, True])
def test_sampled_angles_keep_the_hard_limits(kind, skirt):
    rng = np.random.default_rng(0)
    for _ in range(150):
        assert_within_limits(poses.sample(rng, kind=kind, skirt=skirt))


def test_hands_on_hips_touch_the_hips():
    rest = figure.joints(figure.asset().v_template)
    rng = np.random.default_rng(1)
    for _ in range(20):
        pose = poses.sample(rng, kind="hands on hips", view="front")
        pose = dataclasses.replace(pose, yaw=0.0)
        matrices = figure.rotation_matrices(smpl_pose(pose).reshape(24, 3))
        joints = figure.forward(rest, matrices)[1]
        bent = int(pose.elbow[1] > pose.elbow[0])
        assert np.linalg.norm(joints[22 + bent] - joints[1 + bent]) < 0.25


def test_skirts_never_sit_and_take_short_steps():
    rng = np.random.default_rng(2)
    drawn = [poses.sample(rng, skirt=True) for _ in range(400)]
    assert "sit" not in {pose.kind for pose in drawn}
    assert max(max(pose.hip_flex) for pose in drawn) < 30


def test_every_kind_and_view_is_drawn_by_its_share():
    rng = np.random.default_rng(3)
    drawn = [poses.sample(rng) for _ in range(1500)]
    for kind, (share, _) in poses.KINDS.items():
        seen = np.mean([pose.kind == kind for pose in drawn])
        assert seen == pytest.approx(share, abs=0.04)
    frontal = np.mean([abs(pose.yaw) <= 20 for pose in drawn])
    assert frontal == pytest.approx(1 / 3, abs=0.04)


def test_unknown_names_are_refused_with_what_there_is():
    rng = np.random.default_rng(0)
    with pytest.raises(KeyError, match="no kind 'fly'; there are stand"):
        poses.sample(rng, kind="fly")
    with pytest.raises(KeyError, match="no view 'above'; there are front"):
        poses.sample(rng, view="above")


def test_crossed_arms_cross_before_the_chest():
    rest = figure.joints(figure.asset().v_template)
    pose = poses.sample(np.random.default_rng(0), kind="arms crossed", view="front")
    pose = dataclasses.replace(
        pose, yaw=0.0, spine_flex=0.0, spine_side=0.0, spine_twist=0.0
    )
    matrices = figure.rotation_matrices(smpl_pose(pose).reshape(24, 3))
    joints = figure.forward(rest, matrices)[1] @ figure.CAMERA_FROM_WORLD
    left, right, chest = joints[22], joints[23], joints[9]
    assert left[0] < -0.05 and right[0] > 0.05
    assert min(left[2], right[2]) > chest[2] + 0.1
    assert abs(left[1] - right[1]) < 0.08
