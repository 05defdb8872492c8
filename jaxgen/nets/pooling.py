"""Pooling made of strided slices.

XLA turns the gradient of a windowed maximum into a scatter, which took twenty times as
long on a CPU as that of slices; forwards they are no slower. Where several pixels of a
window share the maximum they share its gradient, too; PyTorch gives it to the first.
"""

from collections.abc import Sequence
from functools import reduce

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

_Map = Float[Array, "b h w c"]
_Pooled = Float[Array, "b u v c"]


def max_pool(image: _Map, *, size: int, stride: int, padding: int = 0) -> _Pooled:
    """The largest value of each square window; what does not fill a window is left out.

    Args:
        image: any range.
        size: of a window, in pixels.
        stride: from window to window.
        padding: pixels on each side, which are never the largest.
    """
    sides = ((0, 0), (padding, padding), (padding, padding), (0, 0))
    image = jnp.pad(image, sides, constant_values=-jnp.inf)
    for axis in (1, 2):
        image = reduce(jnp.maximum, _slices(image, axis, size, stride))
    return image


def average_pool(image: _Map, *, size: int, counts_padding: bool) -> _Map:
    """The mean of the square window around each pixel; outside is zero.

    Args:
        image: any range.
        size: of a window, in pixels, odd.
        counts_padding: whether what lies outside counts as pixels, as PyTorch does
            unless told otherwise; TensorFlow divides by the pixels inside.
    """
    side = size // 2
    total = jnp.pad(image, ((0, 0), (side, side), (side, side), (0, 0)))
    for axis in (1, 2):
        total = reduce(jnp.add, _slices(total, axis, size, 1))
    if counts_padding:
        return total / size**2
    rows, columns = (_inside(length, size) for length in image.shape[1:3])
    counts = np.outer(rows, columns)[None, :, :, None]
    return total / jnp.asarray(counts, image.dtype)


def _slices(image: Array, axis: int, size: int, stride: int) -> Sequence[Array]:
    """The first pixel of every window along an axis, the second of every window, ..."""
    last = (image.shape[axis] - size) // stride * stride
    return [
        lax.slice_in_dim(image, start, start + last + 1, stride, axis)
        for start in range(size)
    ]


def _inside(length: int, size: int) -> np.ndarray:
    """How many of the pixels around each lie inside."""
    place, side = np.arange(length), size // 2
    return np.minimum(place + side, length - 1) - np.maximum(place - side, 0) + 1
