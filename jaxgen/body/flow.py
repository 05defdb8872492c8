"""Flow between two pictures of one body: where each target pixel was in the source."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from jaxgen.ops.rasterize import barycentric, interpolate

_NOWHERE = -2.0
"""In units where the image is -1 to 1: far enough outside that a warp finds nothing."""


def transformation_flow(
    source_points: Float[Array, "b n c"],
    target_points: Float[Array, "b n d"],
    faces: Int[Array, "f 3"],
    face_index: Int[Array, "b h w"],
) -> Float[Array, "b h w 2"]:
    """Gives the source point of every target pixel; images have one size.

    The flow T of arXiv:1909.12224, section 3.1, for each pixel: the point of the body
    that the pixel shows, wherever it lies in the source, hidden or not. Differs from
    the paper, which takes one point for a whole face; the published code does as here.
    Differentiable in both sets of points.

    Args:
        source_points: (x, y) of every vertex in the source image, in pixels; further
            coordinates are not read.
        target_points: the same in the target image.
        faces: vertex indices.
        face_index: of the target, by `ops.rasterize`.

    Returns:
        (x, y) in pixels of the source. Background comes from outside, half an image to
        the left of it and above; an image that could not be drawn is NaN.
    """
    weights = barycentric(target_points, faces, face_index)
    points = interpolate(source_points[..., :2], faces, face_index, weights)
    height, width = face_index.shape[1:]
    side = jnp.array([[[[width, height]]]], points.dtype)
    nowhere = ((_NOWHERE + 1) * side - 1) / 2
    return jnp.where((weights == 0).all(-1, keepdims=True), nowhere, points)
