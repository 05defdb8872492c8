"""What a record says about its picture: keypoints, what is visible, the face's box."""

import dataclasses

import numpy as np
from scipy import sparse

from jaxgen.core.skeleton import SCHEMAS
from jaxgen.people import figure
from jaxgen.people.samples import Samples

KEYPOINTS = SCHEMAS["community18"].names
"""The 18 keypoints in the order of PG2 (arXiv:1705.09368)."""

_JOINT_OF_LIMB = (17, 19, 21, 16, 18, 20, 2, 5, 8, 1, 4, 7)
_LIMBS, _EYES, _EARS = slice(2, 14), (14, 15), slice(16, 18)
_ARM, _LEG = (0.10, 0.08, 0.06), (0.16, 0.11, 0.10)
# How far a keypoint may lie under the surface that hides it: it is inside the body.
_TOLERANCE = np.array(
    [0.025, 0.14, *_ARM, *_ARM, *_LEG, *_LEG, 0.025, 0.025, 0.03, 0.03]
)
_HEAD_HEIGHT = 0.575


@dataclasses.dataclass(frozen=True)
class Landmarks:
    """The body's own vertices that labels look at, whether drawn or not.

    Attributes:
        rest: [n, 3] of this body, metres.
        weights: sparse [n, 24].
        groups: slices of nose, right eye, left eye, ears and head.
    """

    rest: np.ndarray
    weights: sparse.csr_matrix
    groups: dict[str, slice]


def landmarks(vertices: np.ndarray) -> Landmarks:
    """Picks the landmarks from the rest vertices [10322, 3] of a body."""
    asset = figure.asset()
    head = np.flatnonzero(asset.v_template[asset.body, 1] > _HEAD_HEIGHT)
    chosen = {
        "nose": np.array([asset.nose]),
        "right eye": asset.eyes[0],
        "left eye": asset.eyes[1],
        "ears": np.array(asset.ears),
        "head": head,
    }
    ends = np.cumsum([0, *(len(index) for index in chosen.values())])
    groups = [slice(*pair) for pair in zip(ends, ends[1:], strict=False)]
    index = np.concatenate(list(chosen.values()))
    weights = sparse.csr_matrix(asset.weights[index])
    return Landmarks(vertices[index], weights, dict(zip(chosen, groups, strict=True)))


def keypoints(posed: np.ndarray, joints: np.ndarray, marks: Landmarks) -> np.ndarray:
    """Gives the 18 keypoints [18, 3] in the camera's frame, metres.

    Args:
        posed: [n, 3] posed landmarks.
        joints: [24, 3] posed joints.
        marks: what the landmarks are.
    """
    points = np.empty((len(KEYPOINTS), 3))
    points[0] = posed[marks.groups["nose"]][0]
    points[1] = (joints[16] + joints[17]) / 2
    points[_LIMBS] = joints[list(_JOINT_OF_LIMB)]
    points[_EARS] = posed[marks.groups["ears"]]
    for keypoint, name in zip(_EYES, ("right eye", "left eye"), strict=True):
        ball = posed[marks.groups[name]]
        points[keypoint] = ball.mean(0)
        points[keypoint, 2] = ball[:, 2].min()  # What is seen is the front of the ball.
    return points


def visible(
    points: np.ndarray, depth: np.ndarray, samples: Samples, per_pixel: int
) -> np.ndarray:
    """Tells which keypoints are inside the picture and not hidden; bool [18].

    Args:
        points: [18, 2] raster points in pixels.
        depth: [18] metres.
        samples: the picture, on a grid of `per_pixel` samples per pixel and axis.
        per_pixel: see `samples`.
    """
    height, width = samples.size
    column, row = np.floor(points * per_pixel).astype(np.int64).T
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    column, row = np.clip(column, 0, width - 1), np.clip(row, 0, height - 1)
    return inside & (depth <= samples.depth_buffer[row, column] + _TOLERANCE)


def box(points: np.ndarray) -> np.ndarray:
    """Gives the box (x0, y0, x1, y1) around points [n, 2], float64 [4]."""
    return np.concatenate([points.min(0), points.max(0)])
