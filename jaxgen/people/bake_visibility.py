"""What of the body can be seen from outside, and how open each place is to the sky."""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from jaxgen.people.figure import vertex_normals
from jaxgen.people.raster import raster

_DIRECTIONS = 64
_PIXELS = 900
_PIXELS_PER_METRE = 432.0  # the picture is 2.08 m wide
_TOLERANCE = 0.004
_FAR = -9.0


class Visibility(NamedTuple):
    """Per vertex [n]: what 64 directions around the body see of it."""

    occlusion: np.ndarray  # share of the light that arrives, 0 to 1
    seen: np.ndarray  # bool: seen from at least one direction it faces


def visibility(vertices: np.ndarray, faces: np.ndarray) -> Visibility:
    """Looks at a mesh from 64 directions and compares vertices with the nearest face.

    Light is the cosine of its angle to the normal, stronger from above than from below.

    Args:
        vertices: [n, 3] metres, within a metre of the origin.
        faces: [f, 3], all that hides.
    """
    normals = vertex_normals(vertices, faces)
    arrived, sent = np.zeros(len(vertices)), np.zeros(len(vertices))
    seen = np.zeros(len(vertices), bool)
    for towards in _sphere(_DIRECTIONS):
        visible = _visible_from(towards, vertices, faces)
        cosine = np.clip(normals @ towards, 0, 1)
        light = cosine * (1 + 0.35 * towards[1])
        arrived += visible * light
        sent += light
        seen |= visible & (cosine > 0.05)
    return Visibility(arrived / np.maximum(sent, 1e-6), seen)


def _sphere(count: int) -> np.ndarray:
    """Evenly spread unit vectors [count, 3] on a golden spiral."""
    step = np.arange(count) + 0.5
    polar, azimuth = np.arccos(1 - 2 * step / count), np.pi * (1 + 5**0.5) * step
    return np.stack(
        [
            np.cos(azimuth) * np.sin(polar),
            np.cos(polar),
            np.sin(azimuth) * np.sin(polar),
        ],
        axis=1,
    )


def _visible_from(towards: np.ndarray, vertices, faces) -> np.ndarray:
    """Whether each vertex [n] is in front, seen orthographically against `towards`."""
    right = np.cross([0, 1, 0.01], towards)
    right /= np.linalg.norm(right)
    up = np.cross(towards, right)
    turned = vertices @ np.stack([right, up, towards]).T
    points = turned[:, :2] * [1, -1] * _PIXELS_PER_METRE + _PIXELS / 2
    near = turned[:, 2]

    cover = raster(points, -near, faces, (_PIXELS, _PIXELS))
    buffer = np.full(_PIXELS * _PIXELS, _FAR)
    buffer[cover.pixel] = (near[faces[cover.face_index]] * cover.barycentric).sum(1)
    # The farthest of 3x3 pixels: a slope must not hide its own vertices.
    buffer = ndimage.minimum_filter(buffer.reshape(_PIXELS, _PIXELS), 3)
    column, row = np.clip(points.astype(int), 1, _PIXELS - 2).T
    return near >= buffer[row, column] - _TOLERANCE


def spread_once(chosen: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Vertices [n] chosen, or sharing a face with a chosen one."""
    spread = chosen.copy()
    spread[faces[chosen[faces].any(1)]] = True
    return spread


def mouth_cavity(vertices: np.ndarray, head: np.ndarray) -> np.ndarray:
    """Vertices [n] about the lips, which are open by 1 mm. `head` is its joint."""
    x, y, z = (vertices - head).T
    return (np.abs(x) < 0.034) & (np.abs(y + 0.035) < 0.045) & (z > 0.03)


def detail(
    vertices: np.ndarray,
    joint: np.ndarray,
    head: np.ndarray,
    nearly_seen: np.ndarray,
    mouth: np.ndarray,
) -> np.ndarray:
    """How much a vertex matters to the eye: the factor on the cost of removing it.

    Args:
        vertices: [n, 3] mean T-pose, metres.
        joint: [n] the joint each follows most.
        head: [3] the head's joint.
        nearly_seen: [n] bool, seen or next to something seen.
        mouth: [n] bool, inside of the mouth.

    Returns:
        [n], 1 for trunk, arms and legs.
    """
    is_head = joint == 15
    _, above, before = (vertices - head).T
    factor = np.ones(len(vertices))
    for joints, value in (
        ((22, 23), 0.12),  # hands
        ((20, 21), 0.3),  # wrists
        ((10, 11), 0.06),  # toes
        ((7, 8), 0.25),  # ankles
        ((15,), 1.2),
    ):
        factor[np.isin(joint, joints)] = value
    factor[is_head & (before > 0.045) & (above < 0.13)] = 9  # face
    factor[is_head & (np.abs(vertices[:, 0]) > 0.070)] = 0.12  # ears
    factor[mouth & nearly_seen] = 1
    factor[mouth & ~nearly_seen] = 0.004
    factor[~mouth & ~nearly_seen] = 0.01
    return factor
