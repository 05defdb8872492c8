"""Triangles to pixels: which face is nearest at each pixel centre, and where on it.

Points are (x, y, depth): x and y in pixels, whole numbers are pixel centres, y down;
depth is positive and grows away from the viewer. Faces are counter-clockwise seen from
outside, so those that look at the viewer have a negative signed area in this frame.

Each face is tested at the pixels of its own box. The boxes of all faces of all images
make one list, which is worked off in pieces of one size: no face is too large, and the
work grows with the pixels in the boxes, not with faces times pixels. The list of a body
that fills an image is about a third as long as the image has pixels.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from jaxgen.core.arrays import apply_where_batch_lies

BACKGROUND = -1
"""The face index of a pixel that no face covers."""

INVALID = -2
"""The face index of all pixels of an image that could not be drawn."""

# Pixels tested at once: few enough for the caches of a CPU.
_PIECE = 2**16
_NONE = jnp.iinfo(jnp.int32).max


class Raster(NamedTuple):
    """What is seen at each pixel centre.

    Attributes:
        face_index: the nearest face, `BACKGROUND` where there is none; `INVALID` in the
            whole image when it could not be drawn.
        depth: of that face, `far` where there is none; NaN when `face_index` is
            `INVALID`.
    """

    face_index: Int[Array, "b h w"]
    depth: Float[Array, "b h w"]


def rasterize(
    points: Float[Array, "b n 3"],
    faces: Int[Array, "f 3"],
    *,
    size: tuple[int, int],
    near: float = 0.1,
    far: float = 100.0,
    overdraw: int = 256,
) -> Raster:
    """Finds the nearest face at every pixel centre; no gradient passes.

    As in the renderer of arXiv:1711.07566: a pixel centre on an edge belongs to both
    faces, 1 / depth is linear on a face, at equal depth the lowest face is seen, and
    faces that look away or have no area are not drawn.

    Args:
        points: (x, y, depth) of every vertex.
        faces: vertex indices, counter-clockwise seen from outside.
        size: height and width of the image.
        near: what is not farther is not drawn.
        far: what is not nearer is not drawn.
        overdraw: how many times the boxes of all faces together may cover the image; a
            limit on work that bodies do not reach, not even when seen from very near.
            The images on one device are limited to 2^30 pixels in boxes together.

    Returns:
        What is seen. An image with a point that is not finite, or with more overdraw
        than is allowed, is `INVALID` and NaN everywhere, never half drawn.

    Raises:
        ValueError: when there is no image or no face to draw.
    """
    if not points.shape[0] or not faces.shape[0]:
        raise ValueError(
            f"rasterize: {points.shape[0]} images of {faces.shape[0]} faces; there is "
            "nothing to draw."
        )
    draw = partial(_draw, size=size, near=near, far=far, overdraw=overdraw)
    return apply_where_batch_lies(draw, (lax.stop_gradient(points),), (faces,))


def barycentric(
    points: Float[Array, "b n c"],
    faces: Int[Array, "f 3"],
    face_index: Int[Array, "b h w"],
) -> Float[Array, "b h w 3"]:
    """The weights of a face's corners at the pixel centres where it is seen.

    They sum to 1, and are differentiable in `points`; on a GPU that derivative is added
    up in no fixed order, so equal runs agree to rounding. Background has weights zero,
    and so has a face without area; an `INVALID` image has NaN.

    Args:
        points: (x, y) of every vertex, in pixels; further coordinates are not read.
        faces: vertex indices.
        face_index: of `rasterize`.
    """
    height, width = face_index.shape[1:]
    corners = _at_corners(points[..., :2], faces, face_index)
    x = jnp.arange(width, dtype=points.dtype)[None, None, :]
    y = jnp.arange(height, dtype=points.dtype)[None, :, None]
    areas = jnp.stack(_areas(corners, x, y), -1)
    total = areas.sum(-1, keepdims=True)
    covered = (face_index >= 0)[..., None] & (total != 0)
    weights = jnp.where(covered, areas / jnp.where(covered, total, 1), 0)
    return jnp.where(face_index[..., None] == INVALID, jnp.nan, weights)


def interpolate(
    values: Float[Array, "b n c"],
    faces: Int[Array, "f 3"],
    face_index: Int[Array, "b h w"],
    weights: Float[Array, "b h w 3"],
) -> Float[Array, "b h w c"]:
    """What vertices carry, blended at each pixel; zero on the background.

    Args:
        values: of every vertex.
        faces: vertex indices.
        face_index: of `rasterize`.
        weights: of `barycentric`.
    """
    at_corners = _at_corners(values, faces, face_index)
    return (weights[..., None] * at_corners).sum(-2)


class _Boxes(NamedTuple):
    """The pixels that each face of each image is tested at, row by row, as one list.

    `first` is the place in the list where a face's pixels begin; `total` its length.
    """

    left: Int[Array, " n"]
    top: Int[Array, " n"]
    width: Int[Array, " n"]
    first: Int[Array, " n"]
    total: Int[Array, ""]


def _at_corners(values, faces, face_index):
    """Values [b, h, w, 3, c] of the corners of each pixel's face, any where none is."""
    corners = faces[jnp.maximum(face_index, 0)]
    return jax.vmap(lambda value, corner: value[corner])(values, corners)


def _draw(points, faces, *, size, near, far, overdraw) -> Raster:
    """`rasterize` where the batch is: all images side by side, in one list."""
    corners, images = points[:, faces], points.shape[0]
    boxes, drawable = _boxes(corners, size, overdraw)
    corners, pixels = corners.reshape(-1, 3, 3), images * size[0] * size[1]

    def draw_piece(state):
        begin, depth, face_index = state
        face, x, y, listed = _candidates(boxes, begin)
        found = _depth(corners[face], x, y)
        drawn = listed & (found > near) & (found < far)
        row = face // faces.shape[0] * size[0] + y
        pixel = jnp.where(drawn, row * size[1] + x, pixels)
        nearest = depth.at[pixel].min(found, mode="drop")
        face_index = jnp.where(nearest < depth, _NONE, face_index)
        wins = found == nearest.at[pixel].get(mode="fill")
        pixel = jnp.where(wins, pixel, pixels)
        face_index = face_index.at[pixel].min(face % faces.shape[0], mode="drop")
        return begin + _PIECE, nearest, face_index

    depth = jnp.full(pixels, far, points.dtype)
    state = 0, depth, jnp.full(pixels, _NONE, jnp.int32)
    _, depth, face_index = lax.while_loop(
        lambda state: state[0] < boxes.total, draw_piece, state
    )
    face_index = jnp.where(face_index == _NONE, BACKGROUND, face_index)
    drawable = drawable[:, None, None]
    return Raster(
        jnp.where(drawable, face_index.reshape(images, *size), INVALID),
        jnp.where(drawable, depth.reshape(images, *size), jnp.nan),
    )


def _boxes(
    corners: Float[Array, "b f 3 3"], size: tuple[int, int], overdraw: int
) -> tuple[_Boxes, Bool[Array, " b"]]:
    """The boxes of the faces that look at the viewer, and which images can be drawn."""
    low, high = corners[..., :2].min(2), corners[..., :2].max(2)
    last = jnp.array([[[size[1] - 1, size[0] - 1]]], corners.dtype)
    low = jnp.clip(jnp.ceil(low), 0, last + 1).astype(jnp.int32)
    high = jnp.clip(jnp.floor(high), -1, last).astype(jnp.int32)
    width, height = jnp.unstack(jnp.maximum(high - low + 1, 0), axis=-1)
    area = _signed_area(corners)
    count = jnp.where(area < 0, width * height, 0)
    # Places in the list of all images must stay 32-bit numbers.
    limit = min(overdraw * size[0] * size[1], 2**30 // len(corners))
    drawable = jnp.isfinite(corners).all((1, 2, 3)) & jnp.isfinite(area).all(1)
    drawable &= count.astype(jnp.float32).sum(1) <= limit
    count = jnp.where(drawable[:, None], count, 0).reshape(-1)
    end = jnp.cumsum(count)
    left, top = low[..., 0].reshape(-1), low[..., 1].reshape(-1)
    return _Boxes(left, top, width.reshape(-1), end - count, end[-1]), drawable


def _signed_area(corners: Float[Array, "b f 3 3"]) -> Float[Array, "b f"]:
    """Twice the signed area, negative where a face looks at the viewer."""
    ux, uy, _ = jnp.unstack(corners[:, :, 1] - corners[:, :, 0], axis=-1)
    vx, vy, _ = jnp.unstack(corners[:, :, 2] - corners[:, :, 0], axis=-1)
    return ux * vy - vx * uy


def _candidates(boxes: _Boxes, begin: Int[Array, ""]):
    """A piece of the list: face, x, y, and whether the list is that long."""
    starts = jnp.maximum(boxes.first - begin, 0)
    passed = jnp.zeros(_PIECE, jnp.int32).at[starts].add(1, mode="drop")
    face = jnp.cumsum(passed) - 1
    place = begin + jnp.arange(_PIECE)
    width = jnp.maximum(boxes.width[face], 1)
    row, column = jnp.divmod(place - boxes.first[face], width)
    return face, boxes.left[face] + column, boxes.top[face] + row, place < boxes.total


def _depth(corners: Float[Array, "n 3 3"], x: Int[Array, " n"], y: Int[Array, " n"]):
    """The depth of a face at a pixel centre, infinite where it does not cover it."""
    areas = _areas(corners, x.astype(corners.dtype), y.astype(corners.dtype))
    over_depth = sum(area / corners[:, k, 2] for k, area in enumerate(areas))
    outside = (areas[0] > 0) | (areas[1] > 0) | (areas[2] > 0)
    depth = jnp.where(outside, jnp.inf, sum(areas) / over_depth)
    # It is compared with itself later, so it must not be computed, and rounded, twice.
    return lax.optimization_barrier(depth)


def _areas(corners, x, y):
    """Four times the signed areas between a point and the edges 12, 20 and 01.

    Differences with the point come first, for precision. Each product is taken both
    ways round: whatever multiplications and additions the compiler fuses, two faces get
    opposite values at the edge they share, and no pixel is lost between them.
    """
    u = [corners[..., k, 0] - x for k in range(3)]
    v = [corners[..., k, 1] - y for k in range(3)]
    return [
        (u[j] * v[k] - u[k] * v[j]) - (u[k] * v[j] - u[j] * v[k])
        for j, k in ((1, 2), (2, 0), (0, 1))
    ]
