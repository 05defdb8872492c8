"""Hair tied together: a bun, a pony tail."""

import numpy as np

from jaxgen.people import scalp
from jaxgen.people.mesh import Label, Material, Mesh, grid_faces, rigid_weights, surface
from jaxgen.people.noise import smoothstep

TIED = 4 * np.pi
"""Tied hair has azimuths from here on, so that the painter can tell it apart."""


def _lock(centres: np.ndarray, radii: np.ndarray) -> Mesh:
    """Hair tied together: rings about a line of centres, moving with the head.

    Args:
        centres: [k, 3] from the root to the tip.
        radii: [k, 2] to the side and front to back.
    """
    around = np.linspace(0, 2 * np.pi, 15)
    side, front = radii[:, :1] * np.sin(around), radii[:, 1:] * np.cos(around)
    rings = centres[:, None] + np.stack([side, 0 * side, front], -1)
    points = rings.reshape(-1, 3)
    azimuth = np.broadcast_to(2 * around + TIED, side.shape).ravel()
    return surface(
        points,
        points,
        rigid_weights(len(points), scalp.HEAD),
        grid_faces(*side.shape),
        material=Material.HAIR,
        label=Label.HAIR,
        occlusion=0.85,
        extra=np.stack([azimuth, points[:, 1]], 1),
    )


def _bun(points: np.ndarray) -> Mesh:
    centre = (points[3, 0] + points[5, 0]) / 2 + [0, 0.012, -0.018]
    down = np.linspace(0, np.pi, 11)
    heights = np.stack([0 * down, 0.040 * np.cos(down), 0 * down], 1)
    return _lock(centre + heights, np.sin(down)[:, None] * [0.042, 0.038])


def _pony_tail(points: np.ndarray) -> Mesh:
    """Tied at the back of the head, out a little, then down to the neck."""
    way = np.linspace(0, 1, 13)
    out = 0.016 - 0.060 * np.sin(0.5 * np.pi * np.clip(2.2 * way, 0, 1))
    drop = 0.020 * smoothstep(way / 0.2) - 0.225 * way**1.15
    centres = points[5, 0] + np.stack([0 * way, drop, out + 0.018 * way], 1)
    width = 0.013 + 0.018 * np.sin(np.pi * np.clip(1.15 * way, 0, 1)) - 0.011 * way
    width *= smoothstep((1.02 - way) / 0.25)
    return _lock(centres, width[:, None] * [1.0, 0.95])


TAILS = {"bun": _bun, "pony": _pony_tail}
"""Tied hair by name: points of the scalp on a body -> mesh."""
