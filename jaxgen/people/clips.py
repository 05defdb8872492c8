"""Motions: poses as continuous functions of time with period 1.

Angles are in degrees and keep `anatomy.HARD_LIMITS`.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from jaxgen.people.anatomy import Pair, Pose

SKIRT_STRIDE = 0.6
"""Amplitude of a walk in a skirt or a long coat."""

_TURN_STRIDE = 0.35


def walk(t: float, amplitude: float = 1.0, yaw: float = 0.0) -> Pose:
    """Gives a moment of walking on the spot.

    Args:
        t: strides; one stride is two steps and takes about 1.1 s.
        amplitude: 1 is a brisk walk, 0 stands.
        yaw: degrees.
    """
    phase = 2 * np.pi * (t % 1.0)
    sine, cosine = amplitude * np.sin(phase), amplitude * np.cos(phase)

    def both(angle: Callable[[float], float]) -> Pair:
        return float(angle(phase)), float(angle(phase + np.pi))

    def lobe(p: float, power: int) -> float:
        return amplitude * max(np.cos(p), 0.0) ** power

    return Pose(
        kind="walk",
        yaw=yaw,
        hip_flex=both(lambda p: 3 + 22 * amplitude * np.sin(p)),
        hip_abduct=(1.0, 1.0),
        knee=both(lambda p: 5 + 52 * lobe(p + 0.3, 2) + 3 * (1 - np.cos(2 * p))),
        ankle=both(
            lambda p: 2 + 9 * amplitude * np.sin(p + 0.6) - 14 * lobe(p + 1.5, 3)
        ),
        toe=both(lambda p: 22 * lobe(p + 1.8, 2)),
        pelvis_flex=2.0,
        pelvis_side=-3 * cosine,
        pelvis_twist=-6 * sine,
        spine_twist=7 * sine,
        arm_flex=(-20 * sine, 20 * sine),
        elbow=(18 + 6 * (amplitude - sine), 18 + 6 * (amplitude + sine)),
        arm_abduct=(8.0, 8.0),
        arm_twist=(5.0, 5.0),
        forearm=(-10.0, -10.0),
    )


def raise_arms(t: float, yaw: float = 0.0) -> Pose:
    """Gives a moment of raising both arms sideways and lowering them again.

    Args:
        t: whole numbers have the arms down, halves up.
        yaw: degrees at t = 0.
    """
    up = (1 - np.cos(2 * np.pi * t)) / 2
    elbow = 12 + 14 * np.sin(np.pi * (t % 1.0))
    return Pose(
        kind="raise",
        yaw=yaw + 10 * np.sin(2 * np.pi * t),
        arm_abduct=(10 + 145 * up, 10 + 145 * up),
        elbow=(elbow, elbow),
        arm_twist=(-20 * up, -20 * up),
        spine_flex=-4 * up,
        head_flex=-8 * up,
    )


def clip_pose(kind: str, t: float, *, yaw: float = 0.0, skirt: bool = False) -> Pose:
    """Gives a moment of a motion; all motions are continuous with period 1 in t.

    Args:
        kind: "walk" (one stride), "turn" (once around to the left in small steps) or
            "raise" (both arms up and down).
        t: time in periods.
        yaw: degrees at t = 0.
        skirt: shortens the stride.

    Raises:
        KeyError: `kind` is not a motion.
    """
    stride = SKIRT_STRIDE if skirt else 1.0
    if kind == "walk":
        return walk(t, stride, yaw)
    if kind == "turn":
        pose = walk(2 * t, _TURN_STRIDE, yaw + 360.0 * t)
        return dataclasses.replace(pose, kind="turn")
    if kind == "raise":
        return raise_arms(t, yaw)
    raise KeyError(f"clips: no clip {kind!r}; there are {', '.join(CLIPS)}.")


CLIPS = ("walk", "turn", "raise")
"""Names of the motions that `clip_pose` knows."""
