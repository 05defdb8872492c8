"""Ranges and sizes: bytes to floats and back, area and bilinear resize.

Nowhere else does the range of an image change. Resizes are differentiable in reverse
mode, as often as needed.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, UInt8

# More than float32 loses from a byte to a float and back: without it every fifth byte
# would come back one lower.
_LOST = 1e-4


def from_bytes(image: UInt8[Array, "*shape"]) -> Float[Array, "*shape"]:
    """0..255 to float32 in [-1, 1]."""
    return image.astype(jnp.float32) / 127.5 - 1.0


def to_bytes(image: Float[Array, "*shape"]) -> UInt8[Array, "*shape"]:
    """[-1, 1] to 0..255; what lies outside is clipped, fractions are cut off.

    As the reference does: PG2 truncates, and its published numbers contain that.
    """
    value = (image + 1.0) * 127.5 + _LOST
    return jnp.clip(value, 0.0, 255.0).astype(jnp.uint8)


def resize_area(
    image: Float[Array, "b h w c"], *, size: tuple[int, int]
) -> Float[Array, "b u v c"]:
    """Each pixel of the result is the mean of the area of `image` that it covers.

    Args:
        image: any range.
        size: height and width of the result; any ratio, fractions of pixels count.
    """
    rows, columns = (
        _area(source, count)
        for source, count in zip(image.shape[1:3], size, strict=True)
    )
    return _resize(image, rows, columns)


def resize_bilinear(
    image: Float[Array, "b h w c"],
    *,
    size: tuple[int, int],
    align_corners: bool = False,
) -> Float[Array, "b u v c"]:
    """Each pixel of the result is read between four pixels of `image`.

    When shrinking, pixels in between are skipped: `resize_area` skips none.

    Args:
        image: any range; also points, as of a flow, which keep their unit.
        size: height and width of the result.
        align_corners: whether the centres of the outermost pixels lie on each other, as
            LWGAN's flows need it, or the borders of both images.
    """
    rows, columns = (
        _bilinear(source, count, align_corners)
        for source, count in zip(image.shape[1:3], size, strict=True)
    )
    return _resize(image, rows, columns)


def _area(source: int, count: int) -> np.ndarray:
    """The share of every source pixel in each of `count`: [count, source]."""
    edges = np.linspace(0, source, count + 1)
    start, stop = edges[:-1, None], edges[1:, None]
    left = np.arange(source)
    overlap = np.minimum(stop, left + 1) - np.maximum(start, left)
    # What rounding leaves over would count as a pixel to be read.
    return np.where(overlap > 1e-9, overlap, 0) * count / source


def _bilinear(source: int, count: int, align_corners: bool) -> np.ndarray:
    if align_corners:
        centers = np.linspace(0, source - 1, count)
    else:
        centers = (np.arange(count) + 0.5) * source / count - 0.5
    centers = np.clip(centers, 0, source - 1)[:, None]
    return np.maximum(1 - np.abs(centers - np.arange(source)), 0)


def _resize(image, rows: np.ndarray, columns: np.ndarray):
    wide = image.astype(jnp.promote_types(image.dtype, jnp.float32))
    return _mix(_mix(wide, rows, 1), columns, 2).astype(image.dtype)


def _mix(image, weights: np.ndarray, axis: int):
    """The product of `weights` with an axis of `image`, without its many zeros.

    On a CPU ten times faster than the full product. So is its derivative, the same with
    the weights transposed, which automatic differentiation would turn into a scatter.
    """

    @jax.custom_vjp
    def mix(image):
        return _banded(image, weights, axis)

    mix.defvjp(
        lambda image: (mix(image), None),
        lambda _, cotangent: (_mix(cotangent, weights.T, axis),),
    )
    return mix(image)


def _banded(image, weights: np.ndarray, axis: int):
    """The product, read from the few neighbours in a row whose weights are not zero."""
    used = weights != 0
    first = used.argmax(1)
    reach = (used * (np.arange(used.shape[1]) - first[:, None] + 1)).max()
    index = first[:, None] + np.arange(reach)
    shares = np.take_along_axis(np.pad(weights, ((0, 0), (0, reach))), index, 1)
    shares = shares.astype(image.dtype)
    index = np.minimum(index, weights.shape[1] - 1)
    along = [1] * image.ndim
    along[axis] = -1
    parts = (
        jnp.take(image, index[:, k], axis) * shares[:, k].reshape(along)
        for k in range(reach)
    )
    return sum(parts)
