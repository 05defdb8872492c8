"""A grid over the scalp and down the back, tied to the body under it.

Rows go down, columns around: the first and the last are at the back, the middle one is
in front. Each point is a barycentric point of a body triangle plus an offset, so the
grid follows betas for free.
"""

from typing import NamedTuple

import numpy as np

_CENTRE = np.array([0, 0.672, 0.022])  # of the head, metres
_AXIS_Z = 0.012  # of the upright axis that hanging rows turn about
_ELEVATIONS = np.radians(np.linspace(90, -8, 11))
_AZIMUTHS = np.linspace(-np.pi, np.pi, 41)  # 0 in front, pi / 2 at the left
_HANGING_ROWS = 18
_ROW_DROP = 0.0255
_TRUNK_AND_HEAD = (0, 3, 6, 9, 12, 13, 14, 15)


class HairGrid(NamedTuple):
    """Points [29, 41] of the grid and the triangles between them."""

    base: np.ndarray  # [rows, columns, 3] body vertices
    barycentric: np.ndarray  # [rows, columns, 3] their weights, sum 1
    offset: np.ndarray  # [rows, columns, 3] metres from there to the point
    direction: np.ndarray  # [rows, columns, 3] unit rays outwards
    faces: np.ndarray  # [f, 3] over the flattened grid
    layout: tuple[int, int, int]  # rows on the head, rows hanging, columns less one


class _Hits(NamedTuple):
    distance: np.ndarray  # [n], nan where nothing was hit
    base: np.ndarray  # [n, 3]
    barycentric: np.ndarray  # [n, 3]


def hair_grid(
    vertices: np.ndarray, faces: np.ndarray, joint: np.ndarray, neck: float
) -> HairGrid:
    """Lays the grid over the mean body.

    Args:
        vertices: [n, 3] T-pose, metres.
        faces: [f, 3].
        joint: [n] the joint each vertex follows most.
        neck: height of the neck's joint; below it hair lies on the trunk.
    """
    scalp = faces[_bears_hair(vertices, faces, joint)]
    head = _head_rows(vertices, scalp)
    hanging = _hanging_rows(vertices, scalp, head, neck)
    base, barycentric, points, direction = (
        np.concatenate([above, below])
        for above, below in zip(head, hanging, strict=True)
    )
    under = (vertices[base] * barycentric[..., None]).sum(-2)
    layout = (len(_ELEVATIONS), _HANGING_ROWS, len(_AZIMUTHS) - 1)
    return HairGrid(
        base,
        barycentric,
        points - under,
        direction,
        _grid_faces(*base.shape[:2]),
        layout,
    )


def _bears_hair(vertices, faces, joint) -> np.ndarray:
    """Faces of head and trunk without the ears."""
    x, y, _ = vertices[faces].transpose(2, 0, 1)
    ears = (np.abs(x).max(1) > 0.074) & (y.mean(1) > 0.6)
    return np.isin(joint, _TRUNK_AND_HEAD)[faces].all(1) & ~ears


def _rays(elevation: float) -> np.ndarray:
    """Unit vectors [41, 3] around the head."""
    cosine, sine = np.cos(elevation), np.sin(elevation)
    return np.stack(
        [
            np.sin(_AZIMUTHS) * cosine,
            np.full(len(_AZIMUTHS), sine),
            np.cos(_AZIMUTHS) * cosine,
        ],
        axis=1,
    )


def _head_rows(vertices, faces):
    """Where rays from the head's centre leave it, row by row: base, ..., direction."""
    rows = []
    for elevation in _ELEVATIONS:
        rays = _rays(elevation)
        hits = _cast(np.broadcast_to(_CENTRE, rays.shape), rays, vertices, faces)
        # Where the ear was taken away the radius comes from both sides of the gap.
        hit = np.flatnonzero(~np.isnan(hits.distance))
        columns = np.arange(len(rays))
        nearest = hit[np.abs(columns[:, None] - hit).argmin(1)]
        distance = np.interp(_AZIMUTHS, _AZIMUTHS[hit], hits.distance[hit])
        points = _CENTRE + distance[:, None] * rays
        rows.append((hits.base[nearest], hits.barycentric[nearest], points, rays))
    return [np.stack(column) for column in zip(*rows, strict=True)]


def _hanging_rows(vertices, faces, head, neck: float):
    """Rows straight below the last one of the head, held off the neck and the trunk."""
    base, barycentric, above, _ = (rows[-1] for rows in head)
    rays = _rays(0.0)
    rows = []
    for _ in range(_HANGING_ROWS):
        axis = np.zeros(rays.shape)
        axis[:, 1], axis[:, 2] = above[:, 1] - _ROW_DROP, _AXIS_Z
        hits = _cast(axis, rays, vertices, faces)
        trunk = np.nan_to_num(hits.distance, nan=0.0)
        before = np.hypot(above[:, 0], above[:, 2] - _AXIS_Z)
        radius = np.minimum(np.maximum(trunk, 0.985 * before), before + 0.012)
        points = axis + radius[:, None] * rays
        on_trunk = (radius - hits.distance < 0.03) & (points[:, 1] < neck + 0.02)
        rows.append(
            (
                np.where(on_trunk[:, None], hits.base, base),
                np.where(on_trunk[:, None], hits.barycentric, barycentric),
                points,
                rays,
            )
        )
        above = points
    return [np.stack(column) for column in zip(*rows, strict=True)]


def _cast(origins, rays, vertices, faces) -> _Hits:
    """The farthest face each ray [n, 3] goes through (Moeller and Trumbore 1997)."""
    corner, edge1, edge2 = (
        vertices[faces[:, 0]],
        vertices[faces[:, 1]] - vertices[faces[:, 0]],
        vertices[faces[:, 2]] - vertices[faces[:, 0]],
    )
    across = np.cross(rays[:, None], edge2)  # [n, f, 3]
    volume = (edge1 * across).sum(-1)
    volume = np.where(np.abs(volume) < 1e-14, 1e-14, volume)
    start = origins[:, None] - corner
    around = np.cross(start, edge1)
    u = (start * across).sum(-1) / volume
    v = (rays[:, None] * around).sum(-1) / volume
    distance = (edge2 * around).sum(-1) / volume
    inside = (u >= -1e-6) & (v >= -1e-6) & (u + v <= 1 + 1e-6) & (distance > 1e-4)
    distance = np.where(inside, distance, -np.inf)

    face = distance.argmax(1)
    ray = np.arange(len(rays))
    u, v, distance = u[ray, face], v[ray, face], distance[ray, face]
    return _Hits(
        np.where(np.isinf(distance), np.nan, distance),
        faces[face],
        np.stack([1 - u - v, u, v], axis=1),
    )


def _grid_faces(rows: int, columns: int) -> np.ndarray:
    """Two triangles per cell of a grid, counter-clockwise from outside."""
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    lower, upper = np.stack([a, b, c], -1), np.stack([a, c, d], -1)
    return np.concatenate([lower.reshape(-1, 3), upper.reshape(-1, 3)])
