"""Resampling and its convolutions from their definitions, one pixel at a time.

Maps are [b, h, w, c], weights [p, q, i, o]; everything is computed in float64.
"""

import numpy as np

BLUR = np.array([1, 3, 3, 1]) / 8


def insert_zeros(image, up):
    """Every pixel is followed by `up - 1` zeros, on both axes."""
    b, h, w, c = image.shape
    out = np.zeros((b, h * up, w * up, c))
    for y in range(h):
        for x in range(w):
            out[:, y * up, x * up] = image[:, y, x]
    return out


def pad(image, before, after):
    """Zeros around the image; negative numbers cut off."""
    more = [(0, 0), *[(max(before, 0), max(after, 0))] * 2, (0, 0)]
    padded = np.pad(image, more)
    h, w = padded.shape[1:3]
    begin, end = max(-before, 0), max(-after, 0)
    return padded[:, begin : h - end, begin : w - end]


def upfirdn2d(image, taps, up=1, down=1, padding=(0, 0)):
    """Zeros, padding, true convolution, every `down`-th pixel."""
    z = pad(insert_zeros(np.asarray(image, np.float64), up), *padding)
    t = len(taps)
    rows = range(0, z.shape[1] - t + 1, down)
    columns = range(0, z.shape[2] - t + 1, down)
    out = np.zeros((z.shape[0], len(rows), len(columns), z.shape[3]))
    for i, y in enumerate(rows):
        for j, x in enumerate(columns):
            for p in range(t):
                for q in range(t):
                    pixel = z[:, y + t - 1 - p, x + t - 1 - q]
                    out[:, i, j] += taps[p] * taps[q] * pixel
    return out


def transposed_convolution(image, weight):
    """Stride 2: each pixel puts down a weighted copy of itself, and copies add up."""
    b, h, w, _ = image.shape
    out = np.zeros((b, 2 * h + 1, 2 * w + 1, weight.shape[3]))
    for y in range(h):
        for x in range(w):
            for p in range(3):
                for q in range(3):
                    out[:, 2 * y + p, 2 * x + q] += image[:, y, x] @ weight[p, q]
    return out


def strided_convolution(image, weight):
    """Stride 2, no padding, the weight not turned round."""
    rows, columns = (range(0, side - 2, 2) for side in image.shape[1:3])
    out = np.zeros((image.shape[0], len(rows), len(columns), weight.shape[3]))
    for i, y in enumerate(rows):
        for j, x in enumerate(columns):
            for p in range(3):
                for q in range(3):
                    out[:, i, j] += image[:, y + p, x + q] @ weight[p, q]
    return out


def upsample(image):
    """Twice the size; the filter makes up for the zeros."""
    return upfirdn2d(image, 2 * BLUR, up=2, padding=(2, 1))


def downsample(image):
    """Half the size."""
    return upfirdn2d(image, BLUR, down=2, padding=(1, 1))


def up_convolution(image, weight):
    """Transposed convolution to 2h + 1, then the filter to 2h."""
    image, weight = np.asarray(image, np.float64), np.asarray(weight, np.float64)
    return upfirdn2d(transposed_convolution(image, weight), 2 * BLUR, padding=(1, 1))


def down_convolution(image, weight):
    """The filter to h + 1, then every second place of a convolution."""
    image, weight = np.asarray(image, np.float64), np.asarray(weight, np.float64)
    return strided_convolution(upfirdn2d(image, BLUR, padding=(2, 2)), weight)
