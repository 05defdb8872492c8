import numpy as np
import pytest

from jaxgen.people import figure
from jaxgen.people.anatomy import Pose, smpl_pose


def posed_joints(pose, pitch=0.0):
    """Joints [24, 3] of the mean body from its pelvis, y up."""
    rotations = figure.rotation_matrices(smpl_pose(pose, pitch).reshape(24, 3))
    joints = figure.joints(figure.asset().v_template)
    posed = figure.forward(joints, rotations)[1]
    return (posed - posed[0]) @ figure.CAMERA_FROM_WORLD


def test_a_pose_is_72_float32_numbers():
    pose = smpl_pose(Pose(), 5.0)
    assert pose.shape == (72,) and pose.dtype == np.float32


def test_a_hanging_arm_hangs():
    joints = posed_joints(Pose(arm_abduct=(0.0, 0.0), elbow=(0.0, 0.0)))
    for shoulder, wrist in ((16, 20), (17, 21)):
        arm = joints[wrist] - joints[shoulder]
        assert arm[1] < -0.45 and np.abs(arm[[0, 2]]).max() < 0.08


def test_ninety_degrees_of_abduction_are_the_t_pose():
    joints = posed_joints(Pose(arm_abduct=(90.0, 90.0), elbow=(0.0, 0.0)))
    rest = figure.joints(figure.asset().v_template)
    np.testing.assert_allclose(joints[16:22], rest[16:22] - rest[0], atol=1e-6)


@pytest.mark.parametrize(
    ("change", "joint", "axis", "sign"),
    [
        ({"hip_flex": (40.0, 0.0)}, 4, 2, 1),
        ({"hip_abduct": (30.0, 0.0)}, 4, 0, 1),
        ({"knee": (60.0, 0.0)}, 7, 2, -1),
        ({"arm_flex": (60.0, 0.0)}, 18, 2, 1),
        ({"arm_abduct": (70.0, 10.0)}, 18, 1, 1),
        ({"elbow": (90.0, 12.0)}, 20, 2, 1),
        ({"spine_flex": 40.0}, 15, 2, 1),
        ({"spine_side": 20.0}, 15, 0, -1),
        ({"pelvis_side": 10.0}, 1, 1, 1),
        ({"yaw": 60.0}, 1, 2, -1),
    ],
)
def test_angles_move_the_left_side_the_way_they_are_described(
    change, joint, axis, sign
):
    moved = posed_joints(Pose(**change)) - posed_joints(Pose())
    assert sign * moved[joint, axis] > 0.01


def test_equal_pairs_give_a_symmetric_pose():
    pose = Pose(
        hip_abduct=(20.0, 20.0),
        knee=(40.0, 40.0),
        arm_twist=(30.0, 30.0),
        wrist=(9.0, 9.0),
    )
    rotations = figure.rotation_matrices(smpl_pose(pose).reshape(24, 3))
    mirror = np.diag([-1.0, 1.0, 1.0])
    for left in (1, 4, 7, 10, 13, 16, 18, 20, 22):
        mirrored = mirror @ rotations[left] @ mirror
        np.testing.assert_allclose(mirrored, rotations[left + 1], atol=1e-6)


def test_pitch_shows_the_ground_behind_the_feet_higher_up():
    level, above = (posed_joints(Pose(), pitch) for pitch in (0.0, 30.0))
    toes_below_ankle = level[10, 1] - level[7, 1]
    assert above[10, 1] - above[7, 1] < toes_below_ankle - 0.02
