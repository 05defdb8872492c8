"""The shape space of the sampled bodies, and joints as functions of their vertices."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

from jaxgen.people.bake_rig import SPINE

_CANDIDATES = 260
_KEPT = 32
_EVERY = 3  # of the samples, for the regressor


class ShapeSpace(NamedTuple):
    """A linear space of bodies: vertices = mean + directions @ betas."""

    mean: np.ndarray  # [n, 3] metres
    directions: np.ndarray  # [n, 3, betas] metres per unit of each beta
    betas: np.ndarray  # [samples, betas] of the given bodies, unit variance


def shape_space(
    bodies: np.ndarray, emphasis: np.ndarray, components: int = 10
) -> ShapeSpace:
    """Principal components of T-posed bodies.

    Args:
        bodies: [samples, n, 3] metres.
        emphasis: [n] weight of each vertex; those with 0 (garments) follow by
            regression on the others' scores.
        components: how many betas.
    """
    samples = len(bodies)
    mean = bodies.mean(0)
    offsets = bodies - mean
    counted = np.flatnonzero(emphasis)
    weighted = offsets[:, counted] * np.sqrt(emphasis[counted])[:, None]
    scores, _, axes = np.linalg.svd(weighted.reshape(samples, -1), full_matrices=False)
    scores, axes = scores[:, :components], axes[:components]
    # An SVD leaves signs open: the largest loading of each axis becomes positive.
    largest = np.abs(axes).argmax(1)
    signs = np.sign(np.take_along_axis(axes, largest[:, None], axis=1))[:, 0]
    betas = scores * np.sqrt(samples) * signs
    directions = np.einsum("sk,snc->nck", betas, offsets) / samples
    return ShapeSpace(mean, directions, betas)


def joint_regressor(
    bodies: np.ndarray, joints: np.ndarray, allowed: np.ndarray
) -> np.ndarray:
    """Weights [24, n] that give joints as convex mixtures of few vertices.

    Args:
        bodies: [samples, n, 3] T-posed vertices.
        joints: [samples, 24, 3] their joints.
        allowed: [n] bool, vertices that may be used.
    """
    bodies, joints = bodies[::_EVERY], joints[::_EVERY]
    regressor = np.zeros((24, bodies.shape[1]))
    mean, mean_joints = bodies.mean(0), joints.mean(0)
    for joint in range(24):
        near = _candidates(mean, mean_joints[joint], joint, allowed)
        weights = _mixture(bodies[:, near], joints[:, joint], sum_weight=30.0)
        best = near[np.argsort(-weights, kind="stable")[:_KEPT]]
        weights = _mixture(bodies[:, best], joints[:, joint], sum_weight=100.0)
        regressor[joint, best] = weights / weights.sum()
    return regressor


def _candidates(mean, place, joint: int, allowed) -> np.ndarray:
    """The nearest vertices of a joint's own side, all around the limb.

    Distance counts little across the limb. Otherwise the nearest vertices of a spine
    joint all lie on the back, and no mixture of them reaches the joint.
    """
    if joint in SPINE:
        metric, own_side = [0.45, 1.6, 0.45], True
    else:
        metric = [1.6, 0.5, 0.5] if joint >= 16 else [0.6, 1.2, 0.6]
        own_side = mean[:, 0] * place[0] > 0
    distance = (((mean - place) * metric) ** 2).sum(1)
    distance[~(allowed & own_side)] = np.inf
    return np.argsort(distance, kind="stable")[:_CANDIDATES]


def _mixture(vertices, targets, sum_weight: float) -> np.ndarray:
    """Weights [k] >= 0, sum near 1, that mix [samples, k, 3] to [samples, 3]."""
    rows = vertices.transpose(0, 2, 1).reshape(-1, vertices.shape[1])
    ones = np.full((1, rows.shape[1]), sum_weight)
    matrix = np.concatenate([rows, ones])
    return nnls(matrix, np.append(targets.ravel(), sum_weight))[0]
