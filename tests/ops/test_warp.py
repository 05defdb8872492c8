"""Against the twin, against torch's `grid_sample`, and by what a warp has to obey."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from jaxgen.ops import warp as ops
from jaxgen.ops.warp import affine_points, pixels_from_unit, warp
from tests.reference import warp as reference

HEIGHT, WIDTH = 7, 9
SEEDS = st.integers(0, 2**32 - 1)


def numbers(seed, *shape):
    drawn = np.random.default_rng(seed).standard_normal(shape, np.float32)
    return jnp.asarray(drawn)


def some_points(seed, b=2, u=4, v=5, margin=3.0):
    """In the image and about it, at least 0.05 from whole numbers, where kinks are."""
    rng = np.random.default_rng(seed)
    span = np.array([WIDTH, HEIGHT]) + 2 * margin
    points = rng.random((b, u, v, 2)) * span - margin
    whole = np.floor(points)
    return jnp.float32(whole + np.clip(points - whole, 0.05, 0.95))


def identity(b, size=(HEIGHT, WIDTH)):
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float32)
    return jnp.broadcast_to(np.stack([columns, rows], -1), (b, *size, 2))


def inner(a, b):
    return float((np.float64(a) * np.float64(b)).sum())


fast = jax.jit(warp)
pulled_back = jax.jit(lambda image, points, y: jax.vjp(warp, image, points)[1](y))


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_it_equals_its_twin(seed):
    image, points = numbers(seed, 2, HEIGHT, WIDTH, 3), some_points(seed)
    want = reference.warp(image, points)
    np.testing.assert_allclose(fast(image, points), want, atol=1e-5)


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_gradients_to_points_equal_finite_differences_of_the_twin(seed):
    image, points = numbers(seed, 2, HEIGHT, WIDTH, 3), some_points(seed)
    y = numbers(seed + 1, 2, 4, 5, 3)
    slopes = reference.slopes(image, points)
    want = (slopes * np.float64(y)[..., None]).sum(-2)
    np.testing.assert_allclose(pulled_back(image, points, y)[1], want, atol=1e-4)


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_the_gradient_to_the_image_is_the_adjoint(seed):
    image, points = numbers(seed, 2, HEIGHT, WIDTH, 3), some_points(seed)
    y = numbers(seed + 1, 2, 4, 5, 3)
    back = pulled_back(image, points, y)[0]
    assert inner(fast(image, points), y) == pytest.approx(inner(image, back), abs=1e-4)


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_it_is_linear_in_the_image(seed):
    one, two = numbers(seed, 2, 2, HEIGHT, WIDTH, 3)
    points = some_points(seed)
    want = 2 * fast(one, points) - 3 * fast(two, points)
    np.testing.assert_allclose(fast(2 * one - 3 * two, points), want, atol=1e-4)


def test_reading_every_pixel_at_its_place_changes_nothing():
    image = numbers(0, 2, HEIGHT, WIDTH, 3)
    np.testing.assert_array_equal(fast(image, identity(2)), image)


def test_a_move_by_one_pixel_moves_the_picture_and_lets_zero_in():
    image = numbers(0, 1, HEIGHT, WIDTH, 3)
    moved = fast(image, identity(1).at[..., 0].add(1))
    np.testing.assert_array_equal(moved[:, :, :-1], image[:, :, 1:])
    np.testing.assert_array_equal(moved[:, :, -1], np.zeros((1, HEIGHT, 3)))


@pytest.mark.parametrize("far", [-2.0 * WIDTH, -1.0, 1e9, -1e30, np.inf])
def test_points_outside_give_zero_and_zero_gradients(far):
    image = numbers(0, 1, HEIGHT, WIDTH, 3)
    points = jnp.full((1, 2, 2, 2), far).at[..., 1].set(2.5)
    np.testing.assert_array_equal(fast(image, points), np.zeros((1, 2, 2, 3)))
    if far != -1.0:  # There the derivative to the right begins.
        for gradient in pulled_back(image, points, np.ones((1, 2, 2, 3), np.float32)):
            np.testing.assert_array_equal(gradient, np.zeros(gradient.shape))


@pytest.mark.parametrize("axis", [0, 1])
def test_nan_stays_visible_and_spoils_no_other_point(axis):
    image, points = numbers(0, 1, HEIGHT, WIDTH, 3), some_points(0, b=1)
    spoilt = points.at[0, 1, 2, axis].set(np.nan)
    result, want = np.array(fast(image, spoilt)), np.array(fast(image, points))
    assert np.isnan(result[0, 1, 2]).all()
    want[0, 1, 2] = np.nan
    np.testing.assert_array_equal(result, want)


def test_half_precision_reads_at_points_of_full_precision():
    image = np.broadcast_to(np.arange(256.0), (1, 2, 256))[..., None]
    points = np.float32([[[[200.25, 0.0], [201.75, 1.0]]]])
    result = fast(jnp.asarray(image, jnp.bfloat16), points)
    assert result.dtype == jnp.bfloat16
    want = jnp.asarray([200.25, 201.75], jnp.bfloat16)
    np.testing.assert_array_equal(result.ravel(), want)


def test_gradients_have_the_type_of_what_they_belong_to():
    image = jnp.asarray(numbers(0, 1, HEIGHT, WIDTH, 3), jnp.bfloat16)
    y = jnp.ones((1, 4, 5, 3), jnp.bfloat16)
    by_image, by_points = pulled_back(image, some_points(0, b=1), y)
    assert (by_image.dtype, by_points.dtype) == (jnp.bfloat16, jnp.float32)


def test_the_second_derivative_equals_differences_of_the_first():
    image, points = numbers(0, 1, HEIGHT, WIDTH, 2), some_points(0, b=1, margin=0)
    direction = numbers(1, *points.shape)

    @jax.jit
    def first(points):
        return jax.grad(lambda p: (warp(image, p) ** 2).sum())(points)

    second = jax.jit(jax.grad(lambda p: (first(p) * direction).sum()))(points)
    step = 1e-2
    ahead, behind = first(points + step * direction), first(points - step * direction)
    inside = (np.abs(np.mod(points, 1) - 0.5) < 0.4).all(-1)
    assert inside.sum() > 5
    want = (ahead - behind) / (2 * step)
    np.testing.assert_allclose(second[inside], want[inside], rtol=1e-2, atol=1e-2)
    assert np.isfinite(second).all()


def test_second_derivatives_by_image_and_points_are_finite():
    image, points = numbers(0, 2, HEIGHT, WIDTH, 2), identity(2)

    def norm(image, points):
        gradients = jax.grad(lambda *a: (warp(*a) ** 2).sum(), (0, 1))(image, points)
        return sum((g**2).sum() for g in gradients)

    for gradient in jax.jit(jax.grad(norm, (0, 1)))(image, points):
        assert np.isfinite(gradient).all() and np.abs(gradient).max() > 0


def test_the_loop_of_a_tpu_gives_what_all_at_once_gives():
    image, points = numbers(0, 3, HEIGHT, WIDTH, 2), some_points(0, b=3)
    pairs = [(t.index, t.weight) for t in ops._taps(points, (HEIGHT, WIDTH))]
    looped = jax.jit(ops._one_by_one(ops._blend))(image, pairs)
    np.testing.assert_allclose(looped, fast(image, points), atol=1e-6)


@pytest.mark.parametrize("platform, loops", [("cpu", 0), ("cuda", 0), ("tpu", 1)])
def test_only_a_tpu_reads_one_image_at_a_time(platform, loops):
    shapes = [jax.ShapeDtypeStruct((3, 8, 8, c), jnp.float32) for c in (3, 2)]
    exported = jax.export.export(jax.jit(warp), platforms=[platform])(*shapes)
    assert exported.mlir_module().count("stablehlo.while") == loops


def on_a_mesh(function, arrays, *, data, model):
    """Compiled for a batch that is split over `data`, and what comes out."""
    axes, types = ("data", "model"), (AxisType.Auto,) * 2
    mesh = jax.make_mesh((data, model), axes, axis_types=types)
    split = NamedSharding(mesh, PartitionSpec("data"))
    with jax.set_mesh(mesh):
        arrays = jax.device_put(arrays, split)
        compiled = jax.jit(function).lower(*arrays).compile()
        return compiled.as_text(), compiled(*arrays)


@pytest.mark.parametrize("data, model", [(8, 1), (4, 2)])
def test_split_over_devices_every_one_reads_its_own_images(data, model):
    arrays = (
        numbers(0, 8, HEIGHT, WIDTH, 2),
        some_points(0, b=8),
        numbers(1, 8, 4, 5, 2),
    )
    text, results = on_a_mesh(pulled_back, arrays, data=data, model=model)
    for result, want in zip(results, pulled_back(*arrays), strict=True):
        np.testing.assert_allclose(result, want, atol=1e-5)
        assert len(result.sharding.device_set) == 8
        assert result.sharding.shard_shape(result.shape)[0] == 8 // data
    for word in ("all-gather", "all-to-all", "collective-permute", "all-reduce"):
        assert word not in text


def test_a_batch_that_does_not_divide_is_read_whole():
    image, points = numbers(0, 6, HEIGHT, WIDTH, 2), some_points(0, b=6)
    mesh = jax.make_mesh((8,), ("data",), axis_types=(AxisType.Auto,))
    with jax.set_mesh(mesh):
        result = jax.jit(warp)(image, points)
    np.testing.assert_allclose(result, fast(image, points), atol=1e-6)


@pytest.mark.parametrize("align_corners", [False, True])
def test_units_in_pixels_equal_their_twin(align_corners):
    points = numbers(0, 1, 3, 4, 2)
    options = {"size": (HEIGHT, WIDTH), "align_corners": align_corners}
    want = reference.pixels_from_unit(points, **options)
    np.testing.assert_allclose(pixels_from_unit(points, **options), want, atol=1e-5)


def test_minus_one_and_one_are_the_border_or_the_outermost_centres():
    corners = jnp.float32([[[[-1, -1], [1, 1]]]])
    edges = pixels_from_unit(corners, size=(4, 10))
    np.testing.assert_array_equal(edges, [[[[-0.5, -0.5], [9.5, 3.5]]]])
    centers = pixels_from_unit(corners, size=(4, 10), align_corners=True)
    np.testing.assert_array_equal(centers, [[[[0, 0], [9, 3]]]])


def test_affine_points_equal_their_twin():
    matrix = numbers(0, 3, 2, 3)
    want = reference.affine_points(matrix, (4, 5))
    np.testing.assert_allclose(affine_points(matrix, size=(4, 5)), want, atol=1e-5)


def test_many_transforms_of_one_image_keep_their_axes():
    matrix = numbers(0, 2, 10, 2, 3)
    points = affine_points(matrix, size=(4, 5))
    assert points.shape == (2, 10, 4, 5, 2)
    want = reference.affine_points(matrix[1], (4, 5))
    np.testing.assert_allclose(points[1], want, atol=1e-5)


def test_the_identity_matrix_reads_every_pixel_at_its_place():
    points = affine_points(jnp.float32([[[1, 0, 0], [0, 1, 0]]]), size=(3, 4))
    np.testing.assert_array_equal(points, identity(1, (3, 4)))


SMALL = jnp.float32([[0, 1, 4, 9], [2, 7, 1, 8], [3, 1, 4, 6]])[None, :, :, None]
UNITS = [[-1, -1], [1, 1], [1, -1], [-1, 1], [0, 0], [0.3, -0.7], [-0.95, 0.99]]
UNITS = jnp.float32(UNITS + [[1.2, 0.1], [-2, -2], [-2, 0.5], [2, 2]])[None, None]
#: What grid_sample of torch 2.13 gives for them, and the gradients of the sum of its
#: results times 1, 2, ... 11.
GRID_SAMPLE = {
    False: (
        [0, 1.5, 2.25, 0.75, 4, 4.275, 0.927, 0.769999, 0, 0, 0],
        [[0.25, 0, 5.13, 1.32], [0, 2.5, 2.5, 0.68], [3.163, 0, 0, 0.62]],
        [[0, 0], [-12, -9], [-27, 20.25], [12, -9], [-60, -11.25], [57, 40.5]]
        + [[21.63, -18.9], [-123.2, -2.4], [0, 0], [0, 0], [0, 0]],
    ),
    True: (
        [0, 6, 9, 3, 4, 3.085, 2.84525, 5.46, 0, 0, 0],
        [
            [1, 0.21, 3.99, 3],
            [0.06475, 2.59525, 4.21, 5.04],
            [10.41025, 0.51975, 0, 2.56],
        ],
        [[1.5, 2], [-18, -12], [-40.5, -3], [-12, -12], [-45, -7.5], [2.7, -15.3]]
        + [[-20.265, 3.325], [-93.6, -11.2], [0, 0], [0, 0], [0, 0]],
    ),
}


@partial(jax.jit, static_argnames="align_corners")
def warp_units(image, units, align_corners):
    options = {"size": image.shape[1:3], "align_corners": align_corners}
    return warp(image, pixels_from_unit(units, **options))


@pytest.mark.parametrize("align_corners", [False, True])
def test_units_give_what_grid_sample_gave_at_the_border_and_far_outside(align_corners):
    result, back = jax.vjp(lambda i, p: warp_units(i, p, align_corners), SMALL, UNITS)
    want, *gradients = GRID_SAMPLE[align_corners]
    np.testing.assert_allclose(result.ravel(), want, atol=1e-5)
    by_image, by_units = back(jnp.arange(1.0, 12.0).reshape(result.shape))
    np.testing.assert_allclose(by_image[0, :, :, 0], gradients[0], atol=2e-5)
    np.testing.assert_allclose(by_units[0, 0], gradients[1], atol=2e-4)


@pytest.mark.parametrize("align_corners", [False, True])
def test_units_give_what_grid_sample_gives(align_corners):
    torch = pytest.importorskip("torch")
    image, y = numbers(0, 3, 17, 17, 5), numbers(1, 3, 17, 17, 5)
    units = numbers(2, 3, 17, 17, 2).at[0, 0].set(-2.0)
    there = [torch.tensor(np.array(a), requires_grad=True) for a in (image, units)]
    sampled = torch.nn.functional.grid_sample(
        there[0].permute(0, 3, 1, 2), there[1], align_corners=align_corners
    ).permute(0, 2, 3, 1)
    sampled.backward(torch.tensor(np.array(y)))
    result, back = jax.vjp(lambda i, p: warp_units(i, p, align_corners), image, units)
    np.testing.assert_allclose(result, sampled.detach().numpy(), atol=1e-5)
    for ours, theirs in zip(back(y), there, strict=True):
        np.testing.assert_allclose(ours, theirs.grad.numpy(), atol=2e-4)


@pytest.mark.parametrize("align_corners", [False, True])
def test_affine_points_are_affine_grid_in_pixels(align_corners):
    torch = pytest.importorskip("torch")
    size, theta = (6, 8), np.array(numbers(0, 2, 2, 3))
    grid = torch.nn.functional.affine_grid(
        torch.tensor(theta), (2, 1, *size), align_corners=align_corners
    )
    options = {"size": size, "align_corners": align_corners}
    want = pixels_from_unit(jnp.asarray(grid.numpy()), **options)
    # Where 0, (1, 0) and (0, 1) of units lie in pixels gives the same map in pixels.
    units = jnp.float32([[[[0, 0], [1, 0], [0, 1]]]])
    origin, right, down = np.asarray(pixels_from_unit(units, **options))[0, 0]
    to_pixels = np.stack([right - origin, down - origin], -1)
    linear = to_pixels @ theta[:, :, :2] @ np.linalg.inv(to_pixels)
    moved = theta[:, :, 2] @ to_pixels.T + origin - linear @ origin
    matrix = jnp.float32(np.concatenate([linear, moved[:, :, None]], -1))
    np.testing.assert_allclose(affine_points(matrix, size=size), want, atol=1e-4)
