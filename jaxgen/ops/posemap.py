"""Keypoints as pictures: a disk per joint, and the area that limbs cover.

Keypoints are (x, y) in pixels, whole numbers are pixel centres, a missing joint is NaN.
Joints are rounded to the nearest pixel first. The reference cuts fractions off, but it
was written for files of whole numbers, where both are the same.
"""

import math

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from jaxgen.ops.morphology import dilate, erode

Keypoints = Float[Array, "b k 2"]


def disks(
    keypoints: Keypoints, *, size: tuple[int, int], radius: int
) -> Float[Array, "b h w k"]:
    """One map per joint: 1 within `radius` pixels of it (border included), else 0.

    Args:
        keypoints: a missing joint gives an empty map; one outside the image whatever
            part of its disk is inside.
        size: height and width of the maps.
        radius: of the disk, in pixels.
    """
    x, y = (c[:, None, None, :] for c in jnp.unstack(_nearest(keypoints), axis=-1))
    rows = jnp.arange(size[0])[None, :, None, None]
    columns = jnp.arange(size[1])[None, None, :, None]
    inside = (rows - y) ** 2 + (columns - x) ** 2 <= radius**2
    return inside.astype(jnp.float32)


def gaussians(
    keypoints: Keypoints, *, size: tuple[int, int], sigma: float
) -> Float[Array, "b h w k"]:
    """One map per joint: `exp(-d^2 / (2 sigma^2))` at distance d from it.

    Not PG2's own maps, but those of most later work on pose transfer.

    Args:
        keypoints: a missing joint gives an empty map.
        size: height and width of the maps.
        sigma: in pixels.
    """
    present = jnp.isfinite(keypoints).all(-1)
    x, y = jnp.unstack(jnp.nan_to_num(_nearest(keypoints)), axis=-1)
    rows = _bell(y, size[0], sigma) * present[:, None]
    return jnp.einsum("bhk,bwk->bhwk", rows, _bell(x, size[1], sigma))


def _bell(center: Float[Array, "b k"], size: int, sigma: float):
    distance = jnp.arange(size, dtype=jnp.float32)[None, :, None] - center[:, None]
    return jnp.exp(-(distance**2) / (2 * sigma**2))


def limb_mask(
    keypoints: Keypoints,
    limbs: tuple[tuple[int, int], ...],
    *,
    size: tuple[int, int],
    radius: int,
    closing: int = 5,
) -> Float[Array, "b h w 1"]:
    """1 where disks stamped along the limbs lie, small holes closed, else 0.

    The pose mask M_B of arXiv:1705.09368, section 3.2, to the pixel as its code draws
    it: disks at both ends of a limb and at about every `radius` pixels between them,
    then a dilation and an erosion. A limb with a missing end draws nothing.

    Args:
        keypoints: of the body to cover.
        limbs: pairs of joint indices.
        size: height and width of the mask.
        radius: of the disks, in pixels.
        closing: side of the square that closes holes.
    """
    centers, present = _stamps(_nearest(keypoints), limbs, size, radius)
    x, y = centers[..., 0], centers[..., 1]
    rows = _one_hot(y, size[0], radius) * present[..., None]
    columns = _one_hot(x, size[1], radius)
    points = jnp.einsum("bnh,bnw->bhw", rows, columns) > 0
    covered = _stamp_disks(points.astype(jnp.float32)[..., None], radius)
    return erode(dilate(covered, size=closing), size=closing)


def _nearest(keypoints: Keypoints) -> Keypoints:
    return jnp.floor(keypoints + 0.5)


def _stamps(
    joints: Keypoints,
    limbs: tuple[tuple[int, int], ...],
    size: tuple[int, int],
    radius: int,
) -> tuple[Int[Array, "b n 2"], Bool[Array, "b n"]]:
    """Disk centres along every limb and which of them count.

    In whole numbers, so that no rounding of a device can move a disk.
    """
    ends = joints[:, np.asarray(limbs)]
    present = jnp.isfinite(ends).all((-1, -2))
    start, end = jnp.unstack(jnp.nan_to_num(ends).astype(jnp.int32), axis=2)
    step = end - start
    squared = (step**2).sum(-1, keepdims=True) // radius**2
    parts = jnp.maximum(jnp.floor(jnp.sqrt(squared + 0.5)), 1).astype(jnp.int32)
    first = _first_inside(start, step, parts, size, radius)
    most = int(np.hypot(*size) / radius) + 8  # In the picture and its margin.
    index = first + jnp.arange(most)[None, None]
    between = step[:, :, None] * index[..., None] // parts[..., None]
    centers = start[:, :, None] + between
    counts = present[..., None] & (index <= parts)
    b, n = counts.shape[0], len(limbs) * most
    return centers.reshape(b, n, 2), counts.reshape(b, n)


def _first_inside(
    start: Int[Array, "b l 2"],
    step: Int[Array, "b l 2"],
    parts: Int[Array, "b l 1"],
    size: tuple[int, int],
    radius: int,
) -> Int[Array, "b l 1"]:
    """The index of a stamp shortly before the limb comes into the picture."""
    last = jnp.array([[size[::-1]]])
    ahead = jnp.where(step > 0, -radius, last + radius) - start
    share = jnp.where(step == 0, 0.0, ahead / jnp.where(step == 0, 1, step))
    first = jnp.floor(parts * share.clip(0, 1).max(-1, keepdims=True)) - 1
    return jnp.maximum(first, 0).astype(jnp.int32)


def _one_hot(index: Int[Array, "b n"], size: int, margin: int) -> Float[Array, "b n s"]:
    places = jnp.arange(-margin, size + margin)[None, None]
    return (index[..., None] == places).astype(jnp.float32)


def _stamp_disks(points: Float[Array, "b u v 1"], radius: int):
    """Puts a disk on every marked point; the margin of `radius` pixels falls away.

    Row by row of the disk: 25 times faster on a CPU than a convolution with it.
    """
    height, width = (side - 2 * radius for side in points.shape[1:3])
    covered = jnp.zeros((points.shape[0], height, width, 1), points.dtype)
    for dy in range(-radius, radius + 1):
        half = math.isqrt(radius**2 - dy**2)
        rows = points[:, radius + dy :][:, :height, radius - half :]
        rows = rows[:, :, : width + 2 * half]
        window = (1, 1, 2 * half + 1, 1)
        row = lax.reduce_window(rows, -jnp.inf, lax.max, window, (1,) * 4, "VALID")
        covered = jnp.maximum(covered, row)
    return covered
