"""Half-edge collapse with quadric errors (Garland and Heckbert 1997).

Every vertex that stays is an original one at its original place. So whatever is given
per vertex (targets, weights, texture coordinates) follows by picking rows, and one
decimation of the mean body serves every body.
"""

import heapq
from collections import defaultdict

import numpy as np

_SLIVER = 0.06  # 2 area / longest edge^2
_FOLD = 0.35  # cosine of the largest turn of a normal
_BORDER_WEIGHT = 20.0
_LENGTH_WEIGHT = 2e-6  # keeps flat places from losing all their vertices


def decimate(
    vertices: np.ndarray,
    faces: np.ndarray,
    uv_faces: np.ndarray,
    importance: np.ndarray,
    count: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Collapses the cheapest edges until `count` triangles are left.

    Args:
        vertices: [n, 3], any unit.
        faces: [f, 3] indices of vertices; no edge used twice in one direction.
        uv_faces: [f, 3] indices of texture coordinates. Seams stay seams.
        importance: [n] factor on the cost of removing a vertex.
        count: triangles wanted. A collapse inside the surface removes two, so the
            result may have one less.

    Returns:
        faces and uv_faces of what is left, in the order they were given.

    Raises:
        ValueError: the surface cannot be reduced so far without damage.
    """
    mesh = _Mesh(vertices, faces, uv_faces)
    quadrics = _quadrics(vertices, faces)
    points = np.concatenate([vertices, np.ones((len(vertices), 1))], axis=1)
    version = [0] * len(vertices)
    queue = []

    def enqueue(start: int) -> None:
        ends = list(mesh.neighbours(start))
        error = np.einsum(
            "ni,nij,nj->n", points[ends], quadrics[start] + quadrics[ends], points[ends]
        )
        length = ((vertices[ends] - vertices[start]) ** 2).sum(1)
        cost = importance[start] * (error + _LENGTH_WEIGHT * length**2)
        for end, value in zip(ends, _rounded(cost).tolist(), strict=True):
            heapq.heappush(queue, (value, start, end, version[start], version[end]))

    for vertex in list(mesh.around):
        enqueue(vertex)
    left = len(faces)
    while left > count:
        if not queue:
            raise ValueError(
                f"decimate: no edge is left that may collapse at {left} triangles; "
                f"expected {count}. Ask for more triangles."
            )
        _, start, end, start_version, end_version = heapq.heappop(queue)
        if (start_version, end_version) != (version[start], version[end]):
            continue
        if not mesh.may_collapse(start, end):
            continue
        left -= mesh.collapse(start, end)
        quadrics[end] += quadrics[start]
        # Only edges that leave the ring are queued anew. Those that enter it, and those
        # of `end`, rest until a collapse beside them: so collapses spread evenly.
        ring = mesh.neighbours(end)
        for vertex in (start, end, *ring):
            version[vertex] += 1
        for vertex in ring:
            enqueue(vertex)
    return mesh.remaining()


def _rounded(cost: np.ndarray) -> np.ndarray:
    """Keeps 16 bits. Left and right cost the same: the last bit must not choose."""
    mantissa, exponent = np.frexp(cost)
    return np.ldexp(np.round(mantissa * 2.0**16), exponent)


class _Mesh:
    """Triangles whose corners can be moved from one vertex to another."""

    def __init__(self, vertices, faces, uv_faces):
        self.vertices = vertices
        self.faces = faces.tolist()
        self.uv_faces = uv_faces.tolist()
        self.alive = np.ones(len(faces), bool)
        self.around = defaultdict(set)  # vertex -> its faces
        for index, face in enumerate(self.faces):
            for vertex in face:
                self.around[vertex].add(index)

    def neighbours(self, vertex: int) -> set[int]:
        return {v for face in self.around[vertex] for v in self.faces[face]} - {vertex}

    def remaining(self) -> tuple[np.ndarray, np.ndarray]:
        return np.array(self.faces)[self.alive], np.array(self.uv_faces)[self.alive]

    def may_collapse(self, start: int, end: int) -> bool:
        """Whether `start` can move onto `end` and leave a good surface."""
        shared = self.around[start] & self.around[end]
        ring = self.neighbours(start)
        # Link condition: the two rings meet in nothing but the shared triangles.
        if len(ring & self.neighbours(end)) != len(shared):
            return False
        on_border = any(len(self.around[start] & self.around[v]) == 1 for v in ring)
        if on_border and len(shared) != 1:
            return False
        moved = sorted(self.around[start] - shared)
        partners = self._uv_partners(start, end, shared)
        if any(self._uv(face, start) not in partners for face in moved):
            return False
        return self._keeps_shape(start, end, moved)

    def collapse(self, start: int, end: int) -> int:
        """Moves every corner at `start` to `end`; returns how many faces vanish."""
        shared = self.around[start] & self.around[end]
        partners = self._uv_partners(start, end, shared)
        for face in shared:
            self.alive[face] = False
            for vertex in self.faces[face]:
                self.around[vertex].discard(face)
        for face in self.around.pop(start):
            corner = self.faces[face].index(start)
            self.faces[face][corner] = end
            self.uv_faces[face][corner] = partners[self.uv_faces[face][corner]]
            self.around[end].add(face)
        return len(shared)

    def _uv(self, face: int, vertex: int) -> int:
        return self.uv_faces[face][self.faces[face].index(vertex)]

    def _uv_partners(self, start: int, end: int, shared: set[int]) -> dict[int, int]:
        """Texture corners at `start` -> those at `end`, across the shared faces."""
        return {self._uv(face, start): self._uv(face, end) for face in sorted(shared)}

    def _keeps_shape(self, start: int, end: int, moved: list[int]) -> bool:
        """Whether no moved face folds over or turns into a sliver."""
        if not moved:
            return True
        corners = np.array([self.faces[face] for face in moved])
        before = self.vertices[corners]
        after = self.vertices[np.where(corners == start, end, corners)]
        old, new = _area_vectors(before), _area_vectors(after)
        old_size, new_size = np.linalg.norm(old, axis=1), np.linalg.norm(new, axis=1)
        folds = (old * new).sum(1) < _FOLD * old_size * new_size
        thin = new_size < _SLIVER * _longest_edge_squared(after)
        thin &= old_size > _SLIVER * _longest_edge_squared(before)
        return not (folds | thin | (new_size < 1e-9)).any()


def _area_vectors(corners: np.ndarray) -> np.ndarray:
    """Normals of triangles [n, 3, 3], twice their area long."""
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])


def _longest_edge_squared(corners: np.ndarray) -> np.ndarray:
    return ((corners - np.roll(corners, 1, axis=1)) ** 2).sum(2).max(1)


def _quadrics(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Per vertex [n, 4, 4]: squared distances to planes of its faces and borders."""
    area_vectors = _area_vectors(vertices[faces])
    area = np.linalg.norm(area_vectors, axis=1)
    normals = area_vectors / np.maximum(area, 1e-15)[:, None]
    quadrics = np.zeros((len(vertices), 4, 4))
    planes = _plane_quadrics(normals, vertices[faces[:, 0]], area)
    for corner in range(3):
        np.add.at(quadrics, faces[:, corner], planes)

    start, end, face = border_edges(faces)
    edges = vertices[end] - vertices[start]
    length = (edges**2).sum(1)
    walls = np.cross(edges, normals[face])
    walls /= np.maximum(np.linalg.norm(walls, axis=1), 1e-12)[:, None]
    planes = _plane_quadrics(walls, vertices[start], _BORDER_WEIGHT * length)
    for vertex in (start, end):
        np.add.at(quadrics, vertex, planes)
    return quadrics


def _plane_quadrics(normals, points, weights) -> np.ndarray:
    """Weighted p p^T of the planes through points: [n, 4, 4]."""
    planes = np.column_stack([normals, -(normals * points).sum(1)])
    return planes[:, :, None] * planes[:, None, :] * weights[:, None, None]


def border_edges(faces: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Edges that belong to one face only: start, end and face of each."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    _, first, uses = np.unique(
        np.sort(edges, axis=1), axis=0, return_index=True, return_counts=True
    )
    border = np.sort(first[uses == 1])
    return edges[border, 0], edges[border, 1], border % len(faces)
