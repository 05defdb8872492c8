"""A dressed person who can be posed again and again, and the stool they may sit on."""

import dataclasses

import numpy as np
from scipy import sparse

from jaxgen.people import figure, labels, wardrobe
from jaxgen.people.anatomy import Pose, smpl_pose
from jaxgen.people.mesh import Label, Material
from jaxgen.people.samples import Attributes

_STOOL_HALF_WIDTH = 0.17
_SEAT_REACH = np.array([0.15, 0.12])


@dataclasses.dataclass(frozen=True)
class Actor:
    """A dressed person at rest.

    Attributes:
        person: who.
        outfit: in what.
        rest: [n, 3] vertices, metres.
        weights: sparse [n, 24].
        joints: [24, 3], metres.
        attributes: what vertices and faces carry.
        landmarks: what labels look at.
    """

    person: wardrobe.Person
    outfit: wardrobe.Outfit
    rest: np.ndarray
    weights: sparse.csr_matrix
    joints: np.ndarray
    attributes: Attributes
    landmarks: labels.Landmarks


@dataclasses.dataclass(frozen=True)
class Posed:
    """An actor in one pose, in the camera's frame, metres.

    Attributes:
        actor: who.
        pose: anatomical angles.
        smpl_pose: float32 [72], what the points below were computed from.
        view: [3, 3]; points of the camera's frame, as rows, times it are upright.
        vertices: [n, 3].
        joints: [24, 3].
        landmarks: [l, 3].
    """

    actor: Actor
    pose: Pose
    smpl_pose: np.ndarray
    view: np.ndarray
    vertices: np.ndarray
    joints: np.ndarray
    landmarks: np.ndarray


def prepare(person: wardrobe.Person, outfit: wardrobe.Outfit) -> Actor:
    """Dresses a person, once for all pictures in this outfit."""
    dressed = wardrobe.dress(person, outfit)
    mesh = dressed.mesh
    carried = [mesh.canonical, mesh.occlusion[:, None], mesh.extra]
    attributes = Attributes(
        vertex=np.concatenate(carried, 1, dtype=np.float32),
        faces=mesh.faces,
        material=mesh.material,
        label=mesh.label,
    )
    return Actor(
        person=person,
        outfit=outfit,
        rest=mesh.rest,
        weights=sparse.csr_matrix(mesh.weights),
        joints=dressed.joints,
        attributes=attributes,
        landmarks=labels.landmarks(dressed.vertices),
    )


def strike(actor: Actor, pose: Pose, pitch: float) -> Posed:
    """Poses an actor before a camera that looks down by `pitch` degrees."""
    angles = smpl_pose(pose, pitch)
    rotations = figure.rotation_matrices(angles.reshape(-1, 3).astype(np.float64))
    transforms, joints = figure.forward(actor.joints, rotations)
    marks = actor.landmarks
    return Posed(
        actor=actor,
        pose=pose,
        smpl_pose=angles,
        view=figure.CAMERA_FROM_WORLD @ figure.rotation_x(np.radians(pitch)),
        vertices=figure.deform(actor.rest, actor.weights, transforms),
        joints=joints,
        landmarks=figure.deform(marks.rest, marks.weights, transforms),
    )


def with_stool(posed: Posed) -> tuple[np.ndarray, Attributes]:
    """Adds a stool under the hips.

    Returns:
        vertices [n + 24, 3] in the camera's frame, and their attributes; the stool's
        label is 0, for it belongs to the background.
    """
    upright, hips = posed.vertices @ posed.view, posed.joints[0] @ posed.view
    near = (np.abs(upright - hips)[:, [0, 2]] < _SEAT_REACH).all(1)
    floor, seat = upright[:, 1].min(), upright[near, 1].min() + 0.015
    corners, faces = _box()
    corners[:, [0, 2]] *= _STOOL_HALF_WIDTH
    corners = corners @ figure.rotation_y(np.radians(posed.pose.yaw)).T
    corners[:, [0, 2]] += hips[[0, 2]]
    corners[:, 1] = np.where(corners[:, 1] > 0, seat, floor)
    worn = posed.actor.attributes
    carried = np.zeros((len(corners), worn.vertex.shape[1]), np.float32)
    carried[:, 3] = 0.8
    count = len(faces)
    attributes = Attributes(
        vertex=np.concatenate([worn.vertex, carried]),
        faces=np.concatenate([worn.faces, faces + len(upright)]),
        material=np.concatenate([worn.material, np.full(count, Material.STOOL)]),
        label=np.concatenate([worn.label, np.full(count, Label.BACKGROUND)]),
    )
    return np.concatenate([posed.vertices, corners @ posed.view.T]), attributes


def _box() -> tuple[np.ndarray, np.ndarray]:
    """A box over [-1, 1] x [0, 1] x [-1, 1], four corners of its own for each side."""
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float)
    sides = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            side = np.empty((4, 3))
            side[:, axis] = sign
            # The two other axes in cyclic order make it counter-clockwise from outside.
            side[:, (axis + 1) % 3], side[:, (axis + 2) % 3] = square[:: int(sign)].T
            sides.append(side)
    corners = np.concatenate(sides)
    corners[:, 1] = (corners[:, 1] + 1) / 2
    first = 4 * np.arange(6)[:, None]
    return corners, np.concatenate([first + [0, 1, 2], first + [0, 2, 3]])
