"""Bilinear reading one point at a time, as a sum over every pixel of the image."""

import numpy as np


def share(distance):
    """How much of a pixel a point gets that is `distance` away along one axis."""
    return 1 - abs(distance) if abs(distance) < 1 else 0.0


def read(image, x, y):
    """One image at one point; NaN stays NaN."""
    if np.isnan(x) or np.isnan(y):
        return np.full(image.shape[-1], np.nan)
    total = np.zeros(image.shape[-1], np.float64)
    for row in range(image.shape[0]):
        for column in range(image.shape[1]):
            total += image[row, column] * share(x - column) * share(y - row)
    return total


def warp(image, points):
    """[b h w c], [b u v 2] -> [b u v c]."""
    image, points = np.float64(image), np.float64(points)
    result = np.zeros((*points.shape[:3], image.shape[-1]))
    for b, u, v in np.ndindex(points.shape[:3]):
        result[b, u, v] = read(image[b], *points[b, u, v])
    return result


def slopes(image, points, step=1e-4):
    """Derivatives by x and y, [b u v c 2], by central differences."""
    points = np.float64(points)
    by_axis = []
    for move in (np.array([step, 0.0]), np.array([0.0, step])):
        ahead, behind = warp(image, points + move), warp(image, points - move)
        by_axis.append((ahead - behind) / (2 * step))
    return np.stack(by_axis, -1)


def pixel(unit, count, align_corners):
    """A coordinate from -1 to 1 along `count` pixels, as torch's documents say it."""
    if align_corners:
        return (unit + 1) / 2 * (count - 1)
    return ((unit + 1) * count - 1) / 2


def pixels_from_unit(points, size, align_corners=False):
    """[b u v 2]: x goes along the width, which `size` names last."""
    result = np.zeros(points.shape, np.float64)
    for place in np.ndindex(points.shape):
        count = size[1 - place[-1]]
        result[place] = pixel(np.float64(points[place]), count, align_corners)
    return result


def affine_points(matrix, size):
    """[b 2 3] -> [b u v 2]: the matrix times (x, y, 1), pixel by pixel."""
    result = np.zeros((len(matrix), *size, 2), np.float64)
    for b, y, x in np.ndindex(result.shape[:3]):
        result[b, y, x] = np.float64(matrix[b]) @ np.array([x, y, 1.0])
    return result
