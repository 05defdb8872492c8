"""The fast form against every face at every pixel in float64; then its properties.

float32 cannot tell which face is seen where a pixel centre lies on an edge or two faces
are equally far, so there, and only there, the twin may differ.
"""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec as P

from jaxgen.ops import rasterize as ops
from jaxgen.ops.rasterize import BACKGROUND, INVALID, barycentric, interpolate
from tests.reference import bodies
from tests.reference import rasterize as reference

SMALL, WIDE = (64, 64), (48, 80)
BODY = jnp.asarray(bodies.BODY_FACES)
ONE = jnp.array([[0, 1, 2]])

rasterize = jax.jit(ops.rasterize, static_argnames=("size", "near", "far", "overdraw"))
weights = jax.jit(barycentric)


def draw(points, faces, size, **options):
    points = np.asarray(points, np.float32)
    return jax.device_get(rasterize(points, jnp.asarray(faces), size=size, **options))


def triangle(*corners):
    """One face [1, 3, 3], whichever way round it must be to be seen."""
    corners = np.asarray(corners, np.float32)
    seen = reference.signed_area(*corners[:, :2]) < 0
    return (corners if seen else corners[::-1])[None]


def unsure(picture):
    """Where float32 may differ; equal depths, though, must give the lowest face."""
    return (picture.edge < 1e-4) | ((picture.gap > 0) & (picture.gap < 1e-6))


def assert_equals_the_twin(points, faces, size, *, unsure_share, **options):
    """Every image of a batch, except for a share of pixels float32 is unsure of."""
    points = np.asarray(points, np.float32)
    found = draw(points, faces, size)
    blends = weights(points, jnp.asarray(faces), found.face_index)
    for image, face_index, depth, blend in zip(points, *found, blends, strict=True):
        want = reference.rasterize(image, faces, size, **options)
        sure = ~unsure(want)
        assert 1 - sure.mean() <= unsure_share
        np.testing.assert_array_equal(face_index[sure], want.face_index[sure])
        np.testing.assert_allclose(depth[sure], want.depth[sure], rtol=1e-5)
        np.testing.assert_allclose(blend[sure], want.barycentric[sure], atol=1e-5)
        np.testing.assert_array_equal(face_index == BACKGROUND, depth == 100)


@pytest.mark.parametrize("images, size", [(1, SMALL), (2, WIDE), (3, SMALL), (4, WIDE)])
def test_soups_of_all_kinds_of_faces_equal_the_twin(images, size):
    meshes = [bodies.soup(np.random.default_rng(k), size) for k in range(images)]
    points = np.stack([points for points, _ in meshes])
    faces = meshes[0][1]
    assert_equals_the_twin(points, faces, size, unsure_share=1e-3, everywhere=True)


@pytest.mark.parametrize("seed", range(4))
def test_on_a_grid_of_half_pixels_edges_and_ties_equal_the_twin_exactly(seed):
    rng = np.random.default_rng(seed)
    xy = rng.integers(-16, 2 * 64 + 16, (200, 3, 2)) / 2
    z = rng.choice([1.0, 2.0, 4.0], (200, 1, 1)) * np.ones((1, 3, 1))
    points = np.concatenate([xy, z], -1).reshape(-1, 3)
    faces = np.arange(600).reshape(-1, 3)
    want = reference.rasterize(points, faces, SMALL, everywhere=True)
    found = draw(points[None], faces, SMALL)
    assert (want.edge == 0).sum() > 100 and (want.gap == 0).sum() > 1000
    np.testing.assert_array_equal(found.face_index[0], want.face_index)


@pytest.mark.parametrize("side, images", [(64, 3), (256, 1)])
def test_posed_bodies_equal_the_twin(side, images):
    points = [bodies.body(side, seed=k, yaw=1.3 * k) for k in range(images)]
    size = (side, side)
    assert_equals_the_twin(points, bodies.BODY_FACES, size, unsure_share=5e-4)


@pytest.mark.parametrize("side", [64, 256, pytest.param(512, marks=pytest.mark.slow)])
def test_a_sphere_of_13776_faces_equals_the_twin(side):
    points, faces = bodies.sphere(side, turn=0.1)
    assert len(faces) == 13_776
    assert_equals_the_twin(points[None], faces, (side, side), unsure_share=1e-3)


def test_a_body_seen_from_very_near_equals_the_twin():
    """Its boxes cover the image several times, which takes several pieces."""
    points = (bodies.body(256) - [128, 60, 0]) * [8, 8, 1] + [128, 128, 0]
    points = points.astype(np.float32)
    want = reference.rasterize(points, bodies.BODY_FACES, (256, 256))
    found = draw(points[None], BODY, (256, 256))
    sure = want.edge > 1e-3
    assert sure.mean() > 0.99 and (want.face_index >= 0).mean() > 0.4
    np.testing.assert_array_equal(found.face_index[0][sure], want.face_index[sure])


def test_a_move_by_one_pixel_moves_the_faces_by_one_column():
    points = np.round(bodies.body(128) * 256) / 256
    (here, there), _ = draw(np.stack([points, points + [1, 0, 0]]), BODY, (128, 128))
    assert (here >= 0).sum() > 1000
    np.testing.assert_array_equal(here[:, :-1], there[:, 1:])


def test_rows_go_down_and_columns_right():
    """A triangle at the top, right of the middle, of a wide image."""
    face = triangle((5, 0, 1), (8, 0, 1), (5, 2, 1))
    found = draw(face, ONE, (4, 10)).face_index[0] >= 0
    want = np.zeros((4, 10), bool)
    want[0, 5:9], want[1, 5:7], want[2, 5] = True, True, True
    np.testing.assert_array_equal(found, want)


def test_faces_that_look_away_or_have_no_area_are_not_drawn():
    face = triangle((5, 0, 1), (8, 0, 1), (5, 2, 1))
    flat = triangle((5, 0, 1), (8, 0, 1), (6, 0, 1))
    point = np.full((1, 3, 3), 3.0)
    for unseen in (face[:, ::-1], flat, flat[:, ::-1], point):
        assert (draw(unseen, ONE, (4, 10)).face_index == BACKGROUND).all()


def test_the_nearer_face_is_seen_and_of_equals_the_lower():
    face = triangle((0, 0, 2), (9, 0, 2), (0, 9, 2))[0]
    points = np.concatenate([face, face, face - [0, 0, 1], face - [0, 0, 1]])
    faces = np.arange(12).reshape(4, 3)
    for order, seen in (([0, 1, 2, 3], 2), ([3, 0, 2, 1], 0), ([1, 0], 0), ([1], 0)):
        found = draw(points[None], faces[order], (6, 6)).face_index
        assert set(np.unique(found)) <= {BACKGROUND, seen} and (found == seen).any()


def test_one_over_depth_is_linear_on_a_face():
    face = triangle((0, 0, 1), (8, 0, 4), (0, 8, 1))
    depth = draw(face, ONE, (1, 9)).depth[0, 0]
    np.testing.assert_allclose(1 / depth, np.linspace(1, 1 / 4, 9), rtol=1e-6)


def test_what_is_not_between_near_and_far_is_not_drawn():
    face = triangle((0, 0, 2), (9, 0, 2), (0, 9, 2))
    seen = dict(near=1.0, far=3.0), dict(near=0.1, far=2.1)
    unseen = dict(near=2.0, far=3.0), dict(near=1.0, far=2.0)
    for options in (*seen, *unseen):
        found = draw(face, ONE, (6, 6), **options)
        assert (found.face_index >= 0).any() == (options in seen)
        empty = found.face_index == BACKGROUND
        assert (found.depth[empty] == np.float32(options["far"])).all()


@pytest.mark.parametrize("depths", [(-2, -2, -2), (-1, 2, 2), (0, 2, 2), (0, 0, 0)])
def test_what_is_behind_the_eye_is_not_drawn(depths):
    face = triangle(*np.c_[[(0, 0), (3, 0), (0, 3)], depths])
    assert draw(face, ONE, (1, 1)).face_index == BACKGROUND


def test_no_pixel_is_lost_on_an_edge_between_two_faces():
    """256 edges, each through a pixel centre as nearly as float32 can say."""
    rng = np.random.default_rng(0)
    centre = np.stack(np.meshgrid(*[np.arange(2, 64, 4.0)] * 2), -1).reshape(-1, 1, 2)
    angle = rng.uniform(0, 2 * np.pi, (4, 256, 1))
    along = np.stack([np.cos(angle), np.sin(angle)], -1)
    across = along[..., ::-1] * [1, -1]
    reach = rng.uniform(0.3, 1.9, (2, 4, 256, 1, 1))
    corners = [centre - along * reach[0], centre - 1.5 * across]
    corners += [centre + along * reach[1], centre + 1.5 * across]
    points = np.concatenate(corners, 2).reshape(4, -1, 2)
    points = np.concatenate([points, np.ones((4, 1024, 1))], -1)
    first = 4 * np.arange(256)[:, None]
    faces = np.concatenate([first + [0, 1, 2], first + [0, 2, 3]])
    found = draw(points, faces, SMALL).face_index
    assert (found[:, 2::4, 2::4] >= 0).all()


def test_an_image_with_more_overdraw_than_allowed_is_nan_and_the_others_are_not():
    face = triangle((-99, -99, 1), (299, -99, 1), (-99, 299, 1))
    small = triangle((2, 2, 1), (6, 2, 1), (2, 6, 1))
    faces = np.repeat(ONE, 5, 0)
    found = draw(np.concatenate([small, face, small]), faces, (8, 8), overdraw=4)
    assert (found.face_index[1] == INVALID).all() and np.isnan(found.depth[1]).all()
    for k in (0, 2):
        assert set(np.unique(found.face_index[k])) == {BACKGROUND, 0}
        assert np.isfinite(found.depth[k]).all()
    blend = weights(np.concatenate([small, face, small]), faces, found.face_index)
    assert np.isnan(blend[1]).all() and np.isfinite(blend[::2]).all()
    whole = draw(face, faces, (8, 8), overdraw=5)
    assert (whole.face_index == 0).all()


def test_more_overdraw_than_numbers_can_count_is_nan():
    points, faces = np.zeros((1, 3, 3)), np.zeros((70_000, 3), int) + [0, 1, 2]
    points[0] = triangle((-999, -999, 1), (999, -999, 1), (-999, 999, 1))
    found = draw(points, faces, (256, 256), overdraw=10**6)
    assert (found.face_index == INVALID).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("coordinate", [0, 1, 2])
def test_a_point_that_is_not_finite_makes_its_image_nan(value, coordinate):
    face = triangle((0, 0, 2), (9, 0, 2), (0, 9, 2))
    broken = face.copy()
    broken[0, 1, coordinate] = value
    found = draw(np.concatenate([broken, face]), ONE, (6, 6))
    assert (found.face_index[0] == INVALID).all() and np.isnan(found.depth[0]).all()
    assert (found.face_index[1] == 0).any() and np.isfinite(found.depth[1]).all()


def test_a_face_whose_area_overflows_makes_its_image_nan():
    face = triangle((0, 0, 2), (9, 0, 2), (0, 9, 2))
    found = draw(face * np.float32([1e30, 1e30, 1]), ONE, (6, 6))
    assert (found.face_index == INVALID).all() and np.isnan(found.depth).all()


def test_weights_equal_a_linear_system():
    points = bodies.body(64).astype(np.float32)
    face_index = draw(points[None], BODY, SMALL).face_index
    want = reference.barycentric(points, bodies.BODY_FACES, face_index[0])
    found = weights(points[None], BODY, face_index)[0]
    np.testing.assert_allclose(found, want, atol=1e-5)


def test_blended_points_are_the_pixels_themselves():
    points = bodies.body(128).astype(np.float32)[None]
    face_index = draw(points, BODY, (128, 128)).face_index
    blend = weights(points, BODY, face_index)
    values = jnp.asarray(points[..., :2])
    found = np.asarray(interpolate(values, BODY, jnp.asarray(face_index), blend))[0]
    row, column = np.nonzero(face_index[0] >= 0)
    np.testing.assert_allclose(found[row, column], np.c_[column, row], atol=1e-4)
    assert (found[face_index[0] == BACKGROUND] == 0).all()


POINT = st.tuples(*[st.floats(-20, 20, width=32)] * 2)


@settings(max_examples=60, deadline=None)
@given(st.lists(POINT, min_size=3, max_size=3))
def test_weights_sum_to_one_and_are_not_negative_where_a_face_is_seen(corners):
    face = triangle(*[(x, y, 1.0) for x, y in corners])
    face_index = draw(face, ONE, (8, 8)).face_index
    blend = np.asarray(weights(face, ONE, face_index))
    seen = face_index >= 0
    assert (blend[seen] >= 0).all() and (blend[~seen] == 0).all()
    np.testing.assert_allclose(blend.sum(-1), seen, atol=1e-6)


def test_the_gradient_of_weights_equals_finite_differences():
    rng = np.random.default_rng(0)
    points, faces = bodies.soup(rng, SMALL)
    with jax.enable_x64(True):
        points, faces = jnp.asarray(points)[None], jnp.asarray(faces)
        face_index = rasterize(points, faces, size=SMALL).face_index
        assert (face_index >= 0).mean() > 0.5
        mix = jnp.asarray(rng.normal(size=(1, *SMALL, 3)))
        way = jnp.asarray(rng.normal(size=points.shape))

        @jax.jit
        def total(step):
            return (barycentric(points + step * way, faces, face_index) * mix).sum()

        want = (total(1e-6) - total(-1e-6)) / 2e-6
        np.testing.assert_allclose(jax.grad(total)(0.0), want, rtol=1e-6)


def test_gradients_are_finite_on_empty_images_and_on_faces_seen_edge_on():
    face = triangle((0, 0, 2), (9, 0, 2), (0, 9, 2))
    edge_on = triangle((0, 0, 2), (9, 0, 2), (5, 0, 2))
    empty, full = (np.full((1, 6, 6), k, np.int32) for k in (BACKGROUND, 0))
    gradient = jax.jit(jax.grad(lambda p, i: (barycentric(p, ONE, i) ** 2).sum()))
    for points, face_index in ((face, empty), (edge_on, full), (0 * face, full)):
        assert np.isfinite(weights(points, ONE, face_index)).all()
        assert np.isfinite(gradient(points, face_index)).all()


def test_only_weights_pass_a_gradient():
    face = triangle((0, 0, 2), (9, 0, 2), (0, 9, 2))

    def depth(points):
        return ops.rasterize(points, ONE, size=(6, 6)).depth.sum()

    def shares(points):
        face_index = ops.rasterize(points, ONE, size=(6, 6)).face_index
        return (barycentric(points, ONE, face_index) ** 2).sum()

    assert (jax.jit(jax.grad(depth))(face) == 0).all()
    assert (jax.jit(jax.grad(shares))(face)[..., :2] != 0).any()


@pytest.mark.parametrize("shape", [(8, 1), (4, 2)])
def test_split_batches_stay_where_they_are(shape):
    mesh = jax.make_mesh(shape, ("data", "model"), (jax.sharding.AxisType.Auto,) * 2)
    split, whole = NamedSharding(mesh, P("data")), NamedSharding(mesh, P())
    points = np.float32([bodies.body(32, seed=k) for k in range(8)])

    def loss(points, faces):
        face_index, depth = ops.rasterize(points, faces, size=(32, 32))
        return (barycentric(points, faces, face_index) ** 2).sum(), (face_index, depth)

    gradient = jax.jit(jax.grad(loss, has_aux=True))
    want = gradient(points, BODY)
    with jax.set_mesh(mesh):
        given = jax.device_put(points, split), jax.device_put(BODY, whole)
        compiled = gradient.lower(*given).compile()
        found = compiled(*given)
    talk = r"all-gather|all-reduce|all-to-all|collective-permute"
    assert re.findall(talk, compiled.as_text()) == []
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(want), strict=True):
        assert a.sharding.spec == P("data")
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)
