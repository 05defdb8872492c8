"""Pose maps and pose masks one pixel at a time, as PG2's own scripts draw them.

The scripts' limb loop ran under Python 2, where dividing whole numbers rounds down; so
do the divisions here.
"""

import math

import numpy as np


def nearest_pixel(joint):
    """(x, y) as whole numbers, halves upwards; None for a missing joint."""
    if not np.isfinite(joint).all():
        return None
    return tuple(math.floor(float(c) + 0.5) for c in joint)


def stamp_disk(image, x, y, radius):
    """Sets every pixel at most `radius` away from (x, y) that is in the image."""
    height, width = image.shape
    for row in range(max(y - radius, 0), min(y + radius + 1, height)):
        for column in range(max(x - radius, 0), min(x + radius + 1, width)):
            if (row - y) ** 2 + (column - x) ** 2 <= radius**2:
                image[row, column] = 1


def disks(keypoints, size, radius):
    """[h, w, k]: one disk per joint."""
    maps = np.zeros((*size, len(keypoints)), np.float32)
    for k, joint in enumerate(keypoints):
        pixel = nearest_pixel(joint)
        if pixel is not None:
            stamp_disk(maps[:, :, k], *pixel, radius)
    return maps


def gaussians(keypoints, size, sigma):
    """[h, w, k]: one bell per joint."""
    maps = np.zeros((*size, len(keypoints)))
    for k, joint in enumerate(keypoints):
        pixel = nearest_pixel(joint)
        for row in range(size[0] if pixel else 0):
            for column in range(size[1]):
                square = (row - pixel[1]) ** 2 + (column - pixel[0]) ** 2
                maps[row, column, k] = math.exp(-square / (2 * sigma**2))
    return maps


def stamp_limb(image, start, end, radius):
    """Disks at both ends and, on long limbs, at about every `radius` pixels."""
    (x0, y0), (x1, y1) = start, end
    stamp_disk(image, x0, y0, radius)
    stamp_disk(image, x1, y1, radius)
    parts = int(math.sqrt((x1 - x0) ** 2 + (y1 - y0) ** 2) / radius)
    for i in range(1, parts):
        x = x0 + (x1 - x0) * i // parts
        y = y0 + (y1 - y0) * i // parts
        stamp_disk(image, x, y, radius)


def extreme(image, function, side):
    """`function` of the part of a square window that is in the image."""
    padded = np.pad(image, side // 2, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side))
    return function(windows, axis=(-2, -1))


def limb_mask(keypoints, limbs, size, radius, closing=5):
    """[h, w]: limbs with both ends present, then a dilation and an erosion."""
    mask = np.zeros(size, np.float32)
    pixels = [nearest_pixel(joint) for joint in keypoints]
    for start, end in limbs:
        if pixels[start] is not None and pixels[end] is not None:
            stamp_limb(mask, pixels[start], pixels[end], radius)
    return extreme(extreme(mask, np.nanmax, closing), np.nanmin, closing)
