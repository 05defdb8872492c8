"""pose-gan's mask one pixel at a time: polygons by crossings, disks, then a closing."""

import math

import numpy as np

from tests.reference.posemap import extreme, nearest_pixel


def inside(corners, x, y):
    """Whether a ray to the right crosses an odd number of edges."""
    crossings = 0
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        if (y0 <= y) != (y1 <= y):
            crossings += x < x1 + (x0 - x1) * (y - y1) / (y0 - y1)
    return crossings % 2 == 1


def rectangle(start, end, radius):
    """Corners in order; None for a limb of no length."""
    (x0, y0), (x1, y1) = start, end
    length = math.hypot(x0 - x1, y0 - y1)
    if length == 0:
        return None
    dx, dy = radius * (y0 - y1) / length, -radius * (x0 - x1) / length
    return [
        (x0 + dx, y0 + dy),
        (x0 - dx, y0 - dy),
        (x1 - dx, y1 - dy),
        (x1 + dx, y1 + dy),
    ]


def mask(keypoints, limbs, size, radius=4, closing=5):
    """[h, w] of 0 and 1."""
    joints = [nearest_pixel(joint) for joint in keypoints]
    there = [joint for joint in joints if joint is not None]
    ends = [(joints[a], joints[b]) for a, b in limbs if joints[a] and joints[b]]
    corners = [c for a, b in ends if (c := rectangle(a, b, radius))]
    drawn = np.zeros(size)
    for y in range(size[0]):
        for x in range(size[1]):
            near = any((x - u) ** 2 + (y - v) ** 2 < radius**2 for u, v in there)
            drawn[y, x] = near or any(inside(c, x, y) for c in corners)
    return extreme(extreme(drawn, np.nanmax, closing), np.nanmin, closing)
