"""Bytes, floats and sizes one number at a time, in float64."""

import math
from fractions import Fraction

import numpy as np


def from_bytes(image):
    result = np.zeros(image.shape, np.float64)
    for place in np.ndindex(image.shape):
        result[place] = (int(image[place]) - 127.5) / 127.5
    return result


def to_bytes(image):
    """Cuts fractions off; a ten thousandth below a byte still counts as that byte."""
    result = np.zeros(image.shape, np.uint8)
    for place in np.ndindex(image.shape):
        value = math.floor((float(image[place]) + 1) * 127.5 + 1e-4)
        result[place] = min(max(value, 0), 255)
    return result


def line_area(line, count):
    """[n c] -> [count c]: means over equal parts, in exact fractions."""
    step = Fraction(len(line), count)
    result = np.zeros((count, line.shape[1]))
    for i in range(count):
        start, stop = i * step, (i + 1) * step
        for pixel in range(math.floor(start), math.ceil(stop)):
            covered = min(stop, pixel + 1) - max(start, pixel)
            result[i] += line[pixel] * float(covered / step)
    return result


def line_bilinear(line, count, align_corners):
    """[n c] -> [count c]: between the two nearest, the ends repeated."""
    last = len(line) - 1
    result = np.zeros((count, line.shape[1]))
    for i in range(count):
        if align_corners:
            place = Fraction(i * last, count - 1) if count > 1 else Fraction(0)
        else:
            place = Fraction((2 * i + 1) * len(line), 2 * count) - Fraction(1, 2)
        place = min(max(place, 0), last)
        left = math.floor(place)
        right = min(left + 1, last)
        part = float(place - left)
        result[i] = line[left] * (1 - part) + line[right] * part
    return result


def along_both(image, size, line):
    """`line(pixels, count)` for every column, then for every row."""
    image = np.float64(image)
    columns = [[line(one[:, x], size[0]) for x in range(one.shape[1])] for one in image]
    tall = np.moveaxis(np.array(columns), 1, 2)
    return np.array([[line(row, size[1]) for row in one] for one in tall])


def resize_area(image, size):
    return along_both(image, size, line_area)


def resize_bilinear(image, size, align_corners=False):
    def line(pixels, count):
        return line_bilinear(pixels, count, align_corners)

    return along_both(image, size, line)
