"""Windows one pixel at a time; what is outside the image does not count."""

import numpy as np


def window(image, b, row, column, size):
    """The part of a `size` x `size` square about a pixel that is in the image."""
    before, after = (size - 1) // 2, size // 2
    rows = slice(max(row - before, 0), row + after + 1)
    columns = slice(max(column - before, 0), column + after + 1)
    return np.float64(image[b, rows, columns])


def dilate(image, size):
    result = np.zeros(image.shape, np.float64)
    for b, row, column in np.ndindex(image.shape[:3]):
        result[b, row, column] = window(image, b, row, column, size).max((0, 1))
    return result


def erode(image, size):
    result = np.zeros(image.shape, np.float64)
    for b, row, column in np.ndindex(image.shape[:3]):
        result[b, row, column] = window(image, b, row, column, size).min((0, 1))
    return result
