"""Surfaces that garments are cut from: the figure's tights, smoothed and moved out."""

import dataclasses

import numpy as np

from jaxgen.people import figure
from jaxgen.people.mesh import Mesh, surface
from jaxgen.people.noise import lerp, smoothstep

_SPINE = 3


@dataclasses.dataclass(frozen=True)
class Shell:
    """The tights of one body, smoothed to several degrees; garments are cut from it.

    Attributes:
        skin: [m, 3] the tights as they are, metres at rest.
        canonical: [m, 3] the same on the mean body.
        normals: [m, 3] smooth unit normals.
        near: [m, 3] skin after 3 steps of smoothing; `middle` after 9, `far` after 31.
        middle: see `near`.
        far: see `near`.
        arm: [m] 0 on the trunk and legs, 1 on the arms.
        joints: [24, 3] at rest.
        vertices: [10322, 3] all vertices of the figure at rest.
    """

    skin: np.ndarray
    canonical: np.ndarray
    normals: np.ndarray
    near: np.ndarray
    middle: np.ndarray
    far: np.ndarray
    arm: np.ndarray
    joints: np.ndarray
    vertices: np.ndarray


def fit(vertices: np.ndarray) -> Shell:
    """Prepares the figure's tights for cutting; `vertices` [10322, 3] at rest."""
    asset = figure.asset()
    part = asset.tights_range
    skin, canonical = vertices[part], asset.v_template[part]
    raw_normals = figure.vertex_normals(skin, asset.tights - part.start)
    normals = figure.unit(_smoothed(raw_normals, 3))

    def along_normals(points: np.ndarray) -> np.ndarray:
        return skin + ((points - skin) * normals).sum(1, keepdims=True) * normals

    near = _smoothed(skin, 3)
    middle = _smoothed(near, 6)
    far = _smoothed(middle, 22)
    shoulder = smoothstep((np.abs(canonical[:, 0]) - 0.17) / 0.06)
    return Shell(
        skin=skin,
        canonical=canonical,
        normals=normals,
        near=along_normals(near),
        middle=along_normals(middle),
        far=along_normals(far),
        arm=shoulder * (canonical[:, 1] > 0.3),
        joints=figure.joints(vertices),
        vertices=vertices,
    )


def _smoothed(points: np.ndarray, steps: int) -> np.ndarray:
    neighbours = figure.asset().tights_laplacian
    for _ in range(steps):
        points = 0.45 * points + 0.55 * (neighbours @ points)
    return points


def at_least(
    shell: Shell, points: np.ndarray, distance: np.ndarray | float
) -> np.ndarray:
    """Pushes points out along the normals to a least distance from the skin."""
    height = ((points - shell.skin) * shell.normals).sum(1)
    return points + np.maximum(distance - height, 0)[:, None] * shell.normals


def raised(
    shell: Shell, points: np.ndarray, distance: np.ndarray | float
) -> np.ndarray:
    """Moves points out along the normals by a distance."""
    return points + np.broadcast_to(distance, len(points))[:, None] * shell.normals


def from_tights(shell: Shell, points: np.ndarray, material: int, label: int) -> Mesh:
    """Makes a mesh of the tights with their vertices moved to `points`."""
    asset = figure.asset()
    part = asset.tights_range
    return surface(
        points,
        shell.canonical,
        asset.weights[part],
        asset.tights - part.start,
        material=material,
        label=label,
        occlusion=asset.ao[part],
    )


def layer(
    shell: Shell, *, offset: float, looseness: float, sleeve: float, hem: float
) -> np.ndarray:
    """The surface of a top or jacket: wide over the trunk, widening to the cuffs."""
    x, y, _ = shell.canonical.T
    points = lerp(
        shell.near,
        shell.far,
        ((0.7 + 0.3 * looseness) * (1 - shell.arm))[:, None],
    )
    points = lerp(points, shell.middle, 0.6 * shell.arm[:, None])
    to_cuff = shell.arm * smoothstep((np.abs(x) - 0.2) / max(sleeve - 0.2, 0.05))
    distance = offset + 0.006 * looseness + 0.010 * looseness * to_cuff
    points = at_least(shell, raised(shell, points, distance), offset)
    hangs = smoothstep((0.36 - y) / 0.22) * (shell.arm == 0)
    if hem > 0.07:  # Tucked in: gathered again towards the waist.
        hangs = hangs * smoothstep((y - hem) / 0.09)
    return widened(points, 1 + 0.10 * looseness * hangs, shell.joints[_SPINE, 2])


def widened(
    points: np.ndarray, factor: np.ndarray | float, centre: float
) -> np.ndarray:
    """Scales x about 0 and z about `centre`; points [m, 3]."""
    x, y, z = points.T
    return np.stack([x * factor, y, centre + (z - centre) * factor], 1)
