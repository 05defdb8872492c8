"""SMPL against its twin, against the original's outputs, and against the figure."""

import pathlib
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.body import smpl
from jaxgen.people import figure
from jaxgen.weights.smpl import read_body
from tests.reference import smpl as reference

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "smpl"

pose_body = jax.jit(smpl.pose_body)
rodrigues = jax.jit(smpl.rodrigues)


@pytest.fixture(scope="module")
def golden():
    """A synthetic model file, and what the original made of it."""
    outputs = dict(np.load(GOLDEN / "outputs.npz"))
    outputs["pose"] = outputs["pose"].reshape(-1, 24, 3)
    return jax.tree.map(jnp.asarray, read_body(str(GOLDEN / "model.pkl"))), outputs


@pytest.fixture(scope="module")
def small():
    """A body of 13 vertices, all of its arrays random."""
    rng = np.random.default_rng(0)
    shapes = {"v_template": (13, 3), "shapedirs": (13, 3, 10), "posedirs": (13, 3, 207)}
    body = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    body["J_regressor"] = rng.dirichlet(np.ones(13), 24)
    body["weights"] = rng.dirichlet(np.ones(24), 13)
    body["cocoplus_regressor"] = rng.dirichlet(np.ones(13), 19)
    return {name: jnp.asarray(values, jnp.float32) for name, values in body.items()}


def random_inputs(count, seed=1):
    rng = np.random.default_rng(seed)
    betas = rng.normal(size=(count, 10)).astype(np.float32)
    return betas, rng.normal(size=(count, 24, 3)).astype(np.float32)


def relative_error(got, want):
    return np.linalg.norm(got - want) / np.linalg.norm(want)


def test_vertices_and_keypoints_are_those_of_the_original(golden):
    body, outputs = golden
    vertices, _ = pose_body(body, outputs["betas"], outputs["pose"])
    assert relative_error(vertices, outputs["vertices"]) < 1e-6
    keypoints = smpl.keypoints19(body, vertices)
    assert relative_error(keypoints, outputs["joints19"]) < 1e-6


def test_rotations_are_those_of_the_original(golden):
    _, outputs = golden
    np.testing.assert_allclose(
        rodrigues(outputs["pose"]), outputs["rotations"], atol=1e-6
    )


def test_vertices_joints_and_keypoints_equal_the_twin(small):
    betas, pose = random_inputs(3)
    vertices, joints = pose_body(small, betas, pose)
    keypoints = smpl.keypoints19(small, vertices)
    for i in range(3):
        want, want_joints = reference.pose_body(small, betas[i], pose[i])
        assert relative_error(vertices[i], want) < 1e-6
        assert relative_error(joints[i], want_joints) < 1e-6
        want_keypoints = reference.keypoints19(small, want)
        assert relative_error(keypoints[i], want_keypoints) < 1e-6


@pytest.mark.parametrize("length", [0, 1e-12, 1e-8, 1e-4, 9.9e-4, 1.1e-3, 0.1, 3, 40])
def test_rotations_of_any_angle_equal_the_twin(length):
    directions = np.random.default_rng(2).normal(size=(1, 20, 3))
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    vectors = (length * directions).astype(np.float32)
    want = [reference.rodrigues(vector) for vector in vectors[0]]
    np.testing.assert_allclose(rodrigues(vectors)[0], want, atol=3e-7 + 1e-7 * length)


def test_derivatives_of_rotations_are_those_of_the_twin_at_zero_too():
    vectors = np.random.default_rng(3).normal(size=(8, 3)).astype(np.float32)
    vectors[:4] *= [[0], [1e-9], [1e-5], [1e-2]]
    single = jax.jit(jax.jacfwd(lambda v: smpl.rodrigues(v[None, None])[0, 0]))
    for vector in vectors:
        got, step = single(vector), 1e-5
        for axis, moved in enumerate(step * np.eye(3)):
            ends = (reference.rodrigues(vector + s * moved) for s in (1, -1))
            want = np.subtract(*ends) / (2 * step)
            np.testing.assert_allclose(got[..., axis], want, atol=3e-5)


@jax.jit
@partial(jax.grad, argnums=(0, 1))
def slopes(betas, pose, body, probes):
    parts = smpl.pose_body(body, betas[None], pose[None])
    return sum((p[0] * probe).sum() for p, probe in zip(parts, probes, strict=True))


@pytest.fixture(scope="module")
def probes():
    rng = np.random.default_rng(4)
    return tuple(rng.normal(size=(n, 3)).astype(np.float32) for n in (13, 24))


def test_gradients_equal_finite_differences_of_the_twin(small, probes):
    (betas,), (pose,) = random_inputs(1)
    pose[5] = 0
    got = slopes(betas, pose, small, probes)
    rng = np.random.default_rng(5)
    for _ in range(5):
        way = rng.normal(size=10), rng.normal(size=(24, 3))
        ends = (
            reference.pose_body(small, betas + s * way[0], pose + s * way[1])
            for s in (1e-5, -1e-5)
        )
        sums = [
            sum((x * p).sum() for x, p in zip(e, probes, strict=True)) for e in ends
        ]
        along = sum((g * w).sum() for g, w in zip(got, way, strict=True))
        np.testing.assert_allclose(
            along, np.subtract(*sums) / 2e-5, rtol=1e-4, atol=1e-3
        )


def test_gradients_are_finite_in_the_rest_pose(small, probes):
    found = slopes(np.zeros(10, "f"), np.zeros((24, 3), "f"), small, probes)
    assert all(np.isfinite(slope).all() for slope in found)
    assert np.abs(found[1]).min() > 0


def test_the_rest_pose_is_the_template(small):
    vertices, joints = pose_body(small, np.zeros((1, 10)), np.zeros((1, 24, 3)))
    np.testing.assert_allclose(vertices[0], small["v_template"], atol=1e-6)
    want = small["J_regressor"] @ small["v_template"]
    np.testing.assert_allclose(joints[0], want, atol=1e-6)


def test_the_figure_is_posed_as_its_own_code_does():
    model = figure.smpl_model()
    body = {name: np.float32(values) for name, values in model.items()}
    betas, pose = random_inputs(2, seed=5)
    pose *= 0.5
    vertices, joints = pose_body(body, betas, pose)
    for i in range(2):
        rest = figure.shape(betas[i])[figure.asset().body]
        turns = figure.rotation_matrices(pose[i].astype(np.float64))
        rest_joints = figure.joints(rest)
        want = figure.skin(rest, model["weights"], rest_joints, turns)
        np.testing.assert_allclose(vertices[i], want, atol=1e-5)
        posed = figure.forward(rest_joints, turns)[1]
        np.testing.assert_allclose(joints[i], posed, atol=1e-5)


def test_a_body_does_not_depend_on_its_batch(small):
    betas, pose = random_inputs(3, seed=6)
    together, _ = pose_body(small, betas, pose)
    alone, _ = pose_body(small, betas[1:2], pose[1:2])
    np.testing.assert_allclose(together[1], alone[0], rtol=1e-5, atol=1e-6)
