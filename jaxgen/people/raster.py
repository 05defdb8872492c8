"""Triangles to pixels: which face is nearest at every sample, in NumPy.

Points are in raster coordinates: x right, y down, pixel (row, column) has its centre at
(column + .5, row + .5). Faces are drawn when counter-clockwise from outside, which in
this frame means a negative signed area.
"""

from typing import NamedTuple

import numpy as np

SUBPIXELS = 256
"""Steps per sample that `snap` rounds positions to."""

_DEPTH_OFFSET, _DEPTH_STEPS = 8.0, 2.0**24
_FACE_BITS = np.uint64(32)
_FACE_MASK = np.uint64(2**32 - 1)
_EMPTY = np.uint64(2**64 - 1)
_WINDOWS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 32, 64)
_CANDIDATES = 1_000_000


class Coverage(NamedTuple):
    """What is seen: one row for each covered pixel, in the order of the pixels.

    Attributes:
        pixel: [m] flat indices, row * width + column.
        face_index: [m] the nearest face.
        barycentric: [m, 3] weights of its corners at the pixel's centre; sum to 1.
    """

    pixel: np.ndarray
    face_index: np.ndarray
    barycentric: np.ndarray


def snap(points: np.ndarray) -> np.ndarray:
    """Rounds raster points to 1/256 px.

    A difference in the last bit of a sine between two machines then cannot give a pixel
    another face.
    """
    return np.round(points * SUBPIXELS) / SUBPIXELS


def raster(
    points: np.ndarray, depth: np.ndarray, faces: np.ndarray, size: tuple[int, int]
) -> Coverage:
    """Finds the nearest face at every pixel centre; ties go to the lowest face.

    A pixel centre on an edge belongs to both faces. Depth is compared in steps of
    2^-24 and must lie in (-8, 248).

    Args:
        points: [n, 2] raster points.
        depth: [n], smaller is nearer.
        faces: [f, 3].
        size: (height, width) in pixels.
    """
    height, width = size
    best = np.full(height * width, _EMPTY)
    triangles = _Triangles(points, faces, size)
    corners = depth[faces[triangles.face]].T
    windows = (*_WINDOWS, max(height, width, _WINDOWS[-1]))
    for smaller, window in zip(windows, windows[1:], strict=False):
        extent = triangles.extent
        chosen = np.flatnonzero((extent > smaller) & (extent <= window))
        step = max(1, _CANDIDATES // window**2)
        for start in range(0, len(chosen), step):
            index, x, y, areas = triangles.cover(chosen[start : start + step], window)
            near = sum(a * corners[k][index] for k, a in enumerate(areas))
            key = _key(near / triangles.area[index], index)
            np.minimum.at(best, y * width + x, key)
    pixel = np.flatnonzero(best != _EMPTY)
    index = (best[pixel] & _FACE_MASK).astype(np.int64)
    areas = triangles.areas(index, pixel % width + 0.5, pixel // width + 0.5)
    weights = np.stack(areas, 1) / triangles.area[index, None]
    return Coverage(pixel, triangles.face[index], weights)


class _Triangles:
    """The faces that look at the viewer and may hold a pixel centre, in order.

    `face` are their indices; `left`, `right`, `top` and `bottom` the first and last
    pixels whose centres the face's box holds; `area` is twice the signed area.
    """

    def __init__(self, points: np.ndarray, faces: np.ndarray, size: tuple[int, int]):
        (x0, x1, x2), (y0, y1, y2) = (values[faces.T] for values in points.T)
        area = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0)
        self.left, self.right = _centres_within(x0, x1, x2, size[1])
        self.top, self.bottom = _centres_within(y0, y1, y2, size[0])
        width, height = self.right - self.left + 1, self.bottom - self.top + 1
        kept = np.flatnonzero((area < -1e-12) & (width > 0) & (height > 0))
        self.face, self.area = kept, area[kept]
        self.extent = np.maximum(width, height)[kept]
        self.x, self.ux, self.vx = (v[kept] for v in (x0, x1 - x0, x2 - x0))
        self.y, self.uy, self.vy = (v[kept] for v in (y0, y1 - y0, y2 - y0))
        for side in ("left", "right", "top", "bottom"):
            setattr(self, side, getattr(self, side)[kept])

    def areas(self, index, x, y):
        """Twice the areas opposite corners 0, 1 and 2 of a point; they sum to `area`.

        Of points that went through `snap` they are exact in float64, so a pixel centre
        on the edge between two faces is never missed.
        """
        x, y = x - self.x[index], y - self.y[index]
        second = x * self.vy[index] - y * self.vx[index]
        third = y * self.ux[index] - x * self.uy[index]
        return self.area[index] - second - third, second, third

    def cover(self, chosen, window):
        """All (index, x, y, areas) with the pixel's centre inside, up to one size."""
        index = chosen[:, None, None]
        x = self.left[index] + np.arange(window)[None, None, :]
        y = self.top[index] + np.arange(window)[None, :, None]
        areas = self.areas(index, x + 0.5, y + 0.5)
        inside = (x <= self.right[index]) & (y <= self.bottom[index])
        for area in areas:
            inside &= area <= 0
        at = np.flatnonzero(inside)
        n, place = np.divmod(at, window * window)
        row, column = np.divmod(place, window)
        index = chosen[n]
        areas = [area.reshape(-1)[at] for area in areas]
        return index, self.left[index] + column, self.top[index] + row, areas


def _centres_within(a, b, c, limit):
    """First and last whole number i in [0, limit) with i + .5 between three values."""
    low = np.minimum(np.minimum(a, b), c) - 0.5
    high = np.maximum(np.maximum(a, b), c) - 0.5
    low = np.maximum(np.ceil(low), 0).astype(np.int64)
    return low, np.minimum(np.floor(high), limit - 1).astype(np.int64)


def _key(depth, index):
    """One number that orders by depth first and by face second."""
    steps = ((depth + _DEPTH_OFFSET) * _DEPTH_STEPS).astype(np.uint64)
    return steps << _FACE_BITS | index.astype(np.uint64)
