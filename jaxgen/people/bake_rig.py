"""SMPL's 24 joints inside MakeHuman's body, and the way from its A-pose to a T-pose.

Metres, x to the person's left, y up, z forward. A rotation is *global* when it turns
from the rest pose straight to the world, whatever the parents do.
"""

import json
from dataclasses import dataclass

import numpy as np

from jaxgen.core.skeleton import SMPL_PARENTS
from jaxgen.people.bake_source import BaseMesh, Source
from jaxgen.people.figure import rotation_x, rotation_z
from jaxgen.people.noise import smoothstep

SPINE = (0, 3, 6, 9, 12, 15)  # pelvis, three of the spine, neck, head

# Joint number -> marker cube of the base mesh. Paired joints name the left one; the
# right one is the next number.
_SPINE_CUBES = {0: "pelvis", 3: "spine-3", 6: "spine-2", 9: "spine-1"}
_SPINE_CUBES |= {12: "neck", 15: "head"}
_LEFT_CUBES = {1: "upper-leg", 4: "knee", 7: "ankle", 10: "foot-1"}
_LEFT_CUBES |= {13: "clavicle", 16: "shoulder", 18: "elbow", 20: "hand"}

_FOREARMS = (18, 19)

# Bones that start with the words -> joint, and whether it is one of a pair.
_BONES = (
    (("root", "pelvis", "spine05"), 0, False),
    (("spine04",), 3, False),
    (("spine03",), 6, False),
    (("spine02", "spine01", "breast"), 9, False),
    (("neck",), 12, False),
    (("upperleg",), 1, True),
    (("lowerleg",), 4, True),
    (("foot",), 7, True),
    (("toe",), 10, True),
    (("clavicle", "shoulder01"), 13, True),
    (("upperarm",), 16, True),
    (("lowerarm",), 18, True),
    (("wrist",), 20, True),
    (("metacarpal", "finger"), 22, True),
)


def smpl_joint(bone: str) -> int:
    """The joint that a bone of MakeHuman's rig moves with; faces go to the head."""
    name, _, suffix = bone.partition(".")
    for words, joint, paired in _BONES:
        if name.startswith(words):
            return joint + (paired and suffix == "R")
    return 15


@dataclass(frozen=True)
class Rig:
    """How the base mesh follows 24 joints."""

    weights: np.ndarray  # [19158, 24], four or fewer per row, rows sum to 1
    wrist_share: np.ndarray  # [19158] of a forearm's weight, what its wrist half holds
    mesh: BaseMesh

    def cube(self, vertices: np.ndarray, name: str) -> np.ndarray:
        """Centre [3] of one marker cube."""
        return vertices[self.mesh.ranges[f"joint-{name}"]].mean(0)

    def joints(self, vertices: np.ndarray) -> np.ndarray:
        """Joints [24, 3] of a body [19158, 3]; those of the spine lie at x = 0."""
        joints = np.zeros((24, 3))
        for joint, name in _SPINE_CUBES.items():
            joints[joint] = self.cube(vertices, name)
        for right, side in enumerate("lr"):
            for joint, name in _LEFT_CUBES.items():
                joints[joint + right] = self.cube(vertices, f"{side}-{name}")
            knuckles = [
                self.cube(vertices, f"{side}-finger-{finger}-1")
                for finger in (2, 3, 4, 5)
            ]
            joints[22 + right] = np.mean(knuckles, 0)
        joints[SPINE, 0] = 0
        return joints

    def t_pose(self, vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Brings one body to the T-pose, pelvis at the origin, palms down.

        The twist that turns the hand runs up the forearm: a third of it at the elbow's
        half, three quarters at the wrist's. Otherwise the wrist would collapse.

        Args:
            vertices: [19158, 3] in the A-pose.

        Returns:
            vertices [19158, 3] and joints [24, 3], both in the T-pose.
        """
        joints = self.joints(vertices)
        turns = _t_pose_turns(joints)
        wrist_half = turns.copy()
        for right in (0, 1):
            twist = self._twist_of_hand(vertices, turns[20 + right], "lr"[right])
            wrist_half[18 + right] = rotation_x(0.75 * twist) @ turns[18 + right]
            turns[18 + right] = rotation_x(0.33 * twist) @ turns[18 + right]
            hand = rotation_x(twist) @ turns[20 + right]
            turns[20 + right] = turns[22 + right] = hand
        turned, turned_joints = self._skin(vertices, joints, turns, wrist_half)
        return turned - turned_joints[0], turned_joints - turned_joints[0]

    def _twist_of_hand(self, vertices, turn, side: str) -> float:
        """Angle about x that points the index knuckle forward of the little one."""
        index = self.cube(vertices, f"{side}-finger-2-1")
        little = self.cube(vertices, f"{side}-finger-5-1")
        _, y, z = turn @ (index - little)
        return np.arctan2(y, z)

    def _skin(self, vertices, joints, turns, wrist_half):
        """Linear blend skinning by global rotations, with forearms of two halves."""
        turned_joints = joints.copy()
        for joint, parent in enumerate(SMPL_PARENTS[1:], start=1):
            bone = turns[parent] @ (joints[joint] - joints[parent])
            turned_joints[joint] = turned_joints[parent] + bone

        turned = np.zeros(vertices.shape)
        for joint in range(24):
            own = np.flatnonzero(self.weights[:, joint])
            offset = vertices[own] - joints[joint]
            place = offset @ turns[joint].T
            if joint in _FOREARMS:
                share = self.wrist_share[own, None]
                place = (1 - share) * place + share * (offset @ wrist_half[joint].T)
            turned[own] += self.weights[own, joint, None] * (
                place + turned_joints[joint]
            )
        return turned, turned_joints


def _t_pose_turns(joints: np.ndarray) -> np.ndarray:
    """Global rotations [24, 3, 3] from the A-pose to the T-pose, hands untwisted."""
    lean, splay = np.radians(2), np.radians(8)
    turns = np.tile(np.eye(3), (24, 1, 1))
    for right, outwards in ((0, 1.0), (1, -1.0)):
        # A right joint is the left one's number plus 1: the same indices serve both.
        place, turn = joints[right:], turns[right:]
        arm = np.array([outwards, 0, 0])
        turn[13] = rotation_z(outwards * np.radians(14))
        turn[16] = _shortest(place[18] - place[16], arm)
        turn[18] = _shortest(place[20] - place[18], arm)
        turn[20] = turn[22] = _shortest(place[22] - place[20], arm)

        leg = np.array([outwards * np.sin(lean), -np.cos(lean), 0])
        foot = np.array([outwards * np.sin(splay), 0, np.cos(splay)])
        turn[1] = turn[4] = _shortest((place[7] - place[1]) * [1, 1, 0], leg)
        turn[7] = turn[10] = _shortest((place[10] - place[7]) * [1, 0, 1], foot)
    return turns


def _shortest(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The smallest rotation that lays one direction on another (Rodrigues)."""
    start, end = start / np.linalg.norm(start), end / np.linalg.norm(end)
    x, y, z = np.cross(start, end)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + cross + cross @ cross / (1 + start @ end)


def read_rig(source: Source, mesh: BaseMesh) -> Rig:
    """Merges the skinning weights of the rig's 163 bones into those of 24 joints."""
    table = json.loads(source.read("rigs/standard/weights.default.json"))["weights"]
    count = len(mesh.vertices)
    weights, wrist_half = np.zeros((count, 24)), np.zeros(count)
    for bone, rows in table.items():
        if not rows:
            continue
        index, value = np.array(rows).T
        weights[index.astype(int), smpl_joint(bone)] += value
        if bone.startswith("lowerarm02"):
            wrist_half[index.astype(int)] += value
    weights = strongest_four(weights)
    forearm = weights[:, _FOREARMS].sum(1)
    share = np.clip(wrist_half / np.maximum(forearm, 1e-9), 0, 1)
    return Rig(weights, share, mesh)


def strongest_four(weights: np.ndarray) -> np.ndarray:
    """Keeps the four largest weights of each row and scales them to sum to 1."""
    weights = weights.copy()
    dropped = np.argsort(-weights, axis=1, kind="stable")[:, 4:]
    np.put_along_axis(weights, dropped, 0, axis=1)
    return weights / weights.sum(1, keepdims=True)


def skirt_weights(weights: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Gives weights under which a skirt hangs from both legs.

    The helper's own weights jump from one leg to the other at x = 0.

    Args:
        weights: [n, 24] of the helper.
        rest: its mean T-pose vertices [n, 3].

    Returns:
        [n, 24]; the legs' share grows from the waist down.
    """
    x, y = rest[:, 0], rest[:, 1]
    trunk = weights.copy()
    trunk[:, [1, 2, 4, 5]] = 0
    trunk[:, 0] += 1e-3  # Rows that were all leg now hang from the pelvis.
    trunk /= trunk.sum(1, keepdims=True)

    legs = 0.82 * smoothstep((0.02 - y) / 0.30)
    shins = 0.4 * smoothstep((-0.42 - y) / 0.3)
    left = 0.5 + 0.5 * np.sin(np.clip(x / 0.17, -1, 1) * np.pi / 2)
    mixed = trunk * (1 - legs)[:, None]
    mixed[:, 1] += (legs - shins) * left
    mixed[:, 2] += (legs - shins) * (1 - left)
    mixed[:, 4] += shins * left
    mixed[:, 5] += shins * (1 - left)
    return mixed
