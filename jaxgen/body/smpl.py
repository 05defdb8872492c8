"""SMPL: a body's vertices and joints from its shape and pose.

After doi:10.1145/2816795.2818013. A body is a mapping of arrays under the names of
SMPL's own files: v_template [n 3], shapedirs [n 3 10], posedirs [n 3 207], J_regressor
[24 n], weights [n 24], and for `keypoints19` also cocoplus_regressor [19 n]. Lengths
are in metres, axes those of the body's file: y up as published.
"""

from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from jaxgen.core.skeleton import SMPL_PARENTS

Body = Mapping[str, Array]

JOINTS = len(SMPL_PARENTS)

_SMALL = 1e-6  # Squared radians, below which a series replaces sine and cosine.


def pose_body(
    body: Body, betas: Float[Array, "b 10"], smpl_pose: Float[Array, "b 24 3"]
) -> tuple[Float[Array, "b n 3"], Float[Array, "b 24 3"]]:
    """Gives the vertices and the joints of bodies in a pose.

    Args:
        body: arrays under SMPL's names.
        betas: weights of the shape directions.
        smpl_pose: axis times angle in radians, of each joint relative to its parent.

    Returns:
        The posed vertices, and the posed joints of the skeleton.
    """
    shape = _einsum("bk,nck->bnc", betas, body["shapedirs"])
    shaped = body["v_template"][None] + shape
    joints = _einsum("jn,bnc->bjc", body["J_regressor"], shaped)
    rotations = rodrigues(smpl_pose)
    bent = (rotations[:, 1:] - _unit()).reshape(len(betas), -1)
    rest = shaped + _einsum("bp,ncp->bnc", bent, body["posedirs"])
    turns, posed = _follow(joints, rotations)
    return _skin(rest, body["weights"], turns, _shifts(joints, turns, posed)), posed


def keypoints19(body: Body, vertices: Float[Array, "b n 3"]) -> Float[Array, "b 19 3"]:
    """Regresses the 19 keypoints of COCO+ from vertices.

    They are ankle, knee and hip right, hip, knee and ankle left, wrist, elbow and
    shoulder right, shoulder, elbow and wrist left, neck, head top, nose, left and right
    eye, left and right ear.

    Args:
        body: with a `cocoplus_regressor`, as HMR's files have.
        vertices: shaped and posed.
    """
    return _einsum("kn,bnc->bkc", body["cocoplus_regressor"], vertices)


def rodrigues(vectors: Float[Array, "b j 3"]) -> Float[Array, "b j 3 3"]:
    """Gives rotation matrices; derivatives are finite everywhere, zero included.

    Args:
        vectors: axis times angle in radians.
    """
    squared = (vectors**2).sum(-1)[..., None, None]
    small = squared < _SMALL
    angle = jnp.sqrt(jnp.where(small, 1.0, squared))
    sine = jnp.where(small, 1 - squared / 6, jnp.sin(angle) / angle)
    cosine = jnp.where(small, 0.5 - squared / 24, 2 * (jnp.sin(angle / 2) / angle) ** 2)
    outer = vectors[..., :, None] * vectors[..., None, :]
    return _unit() + sine * _cross(vectors) + cosine * (outer - squared * _unit())


def _unit() -> Float[Array, "1 1 3 3"]:
    return jnp.eye(3)[None, None]


def _cross(vectors: Float[Array, "b j 3"]) -> Float[Array, "b j 3 3"]:
    """Matrices that take the cross product with each vector from the left."""
    x, y, z = jnp.unstack(vectors, axis=-1)
    zero = jnp.zeros_like(x)
    rows = [zero, -z, y, z, zero, -x, -y, x, zero]
    return jnp.stack(rows, -1).reshape(*x.shape, 3, 3)


def _levels() -> tuple[list[np.ndarray], np.ndarray]:
    """Joints by their distance from the pelvis, and where each of them is in that."""
    depth = [0] * JOINTS
    for joint, parent in enumerate(SMPL_PARENTS[1:], 1):
        depth[joint] = depth[parent] + 1
    levels = [np.flatnonzero(np.equal(depth, d)) for d in range(max(depth) + 1)]
    return levels, np.argsort(np.concatenate(levels))


_LEVELS, _ORDER = _levels()


def _follow(
    joints: Float[Array, "b 24 3"], rotations: Float[Array, "b 24 3 3"]
) -> tuple[Float[Array, "b 24 3 3"], Float[Array, "b 24 3"]]:
    """Turns and places the joints from the pelvis outwards, one level at a time."""
    turns, places = [rotations[:, :1]], [joints[:, :1]]
    for above, level in zip(_LEVELS, _LEVELS[1:], strict=False):
        parents = np.asarray(SMPL_PARENTS)[level]
        at = np.searchsorted(above, parents)
        turn, place = turns[-1][:, at], places[-1][:, at]
        bone = joints[:, level] - joints[:, parents]
        turns.append(_einsum("bjxy,bjyz->bjxz", turn, rotations[:, level]))
        places.append(place + _einsum("bjxy,bjy->bjx", turn, bone))
    return _in_order(turns), _in_order(places)


def _in_order(levels: list[Array]) -> Array:
    """What there is for each joint, by number instead of by level."""
    return jnp.concatenate(levels, axis=1)[:, _ORDER]


def _shifts(
    joints: Float[Array, "b 24 3"],
    turns: Float[Array, "b 24 3 3"],
    posed: Float[Array, "b 24 3"],
) -> Float[Array, "b 24 3"]:
    """What a joint adds to a rest point once it has turned it."""
    return posed - _einsum("bjxy,bjy->bjx", turns, joints)


def _skin(
    rest: Float[Array, "b n 3"],
    weights: Float[Array, "n 24"],
    turns: Float[Array, "b 24 3 3"],
    shifts: Float[Array, "b 24 3"],
) -> Float[Array, "b n 3"]:
    """Linear blend skinning: each point moves by the weighted mean of all joints."""
    turn = _einsum("nj,bjxy->bnxy", weights, turns)
    return _einsum("bnxy,bny->bnx", turn, rest) + _einsum(
        "nj,bjx->bnx", weights, shifts
    )


def _einsum(formula: str, *arrays: Array) -> Array:
    """In full float32: accelerators round their factors to fewer bits otherwise."""
    return jnp.einsum(formula, *arrays, precision=lax.Precision.HIGHEST)
