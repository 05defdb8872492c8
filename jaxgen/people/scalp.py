"""The scalp: a grid of points on the head, with more rows hanging below it.

Columns run around the head from the back over the person's right, the front and the
left to the back again; rows run down from the crown, first over the head, then hanging
to the chest. A point is named by its azimuth (radians, 0 in front, positive to the
person's left) and its canonical height y (metres; crown .78, nape .60).
"""

import dataclasses
import functools

import numpy as np

from jaxgen.people import figure
from jaxgen.people.mesh import Mesh, surface
from jaxgen.people.noise import lerp, smoothstep

HEAD = 15
_CHEST = 9


@dataclasses.dataclass(frozen=True)
class Grid:
    """The grid on the mean head.

    Attributes:
        canonical: [rows, columns, 3] metres.
        weights: [rows, columns, 24] skinning weights.
        azimuth: [rows, columns] radians.
        height: [rows, columns] metres.
        head_rows: how many rows lie on the head; the others hang.
    """

    canonical: np.ndarray
    weights: np.ndarray
    azimuth: np.ndarray
    height: np.ndarray
    head_rows: int

    @property
    def degrees(self) -> np.ndarray:
        """Absolute azimuth in degrees, [rows, columns]: 0 in front, 180 behind."""
        return np.abs(np.degrees(self.azimuth))


@functools.cache
def grid() -> Grid:
    """Gives the grid on the mean head."""
    asset = figure.asset()
    head_rows, _, columns = asset.hair_grid
    canonical = on_body(asset.v_template)
    height = canonical[..., 1]
    corners = asset.weights[asset.hair_base[:head_rows]]
    on_head = (corners * asset.hair_bary[:head_rows, ..., None]).sum(-2)
    return Grid(
        canonical=canonical,
        weights=np.concatenate([on_head, _hanging_weights(height[head_rows:])]),
        azimuth=np.broadcast_to(np.linspace(-np.pi, np.pi, columns + 1), height.shape),
        height=height,
        head_rows=head_rows,
    )


def _hanging_weights(height: np.ndarray) -> np.ndarray:
    """Hanging hair follows the head above; below, more than half of it the chest."""
    with_head = lerp(0.4125, 1.0, smoothstep((height - 0.44) / 0.12))
    weights = np.zeros((*height.shape, 24))
    weights[..., HEAD], weights[..., _CHEST] = with_head, 1 - with_head
    return weights


def on_body(vertices: np.ndarray) -> np.ndarray:
    """Places the grid on a body: vertices [10322, 3] -> [rows, columns, 3]."""
    asset = figure.asset()
    corners = vertices[asset.hair_base]
    return (corners * asset.hair_bary[..., None]).sum(-2) + asset.hair_off


def shell(
    points: np.ndarray, thickness: np.ndarray, *, material: int, label: int, occlusion
) -> Mesh:
    """Makes a mesh of the grid, moved out along its rays.

    Args:
        points: [rows, columns, 3] from `on_body`.
        thickness: [rows, columns] metres.
        material: of all faces.
        label: of all faces.
        occlusion: [rows, columns] or one for all.
    """
    here = grid()
    outwards = thickness[..., None] * figure.asset().hair_dir
    return surface(
        (points + outwards).reshape(-1, 3),
        (here.canonical + outwards).reshape(-1, 3),
        here.weights.reshape(-1, 24),
        figure.asset().hair_faces,
        material=material,
        label=label,
        occlusion=np.broadcast_to(occlusion, here.height.shape).ravel(),
        extra=np.stack([here.azimuth, here.height], -1).reshape(-1, 2),
    )
