"""SSIM one pixel at a time, from the windows themselves."""

import math

import numpy as np


def reflected(index, length):
    """The pixel that stands for one outside: d c b a | a b c d | d c b a."""
    index %= 2 * length
    return index if index < length else 2 * length - 1 - index


def gaussian_weights(sigma, truncate):
    """Weights of one axis, which sum to 1."""
    reach = int(truncate * sigma + 0.5)
    weights = [math.exp(-(i**2) / (2 * sigma**2)) for i in range(-reach, reach + 1)]
    return [w / sum(weights) for w in weights]


def mean_at(image, row, column, weights):
    """The weighted mean of a neighbourhood."""
    reach, total = len(weights) // 2, 0.0
    for i, a in enumerate(weights):
        for j, b in enumerate(weights):
            y = reflected(row + i - reach, image.shape[0])
            x = reflected(column + j - reach, image.shape[1])
            total += a * b * image[y, x]
    return total


def ssim(image, target, weights, border, correction, data_range):
    """Of one channel, [h, w]."""
    x, y = image.astype(float), target.astype(float)
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    total, count = 0.0, 0
    for row in range(border, x.shape[0] - border):
        for column in range(border, x.shape[1] - border):
            at = (row, column, weights)
            mx, my = mean_at(x, *at), mean_at(y, *at)
            vx = correction * (mean_at(x * x, *at) - mx**2)
            vy = correction * (mean_at(y * y, *at) - my**2)
            vxy = correction * (mean_at(x * y, *at) - mx * my)
            above = (2 * mx * my + c1) * (2 * vxy + c2)
            total += above / ((mx**2 + my**2 + c1) * (vx + vy + c2))
            count += 1
    return total / count


def mean_of_channels(image, target, *options):
    """`ssim` of [h, w, c]."""
    channels = range(image.shape[2])
    return np.mean([ssim(image[..., c], target[..., c], *options) for c in channels])
