"""Reads images at points: bilinear between four pixels, zero outside.

Points are (x, y) in pixels; whole numbers are pixel centres, (0, 0) is that of the top
left pixel. Other frames are turned into this one by the functions named for it.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from jaxgen.core.arrays import apply_where_batch_lies


def warp(
    image: Float[Array, "b h w c"], points: Float[Array, "b u v 2"]
) -> Float[Array, "b u v c"]:
    """`image` read at `points`, bilinearly; everything outside the image is zero.

    Differentiable in both arguments as often as needed, in reverse mode only. At whole
    numbers, where bilinear interpolation has a kink, the derivative is the one to the
    right and downwards, as torch's is. On a GPU the derivative to `image` is added up
    in no fixed order: equal runs agree to rounding there, not to the bit.

    Args:
        image: any range; the result has the same, and the same type. Finite: NaN may
            come out at points outside as well.
        points: (x, y) in pixels. Float32 also where `image` is bfloat16, which knows no
            fractions of a pixel from 128 on. NaN gives NaN.
    """
    return apply_where_batch_lies(_warp, (image, points))


def pixels_from_unit(
    points: Float[Array, "b u v 2"],
    *,
    size: tuple[int, int],
    align_corners: bool = False,
) -> Float[Array, "b u v 2"]:
    """Points of an image from -1 to 1, as torch's `grid_sample` has them, in pixels.

    Args:
        points: (x, y) in units of half the image, from its centre.
        size: height and width of the image that is read.
        align_corners: whether -1 and 1 are the centres of the outermost pixels (always
            so in torch before 1.3) or the borders of the image.
    """
    height, width = size
    extents = (width - 1, height - 1) if align_corners else (width, height)
    axes = zip(jnp.unstack(points, axis=-1), extents, (width, height), strict=True)
    pixels = [(units * extent + count - 1) / 2 for units, extent, count in axes]
    return jnp.stack(pixels, -1)


def affine_points(
    matrix: Float[Array, "*k 2 3"], *, size: tuple[int, int]
) -> Float[Array, "*k u v 2"]:
    """The points at which an affinely transformed picture reads its original.

    Args:
        matrix: takes (x, y, 1) of a pixel of the result to (x, y) in the original, both
            in pixels.
        size: height and width of the result.
    """
    shape = (*matrix.shape[:-2], *size)
    x, y = (lax.broadcasted_iota(matrix.dtype, shape, len(shape) - i) for i in (1, 2))
    # Not a matrix product: those round coordinates to bfloat16 on a TPU.
    axes = jnp.unstack(matrix[..., None, None], axis=-4)
    points = [a[..., 0, :, :] * x + a[..., 1, :, :] * y + a[..., 2, :, :] for a in axes]
    return jnp.stack(points, -1)


class _Tap(NamedTuple):
    """One of the four pixels about each point.

    Attributes:
        index: of the pixel, row by row; one past the last where it is outside.
        weight: its share of the result.
        slopes: the derivatives of `weight` by x and y.
    """

    index: Int[Array, "*b u v"]
    weight: Float[Array, "*b u v"]
    slopes: tuple[Float[Array, "*b u v"], Float[Array, "*b u v"]]


def _taps(points: Float[Array, "b u v 2"], size: tuple[int, int]) -> list[_Tap]:
    x, y = points[..., 0], points[..., 1]
    left, top = jnp.floor(x), jnp.floor(y)
    columns = ((left, left + 1 - x, -1.0), (left + 1, x - left, 1.0))
    rows = ((top, top + 1 - y, -1.0), (top + 1, y - top, 1.0))
    return [_tap(row, column, size) for row in rows for column in columns]


def _tap(row: tuple, column: tuple, size: tuple[int, int]) -> _Tap:
    """Of a row and a column, each with its share and the derivative of that."""
    (y, y_share, y_slope), (x, x_share, x_slope) = row, column
    height, width = size
    # NaN is not outside: it has to come out as NaN.
    outside = (y < 0) | (y >= height) | (x < 0) | (x >= width)
    y = jnp.clip(y, 0, height - 1).astype(jnp.int32)
    x = jnp.clip(x, 0, width - 1).astype(jnp.int32)
    shares = (x_share * y_share, x_slope * y_share, x_share * y_slope)
    weight, by_x, by_y = (jnp.where(outside, 0.0, share) for share in shares)
    index = jnp.where(outside, height * width, y * width + x)
    return _Tap(index, weight, (by_x, by_y))


@jax.custom_vjp
def _warp(image, points):
    # Outside the loop: within it they would be found again for every channel.
    taps = _taps(points, image.shape[1:3])
    pairs = [(tap.index, tap.weight) for tap in taps]
    # For 256 x 256 x 64 a TPU's compiler expects of all images at once twice the time
    # of one by one, and ten times the memory; a CPU shares them out among its cores.
    return lax.platform_dependent(
        image, pairs, tpu=_one_by_one(_blend), default=jax.vmap(_blend)
    )


def _one_by_one(function: Callable) -> Callable:
    """`function` of one image for a batch of them, in a loop."""
    return lambda *batch: lax.map(lambda one: function(*one), batch)


def _blend(image: Float[Array, "h w c"], pairs: list) -> Float[Array, "u v c"]:
    """The sum of pixels times weights, for pairs of their indices and weights."""
    parts = [weight[..., None] * _pixels(image, index) for index, weight in pairs]
    return sum(parts[1:], parts[0]).astype(image.dtype)


def _pixels(image, index):
    """Outside, where the weight is zero, the last pixel: zero takes a CPU longer."""
    return image.reshape(-1, image.shape[-1]).at[index].get(mode="clip")


def _forward(image, points):
    return _warp(image, points), (image, points)


def _backward(kept, cotangent):
    """Written by hand: the automatic one adds up four images where one is enough."""
    image, points = kept
    taps = _taps(points, image.shape[1:3])
    cotangent = cotangent.astype(jnp.promote_types(image.dtype, points.dtype))
    by_image, by_points = _one_by_one(_pull_back)(image, taps, cotangent)
    return by_image, by_points.astype(points.dtype)


def _pull_back(image, taps, cotangent):
    """What the cotangent of one result means for its image and its points."""
    by_pixel = jnp.zeros((image[..., 0].size, image.shape[-1]), cotangent.dtype)
    by_point = jnp.zeros((*cotangent.shape[:-1], 2), cotangent.dtype)
    for index, weight, slopes in taps:
        by_pixel = by_pixel.at[index].add(weight[..., None] * cotangent, mode="drop")
        by_weight = _sum_of_channels(_pixels(image, index) * cotangent)
        by_point += by_weight * jnp.stack(slopes, -1)
    return by_pixel.reshape(image.shape).astype(image.dtype), by_point


def _sum_of_channels(x):
    """As a product with ones: on a CPU in half the time, or less for few channels."""
    ones = jnp.ones((x.shape[-1], 1), x.dtype)
    return jnp.dot(x, ones, precision=lax.Precision.HIGHEST)


_warp.defvjp(_forward, _backward)
