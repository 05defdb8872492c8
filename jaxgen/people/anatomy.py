"""Poses as anatomical angles, and their translation into SMPL's axis-angle numbers.

Angles are in degrees. Pairs are (left, right); a positive angle means the same movement
on both sides, so a symmetric pose has equal pairs.
"""

import dataclasses

import numpy as np

from jaxgen.people import figure
from jaxgen.people.figure import rotation_x, rotation_y, rotation_z

Pair = tuple[float, float]

HARD_LIMITS = {
    "pelvis_flex": (-15, 15),
    "pelvis_side": (-12, 12),
    "pelvis_twist": (-20, 20),
    "hip_flex": (-20, 95),
    "hip_abduct": (-10, 35),
    "hip_twist": (-20, 30),
    "knee": (0, 120),
    "ankle": (-35, 20),
    "toe": (0, 45),
    "spine_flex": (-20, 45),
    "spine_side": (-20, 20),
    "spine_twist": (-35, 35),
    "head_flex": (-35, 40),
    "head_turn": (-70, 70),
    "head_side": (-25, 25),
    "arm_abduct": (0, 170),
    "arm_flex": (-45, 120),
    "arm_twist": (-95, 80),
    "elbow": (0, 140),
    "forearm": (-80, 80),
    "wrist": (-50, 50),
}
"""Lowest and highest angle that any pose may have, by field of `Pose`."""

_SPINE_SHARES = ((3, 0.35), (6, 0.30), (9, 0.35))
_CURL = 8.0


@dataclasses.dataclass(frozen=True)
class Pose:
    """Where the joints of a standing, walking or sitting person are, in degrees.

    Attributes:
        kind: what the person does, in a word.
        yaw: turn of the whole body to its left; 0 faces the camera.
        pelvis_flex: forwards.
        pelvis_side: up on the left.
        pelvis_twist: to the left.
        spine_flex: of the whole spine, forwards.
        spine_side: to the right.
        spine_twist: to the left.
        head_flex: chin to chest.
        head_turn: to the left.
        head_side: to the right.
        hip_flex: thigh forwards.
        hip_abduct: thigh outwards.
        hip_twist: foot outwards.
        knee: bent.
        ankle: toes up.
        toe: bent up.
        arm_abduct: 0 hangs, 90 is the T-pose.
        arm_flex: swung forwards.
        arm_twist: about its length, inwards.
        elbow: bent.
        forearm: rolled about its length.
        wrist: bent down in the T-pose.
    """

    kind: str = "stand"
    yaw: float = 0.0
    pelvis_flex: float = 0.0
    pelvis_side: float = 0.0
    pelvis_twist: float = 0.0
    spine_flex: float = 0.0
    spine_side: float = 0.0
    spine_twist: float = 0.0
    head_flex: float = 0.0
    head_turn: float = 0.0
    head_side: float = 0.0
    hip_flex: Pair = (0.0, 0.0)
    hip_abduct: Pair = (2.0, 2.0)
    hip_twist: Pair = (0.0, 0.0)
    knee: Pair = (3.0, 3.0)
    ankle: Pair = (0.0, 0.0)
    toe: Pair = (0.0, 0.0)
    arm_abduct: Pair = (10.0, 10.0)
    arm_flex: Pair = (0.0, 0.0)
    arm_twist: Pair = (0.0, 0.0)
    elbow: Pair = (12.0, 12.0)
    forearm: Pair = (0.0, 0.0)
    wrist: Pair = (0.0, 0.0)


def smpl_pose(pose: Pose, pitch: float = 0.0) -> np.ndarray:
    """Gives SMPL's axis-angle numbers, float32 [72], in the camera's frame.

    Args:
        pose: anatomical angles.
        pitch: degrees by which the camera looks down.
    """
    rotations = np.tile(np.eye(3), (figure.JOINTS, 1, 1))
    _place_trunk(rotations, pose, np.radians(pitch))
    for side in (0, 1):
        _place_leg(rotations, pose, side)
        _place_arm(rotations, pose, side)
    return figure.axis_angles(rotations).reshape(72).astype(np.float32)


def _place_trunk(rotations: np.ndarray, pose: Pose, pitch: float) -> None:
    flex, tilt, twist = np.radians(
        [pose.pelvis_flex, pose.pelvis_side, pose.pelvis_twist]
    )
    view = figure.CAMERA_FROM_WORLD @ rotation_x(pitch)
    stance = rotation_x(flex) @ rotation_z(tilt) @ rotation_y(twist)
    rotations[0] = view @ rotation_y(np.radians(pose.yaw)) @ stance
    bend, lean, turn = np.radians([pose.spine_flex, pose.spine_side, pose.spine_twist])
    for joint, share in _SPINE_SHARES:  # The chest makes up for what the pelvis does.
        rotations[joint] = (
            rotation_x(bend * share - flex * 0.33)
            @ rotation_z((lean - tilt) * share)
            @ rotation_y((turn - twist) * share)
        )
    nod, turn, lean = np.radians([pose.head_flex, pose.head_turn, pose.head_side]) / 2
    rotations[12] = rotation_x(nod) @ rotation_y(turn) @ rotation_z(lean)
    rotations[15] = rotations[12]


def _place_leg(rotations: np.ndarray, pose: Pose, side: int) -> None:
    outwards = 1 - 2 * side
    flex = -pose.hip_flex[side] - pose.pelvis_flex
    abduct = outwards * pose.hip_abduct[side] - pose.pelvis_side
    rotations[1 + side] = (
        rotation_x(np.radians(flex))
        @ rotation_z(np.radians(abduct))
        @ rotation_y(np.radians(outwards * pose.hip_twist[side]))
    )
    rotations[4 + side] = rotation_x(np.radians(pose.knee[side]))
    rotations[7 + side] = rotation_x(np.radians(-pose.ankle[side]))
    rotations[10 + side] = rotation_x(np.radians(-pose.toe[side]))


def _place_arm(rotations: np.ndarray, pose: Pose, side: int) -> None:
    outwards = 1 - 2 * side
    above = pose.arm_abduct[side] - 90.0
    # The T-pose lifts the collar bone by 14 degrees; a hanging arm must give them back.
    collar = 14.0 * np.clip(above / 50, -1.15, 0) + 14.0 * np.clip(above / 90, 0, 1)
    lift = np.clip(above, -90.0, 80.0) - collar
    rotations[13 + side] = rotation_z(np.radians(outwards * collar))
    rotations[16 + side] = (
        rotation_x(np.radians(-pose.arm_flex[side]))
        @ rotation_z(np.radians(outwards * lift))
        @ rotation_x(np.radians(pose.arm_twist[side]))
    )
    bend = rotation_y(np.radians(-outwards * pose.elbow[side]))
    rotations[18 + side] = bend @ rotation_x(np.radians(pose.forearm[side]))
    rotations[20 + side] = rotation_z(np.radians(-outwards * pose.wrist[side]))
    rotations[22 + side] = rotation_z(np.radians(-outwards * _CURL))
