"""Boxes in images: cut out, put back, masks, borders.

A box is (x0, y0, x1, y1) in pixels. Its edges are continuous: pixel i covers i - 0.5 to
i + 0.5, so (-0.5, -0.5, w - 0.5, h - 0.5) is the whole image. A box of NaN, as of a
missing face, gives NaN.
"""

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

# Smaller boxes, in pixels, are read as if they were this wide.
_NARROWEST = 1e-3


def crop(
    image: Float[Array, "b h w c"],
    boxes: Float[Array, "b 4"],
    *,
    size: tuple[int, int],
) -> Float[Array, "b u v c"]:
    """What `image` shows in each box, resized to `size`; outside the image is zero.

    Enlarges bilinearly and shrinks with a triangle as wide as two pixels of the result,
    so nothing is skipped. Differentiable in the image and in the box.

    Args:
        image: any range.
        boxes: one for each image.
        size: height and width of the result.
    """
    outline = _outline(boxes, size, _size(image))
    return _resample(image, boxes, size) * mask(outline, size=size).astype(image.dtype)


def paste(
    image: Float[Array, "b h w c"],
    inset: Float[Array, "b u v c"],
    boxes: Float[Array, "b 4"],
) -> Float[Array, "b h w c"]:
    """`image` with `inset`, resized as by `crop`, in place of what the box covers.

    Pixels covered in part are mixed. Differentiable in all three.

    Args:
        image: any range.
        inset: the same range.
        boxes: where the inset's outline goes.
    """
    size = _size(image)
    outline = _outline(boxes, _size(inset), size)
    covered = mask(boxes, size=size).astype(image.dtype)
    return image + covered * (_resample(inset, outline, size) - image)


def mask(
    boxes: Float[Array, "b 4"], *, size: tuple[int, int]
) -> Float[Array, "b h w 1"]:
    """The share of each pixel, from 0 to 1, that the box covers.

    Args:
        boxes: of any place; one without area covers nothing.
        size: height and width of the mask.
    """
    x0, y0, x1, y1 = jnp.unstack(boxes, axis=-1)
    rows, columns = _covered(y0, y1, size[0]), _covered(x0, x1, size[1])
    return (rows[:, :, None] * columns[:, None, :])[..., None]


def border(image: Float[Array, "b h w c"], *, width: int) -> Float[Array, "b h w c"]:
    """`image` along its border, zero elsewhere: the frame E of arXiv:2203.07293.

    Args:
        image: any range.
        width: of the frame, in pixels.
    """
    rows, columns = (
        np.minimum(np.arange(n), np.arange(n)[::-1]) < width for n in image.shape[1:3]
    )
    frame = rows[:, None] | columns
    return jnp.where(frame[None, :, :, None], image, 0)


def _covered(start, stop, count: int) -> Float[Array, "b n"]:
    """The share of each of `count` pixels in a row between two points."""
    centers = jnp.arange(count, dtype=start.dtype)[None]
    right = jnp.minimum(stop[:, None], centers + 0.5)
    left = jnp.maximum(start[:, None], centers - 0.5)
    return jnp.clip(right - left, 0, 1)


def _size(image) -> tuple[int, int]:
    return image.shape[1], image.shape[2]


def _outline(boxes, size: tuple[int, int], image_size: tuple[int, int]):
    """The box of the whole image, as the crop of `size` would measure it."""
    start, stop = boxes[:, :2], boxes[:, 2:]
    extent, whole = (jnp.array([s[::-1]], boxes.dtype) for s in (size, image_size))
    scale = extent / jnp.maximum(stop - start, _NARROWEST)
    ends = [(end - start) * scale - 0.5 for end in (-0.5, whole - 0.5)]
    return jnp.concatenate(ends, -1)


def _resample(image, boxes, size: tuple[int, int]):
    """As `crop`, but outside the image its border goes on."""
    x0, y0, x1, y1 = jnp.unstack(boxes, axis=-1)
    rows = _triangles(y0, y1, image.shape[1], size[0])
    columns = _triangles(x0, x1, image.shape[2], size[1])
    exact = lax.Precision.HIGHEST
    mixed = jnp.einsum("buh,bhwc->buwc", rows, image, precision=exact)
    mixed = jnp.einsum("bvw,buwc->buvc", columns, mixed, precision=exact)
    return mixed.astype(image.dtype)


def _triangles(start, stop, source: int, count: int) -> Float[Array, "b count source"]:
    """The share of every source pixel in `count` pixels from `start` to `stop`."""
    step = jnp.maximum(stop - start, _NARROWEST)[:, None] / count
    centers = start[:, None] + (jnp.arange(count, dtype=step.dtype) + 0.5)[None] * step
    centers = jnp.clip(centers, -0.5, source - 0.5)[..., None]
    distance = jnp.abs(centers - jnp.arange(source, dtype=step.dtype)[None, None])
    weights = jnp.maximum(1 - distance / jnp.maximum(step, 1)[..., None], 0)
    return weights / weights.sum(-1, keepdims=True)
