import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.body import camera as cameras
from jaxgen.people import figure, framing, render
from tests.reference import bodies
from tests.reference import camera as reference

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "smpl" / "outputs.npz"

project = jax.jit(cameras.project, static_argnames="size")


def random_points(rng, images=3, count=20):
    camera = rng.uniform([0.5, -0.3, -0.3], [1.5, 0.3, 0.3], (images, 3))
    points = rng.normal(0, 0.6, (images, count, 3))
    return points.astype(np.float32), camera.astype(np.float32)


@pytest.mark.parametrize("size", [(256, 256), (128, 64), (64, 96)])
def test_points_are_where_the_twin_puts_them(size):
    points, camera = random_points(np.random.default_rng(0))
    found = project(points, camera, size=size)
    for point, numbers, pixels in zip(points, camera, found, strict=True):
        want = reference.project(point, numbers, size)
        np.testing.assert_allclose(pixels, want, rtol=1e-5, atol=1e-4)


def test_the_corners_of_a_square_image_are_at_plus_and_minus_one():
    ends = np.float32([[[-1, -1, 0], [0, 0, 0], [1, 1, 0]]])
    found = project(ends, np.float32([[1, 0, 0]]), size=(8, 8))[0]
    np.testing.assert_allclose(found[:, 0], [-0.5, 3.5, 7.5])
    np.testing.assert_allclose(found[:, 1], [-0.5, 3.5, 7.5])


def test_the_published_joints_are_where_its_code_puts_them():
    golden = np.load(GOLDEN)
    found = project(golden["joints19"], golden["camera"], size=(256, 256))
    want = ((golden["projected19"] + 1) * 256 - 1) / 2
    np.testing.assert_allclose(found[..., :2], want, atol=1e-3)


@pytest.mark.parametrize("size", [(128, 128), (128, 64)])
def test_synthetic_people_are_seen_by_the_same_camera(size):
    points, camera = random_points(np.random.default_rng(1), images=1)
    want = framing.project(points[0], camera[0], size) - 0.5
    found = project(points, camera, size=size)[0, :, :2]
    np.testing.assert_allclose(found, want, atol=1e-4)


def test_a_record_of_a_person_puts_the_body_where_its_mask_is():
    size = (128, 64)
    record = next(render.records(0, 1, frames=1, size=size, framing="full"))
    vertices = bodies.pose_body(record["betas"], record["smpl_pose"])
    pixels = project(np.float32(vertices)[None], record["camera"][None], size=size)[0]
    column, row = np.round(np.asarray(pixels[:, :2])).astype(int).T
    inside = (column >= 0) & (column < size[1]) & (row >= 0) & (row < size[0])
    assert record["mask"][row[inside], column[inside]].mean() > 0.95


def test_depth_does_not_depend_on_the_scale():
    points, camera = random_points(np.random.default_rng(2))
    found = project(points, camera, size=(64, 64))[..., 2]
    np.testing.assert_allclose(found, points[..., 2] + 1 + np.sqrt(3), rtol=1e-6)


def test_y_up_is_half_a_turn_about_x():
    points = jnp.array([[[1.0, 2.0, 3.0]]])
    turned = cameras.from_y_up(points)
    np.testing.assert_array_equal(turned, [[[1, -2, -3]]])
    np.testing.assert_array_equal(cameras.from_y_up(turned), points)
    assert np.linalg.det(cameras.from_y_up(jnp.eye(3)[None])[0]) == pytest.approx(1)


def test_y_up_is_the_frame_of_the_synthetic_figure():
    rng = np.random.default_rng(3)
    points = rng.normal(size=(1, 5, 3)).astype(np.float32)
    want = points @ figure.CAMERA_FROM_WORLD.T
    np.testing.assert_allclose(cameras.from_y_up(jnp.asarray(points)), want)
