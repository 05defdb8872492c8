"""Hats: shells over the head, and the peak of a cap."""

import numpy as np

from jaxgen.people import figure, scalp
from jaxgen.people.mesh import (
    Label,
    Material,
    Mesh,
    cut,
    double_sided,
    grid_faces,
    rigid_weights,
    surface,
)
from jaxgen.people.noise import smoothstep

_RIM = {
    "cap": ([0, 60, 100, 180], [0.722, 0.712, 0.690, 0.672]),
    "beanie": ([0, 60, 95, 180], [0.728, 0.700, 0.676, 0.645]),
}
_OCCLUSION = 0.9


def hat_mesh(kind: str, vertices: np.ndarray) -> list[Mesh]:
    """Makes a hat.

    Args:
        kind: "cap" or "beanie".
        vertices: [10322, 3] the person's figure at rest.
    """
    grid, points = scalp.grid(), scalp.on_body(vertices)
    rows = np.arange(len(grid.height))[:, None]
    thickness = np.full(grid.height.shape, 0.020)
    if kind == "beanie":
        thickness = 0.019 + 0.012 * smoothstep((grid.height - 0.74) / 0.04)
    thickness = np.where(rows < grid.head_rows + 2, thickness, 0.0)
    mesh = scalp.shell(
        points,
        thickness,
        material=Material.HAT,
        label=Label.HAIR,
        occlusion=_OCCLUSION,
    )
    over_rim = grid.height - np.interp(grid.degrees, *_RIM[kind])
    field = np.where(rows < grid.head_rows + 3, over_rim, -1.0)
    meshes = [double_sided(cut(mesh, field.ravel()))]
    if kind == "cap":
        outside = points + thickness[..., None] * figure.asset().hair_dir
        meshes.append(_peak(outside))
    return meshes


def _peak(cap: np.ndarray) -> Mesh:
    """The peak: a fan of 58 degrees to both sides of the front, a little hollow."""
    grid = scalp.grid()
    azimuth = np.radians(np.linspace(-58, 58, 15))
    front = grid.height[: grid.head_rows + 2, grid.height.shape[1] // 2]
    row = np.abs(front - _RIM["cap"][1][0]).argmin()
    rim = np.stack(
        [np.interp(azimuth, grid.azimuth[row], cap[row, :, axis]) for axis in range(3)],
        -1,
    )
    out = np.linspace(0, 1, 5)[:, None]
    forward = 0.068 * np.cos(1.45 * azimuth) * out
    up = 0.004 - 0.016 * np.cos(azimuth) * out**2
    points = (rim + np.stack([0 * forward, up, forward], -1)).reshape(-1, 3)
    mesh = surface(
        points,
        points,
        rigid_weights(len(points), scalp.HEAD),
        grid_faces(len(out), len(azimuth)),
        material=Material.HAT,
        label=Label.HAIR,
        occlusion=_OCCLUSION,
    )
    return double_sided(mesh)
