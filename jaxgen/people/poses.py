"""Poses for photographs, drawn at random.

Angles are in degrees and keep `anatomy.HARD_LIMITS`.
"""

import dataclasses

import numpy as np

from jaxgen.people.anatomy import Pair, Pose
from jaxgen.people.clips import SKIRT_STRIDE, walk

VIEWS = {
    "front": (3 / 9, -20, 20),
    "oblique": (2 / 9, 25, 70),
    "side": (2 / 9, 75, 105),
    "back": (1 / 9, 155, 205),
    "oblique back": (1 / 9, 110, 160),
}
"""From where a person is seen: (share, lowest and highest yaw); either side."""


def sample(
    rng: np.random.Generator,
    *,
    kind: str | None = None,
    view: str | None = None,
    skirt: bool = False,
) -> Pose:
    """Draws a pose for a photograph.

    Args:
        rng: the frame's generator.
        kind: a name in `KINDS`; drawn by its share when None.
        view: a name in `VIEWS`; drawn by its share when None.
        skirt: keeps to what a skirt or a long coat allows: no sitting, short steps.

    Raises:
        KeyError: `kind` or `view` is not known.
    """
    kind = _choose(rng, kind, KINDS, "kind")
    view = _choose(rng, view, VIEWS, "view")
    if skirt and kind == "sit":
        kind = "stand"
    pose = _relaxed(rng, view)
    changes = KINDS[kind][1](rng, pose, skirt)
    return dataclasses.replace(pose, kind=kind, **changes)


def _choose(
    rng: np.random.Generator, name: str | None, table: dict[str, tuple], what: str
) -> str:
    """Draws a name by the share that comes first in its entry, or checks one."""
    if name is None:
        shares = np.array([entry[0] for entry in table.values()])
        return str(rng.choice(list(table), p=shares / shares.sum()))
    if name not in table:
        raise KeyError(f"poses: no {what} {name!r}; there are {', '.join(table)}.")
    return name


def _pair(rng: np.random.Generator, low: float, high: float) -> Pair:
    left, right = rng.uniform(low, high, 2)
    return float(left), float(right)


def _either(rng: np.random.Generator, this: dict, that: dict) -> dict[str, Pair]:
    """Gives `this` to one side, drawn at random, and `that` to the other."""
    left, right = (this, that) if rng.random() < 0.5 else (that, this)
    return {name: (left[name], right[name]) for name in this}


def _relaxed(rng: np.random.Generator, view: str) -> Pose:
    """Draws a person who stands at ease; every other kind starts from it."""
    _, low, high = VIEWS[view]
    return Pose(
        yaw=rng.uniform(low, high) * rng.choice([-1, 1]),
        spine_flex=rng.uniform(-3, 5),
        spine_side=float(np.clip(rng.normal(0, 2.5), -10, 10)),
        spine_twist=float(np.clip(rng.normal(0, 5), -20, 20)),
        head_flex=rng.uniform(-8, 10),
        head_turn=float(np.clip(rng.normal(0, 16), -45, 45)),
        head_side=float(np.clip(rng.normal(0, 3), -12, 12)),
        hip_abduct=_pair(rng, 1.0, 6.0),
        hip_twist=_pair(rng, 0.0, 8.0),
        arm_flex=_pair(rng, -8.0, 12.0),
        arm_abduct=_pair(rng, 7.0, 16.0),
        elbow=_pair(rng, 8.0, 30.0),
        arm_twist=_pair(rng, -10.0, 25.0),
        forearm=_pair(rng, -25.0, 15.0),
        wrist=_pair(rng, -8.0, 12.0),
    )


def _stand(rng: np.random.Generator, pose: Pose, skirt: bool) -> dict:
    return {}


def _contrapposto(rng: np.random.Generator, pose: Pose, skirt: bool) -> dict:
    """One leg bears the weight, its hip up and out; the other knee is loose."""
    bend = rng.uniform(14, 32)
    loose = {"knee": bend, "hip_flex": 0.75 * bend, "ankle": -0.1 * bend}
    firm = {"knee": 2.0, "hip_flex": 0.0, "ankle": 0.0}
    loose["hip_abduct"], firm["hip_abduct"] = rng.uniform(4, 10), -2.0
    legs = _either(rng, firm, loose)
    left_is_firm = legs["knee"][0] < legs["knee"][1]
    return legs | {
        "pelvis_side": 5.0 if left_is_firm else -5.0,
        "pelvis_twist": rng.uniform(-8, 8),
    }


def _hands_on_hips(rng: np.random.Generator, pose: Pose, skirt: bool) -> dict:
    bent = {
        "arm_abduct": rng.uniform(34, 46),
        "elbow": rng.uniform(72, 92),
        "arm_flex": rng.uniform(-6, 8) - 14,
        "arm_twist": 66.0,  # Inwards; outwards would look like a waiter with two trays.
    }
    free = {name: getattr(pose, name)[1] for name in bent} | {"arm_twist": 0.0}
    one = rng.random() < 0.55
    arms = _either(rng, bent, free if one else bent)
    return arms | {"hip_abduct": _pair(rng, 3.0, 9.0)}


def _walk(rng: np.random.Generator, pose: Pose, skirt: bool) -> dict:
    stride = walk(rng.random(), SKIRT_STRIDE if skirt else 1.0, pose.yaw)
    still = {"kind", "spine_flex", "spine_side", "head_flex", "head_turn", "head_side"}
    moved = {
        field.name: getattr(stride, field.name)
        for field in dataclasses.fields(Pose)
        if field.name not in still | {"hip_twist", "wrist"}
    }
    return moved | {"head_turn": float(np.clip(rng.normal(0, 10), -45, 45))}


def _arms_raised(rng: np.random.Generator, pose: Pose, skirt: bool) -> dict:
    return {
        "arm_abduct": _pair(rng, 120.0, 168.0),
        "elbow": _pair(rng, 5.0, 50.0),
        "arm_flex": _pair(rng, -5.0, 20.0),
        "arm_twist": _pair(rng, -40.0, 0.0),
        "forearm": (0.0, 0.0),
    }


def _sit(rng: np.random.Generator, pose: Pose, skirt: bool) -> dict:
    hips = rng.uniform(70, 84)
    knees = _pair(rng, -4.0, 8.0)
    return {
        "hip_flex": (hips, hips - rng.uniform(0, 8)),
        "knee": (hips + knees[0], hips + knees[1]),
        "hip_abduct": _pair(rng, 3.0, 12.0),
        "spine_flex": rng.uniform(0, 8),
        "arm_abduct": (12.0, 12.0),
        "arm_flex": _pair(rng, 22.0, 34.0),
        "arm_twist": (10.0, 10.0),
        "elbow": _pair(rng, 50.0, 66.0),
        "forearm": (0.0, 0.0),
    }


def _wave(rng: np.random.Generator, pose: Pose, skirt: bool) -> dict:
    waving = {
        "arm_abduct": rng.uniform(85, 120),
        "elbow": rng.uniform(75, 115),
        "arm_twist": -rng.uniform(60, 95),
    }
    hanging = {name: getattr(pose, name)[0] for name in waving}
    return _either(rng, waving, hanging) | {"arm_flex": (0.0, 0.0)}


def _step(rng: np.random.Generator, pose: Pose, skirt: bool) -> dict:
    ahead = rng.uniform(10, 16) if skirt else rng.uniform(14, 24)
    front, behind = {"hip_flex": ahead}, {"hip_flex": -rng.uniform(8, 16)}
    return _either(rng, front, behind) | {"knee": _pair(rng, 4.0, 20.0)}


def _hands_together(rng: np.random.Generator, pose: Pose, skirt: bool) -> dict:
    return {
        "arm_abduct": (22.0, 22.0),
        "arm_flex": (34.0, 30.0),
        "elbow": (100.0, 106.0),
        "arm_twist": (42.0, 38.0),
        "forearm": (0.0, 0.0),
    }


def _arms_crossed(rng: np.random.Generator, pose: Pose, skirt: bool) -> dict:
    """Both forearms before the chest, one over the other."""
    names = ("arm_abduct", "arm_flex", "elbow", "arm_twist")
    under = dict(zip(names, (9.0, 25.0, 101.0, 76.0), strict=True))
    over = dict(zip(names, (7.0, 32.0, 97.0, 72.0), strict=True))
    return _either(rng, under, over) | {"forearm": (0.0, 0.0), "wrist": (0.0, 0.0)}


def _hands_at_pockets(rng: np.random.Generator, pose: Pose, skirt: bool) -> dict:
    return {
        "arm_abduct": (20.0, 20.0),
        "arm_flex": (-18.0, -18.0),
        "elbow": (54.0, 54.0),
        "arm_twist": (34.0, 34.0),
        "forearm": (0.0, 0.0),
    }


def _think(rng: np.random.Generator, pose: Pose, skirt: bool) -> dict:
    """One hand at the chin, the other under its elbow."""
    names = ("arm_abduct", "arm_flex", "elbow", "arm_twist")
    chin = dict(zip(names, (16.0, 44.0, 128.0, 30.0), strict=True))
    support = dict(zip(names, (14.0, 32.0, 80.0, 48.0), strict=True))
    return _either(rng, chin, support) | {"head_flex": 12.0}


KINDS = {
    "stand": (0.15, _stand),
    "contrapposto": (0.13, _contrapposto),
    "hands on hips": (0.13, _hands_on_hips),
    "walk": (0.16, _walk),
    "raise": (0.07, _arms_raised),
    "hands together": (0.05, _hands_together),
    "arms crossed": (0.04, _arms_crossed),
    "sit": (0.07, _sit),
    "wave": (0.06, _wave),
    "step": (0.06, _step),
    "pockets": (0.05, _hands_at_pockets),
    "think": (0.03, _think),
}
"""What people do in photographs: (share, function that changes a relaxed pose)."""
