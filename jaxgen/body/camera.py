"""The weak-perspective camera: from metres to pixels, all points at one scale.

The frame of the camera is x right, y down, z away from the viewer, in metres. The root
rotation of `smpl_pose` turns a body into it; SMPL's own files have y up.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

DEPTH_OFFSET = 2.7320508
"""Metres from the eye to z = 0, where the renderer of arXiv:1711.07566 looks from: 1 +
1 / tan(30 degrees). It moves a body to between `near` and `far` of `ops.rasterize` and
changes nothing else, since this camera has no perspective."""


def project(
    points: Float[Array, "b n 3"],
    camera: Float[Array, "b 3"],
    *,
    size: tuple[int, int],
) -> Float[Array, "b n 3"]:
    """Gives the pixel (x, y) and the depth of points: what `ops.rasterize` takes.

    x = scale (X + tx) and y = scale (Y + ty), in units of half the image's height from
    its centre: -1 to 1 in a square image, as arXiv:1712.06584 has it.

    Args:
        points: in the camera's frame.
        camera: (scale, tx, ty).
        size: height and width of the image.

    Returns:
        x and y in pixels, whole numbers are pixel centres; depth in metres from the
        eye, `DEPTH_OFFSET` at z = 0.
    """
    height, width = size
    scale, shift = camera[:, None, :1], camera[:, None, 1:]
    middle = jnp.array([[[width / 2, height / 2]]], points.dtype)
    pixels = scale * (points[..., :2] + shift) * (height / 2) + middle - 0.5
    return jnp.concatenate([pixels, points[..., 2:] + DEPTH_OFFSET], -1)


def from_y_up(points: Float[Array, "b n 3"]) -> Float[Array, "b n 3"]:
    """Turns x left, y up, z forward into x right, y down, z away from the viewer.

    For bodies that stand upright with y up, as in most files of motion. It is half a
    turn about x: the person's left stays left, and faces keep their sense.
    """
    return points * jnp.array([[[1, -1, -1]]], points.dtype)
