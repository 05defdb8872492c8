"""The figure as a body: shape, joints, skinning.

The pose model is SMPL's, with 24 joints, ten betas and no pose correctives. Vertices
are those of the baked asset, in metres.

Sums over joints, weights and betas are written out, never left to a matrix library, so
their rounding is the same on every machine and with any number of threads.
"""

import numpy as np
from scipy import sparse
from scipy.spatial.transform import Rotation

from jaxgen.core.skeleton import SMPL_PARENTS
from jaxgen.people.asset import JOINTS, Asset, asset

__all__ = [
    "CAMERA_FROM_WORLD",
    "JOINTS",
    "Asset",
    "asset",
    "axis_angles",
    "deform",
    "forward",
    "joints",
    "rotation_matrices",
    "rotation_x",
    "rotation_y",
    "rotation_z",
    "shape",
    "skin",
    "smpl_model",
    "unit",
    "vertex_normals",
]

CAMERA_FROM_WORLD = np.diag([1.0, -1.0, -1.0])
"""Turns x left, y up, z forward into x right, y down, z away from the viewer."""


def shape(betas: np.ndarray) -> np.ndarray:
    """Gives the rest vertices [10322, 3] of a body from its ten betas."""
    vertices = asset().v_template.copy()
    for k, beta in enumerate(np.asarray(betas, np.float64)):
        vertices += beta * asset().dirs[..., k]
    return vertices


def joints(vertices: np.ndarray) -> np.ndarray:
    """Regresses the rest joints [24, 3] from rest vertices [10322 or 6928, 3]."""
    return asset().joint_regressor @ vertices[asset().body]


def rotation_x(radians: float) -> np.ndarray:
    """Gives the matrix [3, 3] that turns y towards z."""
    c, s = np.cos(radians), np.sin(radians)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def rotation_y(radians: float) -> np.ndarray:
    """Gives the matrix [3, 3] that turns z towards x."""
    c, s = np.cos(radians), np.sin(radians)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def rotation_z(radians: float) -> np.ndarray:
    """Gives the matrix [3, 3] that turns x towards y."""
    c, s = np.cos(radians), np.sin(radians)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def axis_angles(rotations: np.ndarray) -> np.ndarray:
    """Gives the axis-angle vectors [n, 3], in radians, of matrices [n, 3, 3]."""
    return Rotation.from_matrix(rotations).as_rotvec()


def rotation_matrices(vectors: np.ndarray) -> np.ndarray:
    """Gives the matrices [n, 3, 3] of axis-angle vectors [n, 3] in radians."""
    return Rotation.from_rotvec(vectors).as_matrix()


def forward(joints: np.ndarray, rotations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Follows the skeleton from the pelvis outwards.

    Args:
        joints: [24, 3] rest joints.
        rotations: [24, 3, 3], each relative to its parent.

    Returns:
        transforms [24, 3, 4], which move rest points with each joint, and the posed
        joints [24, 3].
    """
    transforms, posed = np.empty((JOINTS, 3, 4)), joints.copy()
    for joint, parent in enumerate(SMPL_PARENTS):
        turn = rotations[joint]
        if parent >= 0:
            turn = np.einsum("ab,bc->ac", transforms[parent, :, :3], turn)
            posed[joint] = _move(joints[joint, None], transforms[parent, None])[0]
        transforms[joint, :, :3] = turn
        transforms[joint, :, 3] = posed[joint] - np.einsum("ab,b", turn, joints[joint])
    return transforms, posed


def deform(
    rest: np.ndarray, weights: np.ndarray | sparse.csr_matrix, transforms: np.ndarray
) -> np.ndarray:
    """Moves rest points [n, 3] by the weighted mean of the joints' transforms.

    Args:
        rest: [n, 3].
        weights: [n, 24], dense or, faster when used again, sparse by rows.
        transforms: [24, 3, 4] from `forward`.
    """
    # A sparse product adds row by row in the order of the joints, unlike BLAS.
    blended = sparse.csr_matrix(weights) @ transforms.reshape(JOINTS, 12)
    return _move(rest, blended.reshape(-1, 3, 4))


def skin(
    rest: np.ndarray,
    weights: np.ndarray | sparse.csr_matrix,
    joints: np.ndarray,
    rotations: np.ndarray,
) -> np.ndarray:
    """Poses rest points by linear blend skinning.

    Args:
        rest: [n, 3] in the T-pose.
        weights: [n, 24], rows sum to 1.
        joints: [24, 3] rest joints.
        rotations: [24, 3, 3], each relative to its parent.

    Returns:
        [n, 3] posed points.
    """
    return deform(rest, weights, forward(joints, rotations)[0])


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Gives unit normals [n, 3], faces weighted by area; a vertex of none gets 0."""
    corners = vertices[faces]
    normals = _cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    flat, repeated = faces.T.ravel(), np.tile(normals, (3, 1))
    total = np.stack(
        [np.bincount(flat, repeated[:, axis], len(vertices)) for axis in range(3)], 1
    )
    return unit(total)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Scales vectors [..., 3] to length 1; the zero vector stays."""
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    length = np.sqrt(x * x + y * y + z * z)
    return vectors / np.maximum(length, 1e-12)[..., None]


def smpl_model() -> dict[str, np.ndarray]:
    """Gives the body under SMPL's own names, for code that reads SMPL files.

    Returns:
        v_template [6928, 3], shapedirs [6928, 3, 10], posedirs [6928, 3, 207] (zeros),
        J_regressor [24, 6928], weights [6928, 24], kintree_table [2, 24], f [13776, 3];
        y up, in metres.
    """
    figure = asset()
    body = figure.body
    return {
        "v_template": figure.v_template[body],
        "shapedirs": figure.dirs[body],
        "posedirs": np.zeros((body.stop, 3, 9 * (JOINTS - 1))),
        "J_regressor": figure.joint_regressor.toarray(),
        "weights": figure.weights[body],
        "kintree_table": np.stack([SMPL_PARENTS, np.arange(JOINTS)]),
        "f": figure.faces,
    }


def _move(points: np.ndarray, transforms: np.ndarray) -> np.ndarray:
    """Applies one transform [n, 3, 4] to each point [n, 3]."""
    x, y, z = points[:, 0:1], points[:, 1:2], points[:, 2:3]
    columns = transforms.transpose(2, 0, 1)
    return columns[0] * x + columns[1] * y + columns[2] * z + columns[3]


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    ax, ay, az = a.T
    bx, by, bz = b.T
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], 1)
