"""The weak-perspective camera, point after point in float64."""

import math

import numpy as np


def project(points, camera, size):
    """[n, 3]: pixel x, pixel y, metres from the eye."""
    height, width = size if isinstance(size, tuple) else (size, size)
    scale, shift_x, shift_y = camera
    eye = 1 + 1 / math.tan(math.radians(30))
    projected = []
    for x, y, z in np.asarray(points, np.float64):
        across, down = scale * (x + shift_x), scale * (y + shift_y)
        column = (across * height + width - 1) / 2
        row = ((down + 1) * height - 1) / 2
        projected.append((column, row, z + eye))
    return np.array(projected)
