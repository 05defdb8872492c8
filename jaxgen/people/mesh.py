"""Surfaces to be drawn: what a vertex carries, how a surface is cut, doubled, joined.

A garment is a surface plus a scalar field over its vertices; `cut` keeps the part where
the field is not negative. Triangles that the field crosses are split there, so a hem is
a smooth curve whatever the triangles are, and needs no transparency. All lengths are
metres; x points to the person's left, y up, z forward.
"""

import dataclasses
import enum
from collections.abc import Callable, Sequence

import numpy as np

_VERTEX_FIELDS = ("rest", "canonical", "occlusion", "extra", "weights")
_JOINTS = 24


class Material(enum.IntEnum):
    """What a face is made of; decides its colour and its gloss."""

    SKIN = 0
    EYE = 1
    HAIR = 2
    TOP = 3
    TROUSERS = 4
    SKIRT = 5
    SHOE = 6
    SOCK = 7
    JACKET = 8
    COLLAR = 9
    STOOL = 10
    HAT = 11
    SPECTACLES = 12
    BAG = 13
    LAPEL = 14


class Label(enum.IntEnum):
    """The parsing classes of SPT (arXiv:1904.03379); left is the person's left.

    A hat counts as hair and spectacles as face, as the merge of the LIP classes has it.
    A bag counts as upper clothes: it moves with the person, so the mask must hold it.
    """

    BACKGROUND = 0
    FACE = 1
    HAIR = 2
    UPPER = 3
    TROUSERS = 4
    SKIRT = 5
    LEFT_ARM = 6
    RIGHT_ARM = 7
    LEFT_LEG = 8
    RIGHT_LEG = 9


@dataclasses.dataclass(frozen=True)
class Mesh:
    """Triangles at rest (T-pose) with all that drawing them asks for.

    Attributes:
        rest: [n, 3] vertices of this body, metres.
        canonical: [n, 3] the same points on the mean body; patterns and cuts read
            these, so they sit alike on every body.
        occlusion: [n] share of the sky that is seen, 0..1.
        extra: [n, 2] surface coordinates where the canonical ones do not do: azimuth
            in radians and way along the strands in metres on hair, azimuth and height
            on hats, nothing and the way down (0..1) on skirts, place across and up
            (-1..1) on bags; zero elsewhere.
        weights: [n, 24] skinning weights, rows sum to 1.
        faces: [f, 3] vertex indices, counter-clockwise seen from outside.
        material: [f] values of `Material`.
        label: [f] values of `Label`.
    """

    rest: np.ndarray
    canonical: np.ndarray
    occlusion: np.ndarray
    extra: np.ndarray
    weights: np.ndarray
    faces: np.ndarray
    material: np.ndarray
    label: np.ndarray


def surface(
    rest: np.ndarray,
    canonical: np.ndarray,
    weights: np.ndarray,
    faces: np.ndarray,
    *,
    material: np.ndarray | int,
    label: np.ndarray | int,
    occlusion: np.ndarray | float = 1.0,
    extra: np.ndarray | None = None,
) -> Mesh:
    """Makes a `Mesh`; `occlusion` per vertex or one for all, the rest of `Mesh` alike.

    `material` and `label` are one for all faces or one per face.
    """
    num_vertices, num_faces = len(rest), len(faces)
    return Mesh(
        rest=np.asarray(rest),
        canonical=np.asarray(canonical),
        occlusion=np.broadcast_to(np.asarray(occlusion, float), num_vertices),
        extra=np.zeros((num_vertices, 2)) if extra is None else extra,
        weights=np.asarray(weights),
        faces=np.asarray(faces),
        material=np.broadcast_to(np.asarray(material, np.int64), num_faces),
        label=np.broadcast_to(np.asarray(label, np.int64), num_faces),
    )


def rigid_weights(num_vertices: int, joint: int) -> np.ndarray:
    """Skinning weights [n, 24] of something that moves with one joint."""
    weights = np.zeros((num_vertices, _JOINTS))
    weights[:, joint] = 1.0
    return weights


def grid_faces(rows: int, columns: int) -> np.ndarray:
    """Two triangles for every cell of a grid of vertices stored row by row.

    Returns:
        [2 (rows - 1) (columns - 1), 3], counter-clockwise seen from the side where rows
        run down and columns run to the right.
    """
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    lower, upper = np.stack([a, b, c], -1), np.stack([a, c, d], -1)
    return np.concatenate([lower.reshape(-1, 3), upper.reshape(-1, 3)])


def select(mesh: Mesh, faces: np.ndarray) -> Mesh:
    """Keeps the chosen faces (a mask or indices) and all vertices."""
    return dataclasses.replace(
        mesh,
        faces=mesh.faces[faces],
        material=mesh.material[faces],
        label=mesh.label[faces],
    )


def with_label(mesh: Mesh, label: np.ndarray) -> Mesh:
    """Replaces the labels; `label` [f]."""
    return dataclasses.replace(mesh, label=np.asarray(label, np.int64))


def side(mesh: Mesh, left: int, right: int) -> np.ndarray:
    """`left` where a face lies at x > 0 on the mean body, else `right`; [f]."""
    return np.where(mesh.canonical[mesh.faces[:, 0], 0] > 0, left, right)


def cut(mesh: Mesh, field: np.ndarray) -> Mesh:
    """Keeps what lies where `field` >= 0, splitting the triangles it crosses.

    Everything a vertex carries is interpolated linearly along the edge to the point
    where the field is zero. Vertices that nothing uses any more stay until `join`.

    Args:
        mesh: what to cut.
        field: [n], any unit, one value a vertex.
    """
    keep = field[mesh.faces] >= 0
    count = keep.sum(1)
    whole = np.flatnonzero(count == 3)
    crossed = np.flatnonzero((count == 1) | (count == 2))
    if not len(crossed):
        return select(mesh, whole)
    single = count[crossed] == 1
    lone = np.where(single, keep[crossed].argmax(1), (~keep[crossed]).argmax(1))
    a, b, c = (mesh.faces[crossed, (lone + turn) % 3] for turn in range(3))
    on_ab, on_ac, fields = _split_edges(mesh, field, a, b, c)
    pieces = [
        mesh.faces[whole],
        np.stack([a, on_ab, on_ac], 1)[single],
        np.stack([b, c, on_ac], 1)[~single],
        np.stack([b, on_ac, on_ab], 1)[~single],
    ]
    origin = np.concatenate([whole, crossed[single], *2 * [crossed[~single]]])
    return Mesh(
        **fields,
        faces=np.concatenate(pieces),
        material=mesh.material[origin],
        label=mesh.label[origin],
    )


def cut_by(mesh: Mesh, *fields: Callable[[np.ndarray], np.ndarray]) -> Mesh:
    """Cuts by one field of the canonical points after the other.

    A strip narrower than the triangles needs this: the least of two fields is not
    linear across a triangle that both edges of the strip cross.
    """
    for field in fields:
        mesh = cut(mesh, field(mesh.canonical))
    return mesh


def _split_edges(
    mesh: Mesh, field: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Adds one vertex per crossed edge: its index on a-b, on a-c, and all fields."""
    total = len(mesh.rest)
    low = np.concatenate([np.minimum(a, b), np.minimum(a, c)])
    high = np.concatenate([np.maximum(a, b), np.maximum(a, c)])
    key, new = np.unique(low * total + high, return_inverse=True)
    first, second = np.divmod(key, total)
    way = field[first] / (field[first] - field[second])

    def extended(values: np.ndarray) -> np.ndarray:
        t = way.reshape(-1, *[1] * (values.ndim - 1))
        return np.concatenate([values, values[first] * (1 - t) + values[second] * t])

    fields = {name: extended(getattr(mesh, name)) for name in _VERTEX_FIELDS}
    return total + new[: len(a)], total + new[len(a) :], fields


def double_sided(mesh: Mesh) -> Mesh:
    """Adds the inside: the same faces reversed, with vertices of their own.

    Shared vertices would give both sides one normal, and the inside would be lit as the
    outside is.
    """
    fields = {
        name: np.concatenate(2 * [getattr(mesh, name)]) for name in _VERTEX_FIELDS
    }
    inside = mesh.faces[:, ::-1] + len(mesh.rest)
    return Mesh(
        **fields,
        faces=np.concatenate([mesh.faces, inside]),
        material=np.concatenate(2 * [mesh.material]),
        label=np.concatenate(2 * [mesh.label]),
    )


def join(meshes: Sequence[Mesh]) -> Mesh:
    """Puts surfaces into one mesh and drops the vertices that no face uses.

    Raises:
        ValueError: there is no mesh at all.
    """
    if not meshes:
        raise ValueError("join: expected at least one mesh, got an empty sequence.")
    used = [_used(mesh) for mesh in meshes]
    fields = {
        name: np.concatenate(
            [getattr(m, name)[u] for m, u in zip(meshes, used, strict=True)]
        )
        for name in _VERTEX_FIELDS
    }
    starts = np.cumsum([0, *(len(u) for u in used[:-1])])
    faces = []
    for mesh, vertices, start in zip(meshes, used, starts, strict=True):
        renumber = np.zeros(len(mesh.rest), np.int64)
        renumber[vertices] = start + np.arange(len(vertices))
        faces.append(renumber[mesh.faces])
    return Mesh(
        **fields,
        faces=np.concatenate(faces),
        material=np.concatenate([mesh.material for mesh in meshes]),
        label=np.concatenate([mesh.label for mesh in meshes]),
    )


def _used(mesh: Mesh) -> np.ndarray:
    used = np.zeros(len(mesh.rest), bool)
    used[mesh.faces] = True
    return np.flatnonzero(used)
