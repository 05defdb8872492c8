"""The nearest face by looking at face after face, in float64.

Beside the picture it says how sure it is, since float32 cannot tell what float64 can:
how far each pixel centre is from the nearest edge, and how much farther the second face
is than the first.
"""

from typing import NamedTuple

import numpy as np

BACKGROUND = -1


class Picture(NamedTuple):
    """What is seen, all [h, w]; `barycentric` [h, w, 3] is zero on the background.

    `edge` is the distance in pixels to the nearest edge of a face that looks at the
    viewer, at most 1; `gap` how much farther the second face is, relatively.
    """

    face_index: np.ndarray
    depth: np.ndarray
    barycentric: np.ndarray
    edge: np.ndarray
    gap: np.ndarray


def signed_area(a, b, c):
    """Twice the area of abc, y down: negative when counter-clockwise to the eye."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])


def distance_to_segment(points, a, b):
    """From points [..., 2] to the line between a and b."""
    way = b - a
    along = np.clip(((points - a) @ way) / max(way @ way, 1e-300), 0, 1)
    return np.linalg.norm(points - a - along[..., None] * way, axis=-1)


def window_around(corners, size):
    """Rows and columns that hold a triangle and a pixel on every side."""
    low = np.maximum(np.floor(corners.min(0)) - 1, 0).astype(int)
    high = np.minimum(np.ceil(corners.max(0)) + 2, size[::-1]).astype(int)
    return slice(low[1], high[1]), slice(low[0], high[0])


def rasterize(points, faces, size, *, near=0.1, far=100.0, everywhere=False):
    """Draws one mesh; an earlier face keeps a pixel at equal depth.

    With `everywhere` each face is tried at every pixel, otherwise at those around it,
    which takes seconds for a body and not minutes.
    """
    points = np.asarray(points, np.float64)
    lattice = np.stack(np.meshgrid(*map(np.arange, size), indexing="ij")[::-1], -1)
    face_index, depth = np.full(size, BACKGROUND), np.full(size, far)
    second = np.full(size, np.inf)
    barycentric, edge = np.zeros((*size, 3)), np.ones(size)
    areas = signed_area(*np.moveaxis(points[faces, :2], (1, 2), (0, 1)))
    for number in np.flatnonzero(areas <= 1e-9):
        face, area = faces[number], areas[number]
        (a, b, c), z = points[face, :2], points[face, 2]
        at = (slice(None),) * 2 if everywhere else window_around(points[face, :2], size)
        centres = lattice[at].astype(np.float64)
        if not centres.size:
            continue
        for ends in ((a, b), (b, c), (c, a)):
            edge[at] = np.minimum(edge[at], distance_to_segment(centres, *ends))
        if area == 0:
            continue
        p = np.moveaxis(centres, -1, 0)
        parts = [signed_area(p, b, c), signed_area(p, c, a), signed_area(p, a, b)]
        parts = np.stack(parts, -1)
        with np.errstate(divide="ignore", invalid="ignore"):
            here = parts.sum(-1) / (parts / z).sum(-1)
        inside = (parts <= 0).all(-1) & (here > near) & (here < far)
        first = inside & (here < depth[at])
        behind = np.where(first, depth[at], np.where(inside, here, np.inf))
        behind[first & (face_index[at] == BACKGROUND)] = np.inf
        second[at] = np.minimum(second[at], behind)
        depth[at] = np.where(first, here, depth[at])
        face_index[at] = np.where(first, number, face_index[at])
        weights = parts / area
        barycentric[at] = np.where(first[..., None], weights, barycentric[at])
    return Picture(face_index, depth, barycentric, edge, second / depth - 1)


def barycentric(points, faces, face_index):
    """[h, w, 3]: the weights of given faces, pixel after pixel, by a linear system."""
    weights = np.zeros((*face_index.shape, 3))
    for row, column in np.argwhere(face_index >= 0):
        corners = np.asarray(points, np.float64)[faces[face_index[row, column]], :2]
        system = np.vstack([corners.T, np.ones(3)])
        weights[row, column] = np.linalg.solve(system, [column, row, 1])
    return weights
