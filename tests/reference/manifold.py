"""Improved precision and recall one distance at a time."""

import math


def distance(x, y):
    """Euclidean."""
    return math.sqrt(sum((float(a) - float(b)) ** 2 for a, b in zip(x, y, strict=True)))


def radius(index, rows, neighbours):
    """From a row to its k-th nearest other row."""
    others = [distance(rows[index], r) for i, r in enumerate(rows) if i != index]
    return sorted(others)[neighbours - 1]


def share_inside(probes, rows, neighbours):
    """The share of probes within the radius of any row."""
    radii = [radius(i, rows, neighbours) for i in range(len(rows))]
    inside = 0
    for probe in probes:
        pairs = zip(rows, radii, strict=True)
        inside += any(distance(probe, row) <= reach for row, reach in pairs)
    return inside / len(probes)
