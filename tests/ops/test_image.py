from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxgen.ops import image as ops
from jaxgen.ops.image import from_bytes, resize_area, resize_bilinear, to_bytes
from tests.reference import image as reference

EVERY_BYTE = np.arange(256, dtype=np.uint8)
SIZES = [(3, 5), (6, 9), (4, 7), (12, 20), (1, 1)]
area = jax.jit(resize_area, static_argnames="size")
bilinear = jax.jit(resize_bilinear, static_argnames=("size", "align_corners"))
WAYS = {
    "area": (area, reference.resize_area),
    "bilinear": (bilinear, reference.resize_bilinear),
    "aligned": tuple(
        partial(f, align_corners=True) for f in (bilinear, reference.resize_bilinear)
    ),
}
WEIGHTS = {
    "area": ops._area,
    "bilinear": partial(ops._bilinear, align_corners=False),
    "aligned": partial(ops._bilinear, align_corners=True),
}
EACH_WAY = pytest.mark.parametrize("way", WAYS)
LENGTHS = st.integers(1, 99)


def numbers(seed, *shape):
    drawn = np.random.default_rng(seed).standard_normal(shape, np.float32)
    return jnp.asarray(drawn)


def inner(a, b):
    return float((np.float64(a) * np.float64(b)).sum())


def test_bytes_become_floats_from_minus_one_to_one():
    floats = from_bytes(jnp.asarray(EVERY_BYTE))
    assert floats.dtype == jnp.float32
    np.testing.assert_allclose(floats, reference.from_bytes(EVERY_BYTE), atol=1e-7)


def test_every_byte_survives_the_way_there_and_back():
    there = from_bytes(jnp.asarray(EVERY_BYTE))
    np.testing.assert_array_equal(to_bytes(there), EVERY_BYTE)


def test_floats_become_the_bytes_of_the_twin():
    floats = jnp.linspace(-1.2, 1.2, 999)
    np.testing.assert_array_equal(to_bytes(floats), reference.to_bytes(floats))


def test_fractions_of_a_byte_are_cut_off():
    almost = jnp.float32([10.99, 11.01, 254.9]) / 127.5 - 1
    np.testing.assert_array_equal(to_bytes(almost), [10, 11, 254])


def test_what_leaves_the_range_is_clipped_and_never_wraps():
    outside = jnp.float32([-1.01, -30.0, 1.01, 30.0])
    np.testing.assert_array_equal(to_bytes(outside), [0, 0, 255, 255])


@EACH_WAY
@pytest.mark.parametrize("size", SIZES)
def test_resizing_equals_its_twin(way, size):
    image = numbers(0, 2, 6, 10, 3)
    resize, twin = WAYS[way]
    np.testing.assert_allclose(resize(image, size=size), twin(image, size), atol=1e-5)


@given(st.sampled_from(list(WEIGHTS)), LENGTHS, LENGTHS)
def test_weights_of_any_ratio_sum_to_one_and_are_few(way, source, count):
    weights = WEIGHTS[way](source, count)
    np.testing.assert_allclose(weights.sum(1), np.ones(count), atol=1e-9)
    most = int(np.ceil(source / count)) + 1 if way == "area" else 2
    assert (weights != 0).sum(1).max() <= most


@EACH_WAY
def test_the_same_size_changes_nothing(way):
    image = numbers(0, 2, 6, 10, 3)
    result = WAYS[way][0](image, size=(6, 10))
    np.testing.assert_allclose(result, image, atol=1e-6)


@EACH_WAY
@pytest.mark.parametrize("size", SIZES)
def test_the_gradient_is_the_adjoint(way, size):
    image, y = numbers(0, 2, 6, 10, 3), numbers(1, 2, *size, 3)
    result, back = jax.vjp(lambda image: WAYS[way][0](image, size=size), image)
    assert inner(result, y) == pytest.approx(inner(image, back(y)[0]), abs=1e-4)


@EACH_WAY
def test_second_derivatives_exist(way):
    def energy(image):
        return (WAYS[way][0](image, size=(4, 7)) ** 3).sum()

    def norm(image):
        return (jax.grad(energy)(image) ** 2).sum()

    gradient = jax.jit(jax.grad(norm))(numbers(0, 1, 6, 10, 1))
    assert np.isfinite(gradient).all() and np.abs(gradient).max() > 0


@pytest.mark.parametrize("size", [(2, 5), (3, 4), (5, 7)])
def test_area_keeps_the_mean_whatever_the_ratio(size):
    image = numbers(0, 2, 6, 10, 3)
    means = image.mean((1, 2)), area(image, size=size).mean((1, 2))
    np.testing.assert_allclose(*means, atol=1e-6)


def test_area_of_a_half_is_the_mean_of_four():
    image = numbers(0, 2, 6, 10, 3)
    want = image.reshape(2, 3, 2, 5, 2, 3).mean((2, 4))
    np.testing.assert_allclose(area(image, size=(3, 5)), want, atol=1e-6)


def test_a_line_stays_a_line_between_the_outermost_centres():
    line = jnp.arange(10.0).reshape(1, 1, 10, 1)
    aligned = bilinear(line, size=(1, 28), align_corners=True)
    np.testing.assert_allclose(aligned.ravel(), np.linspace(0, 9, 28), atol=1e-5)
    halves = bilinear(line, size=(1, 20)).ravel()
    np.testing.assert_allclose(halves[1:-1], np.arange(1, 19) / 2 - 0.25, atol=1e-5)
    np.testing.assert_array_equal(halves[jnp.array([0, -1])], [0, 9])


@EACH_WAY
def test_half_precision_is_mixed_in_full_precision(way):
    image = jnp.asarray(numbers(0, 1, 6, 10, 3), jnp.bfloat16)
    result = WAYS[way][0](image, size=(4, 7))
    assert result.dtype == jnp.bfloat16
    want = WAYS[way][0](jnp.float32(image), size=(4, 7)).astype(jnp.bfloat16)
    np.testing.assert_array_equal(result, want)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("align_corners", [False, True])
def test_bilinear_equals_torchs(size, align_corners):
    torch = pytest.importorskip("torch")
    image = numbers(0, 2, 6, 10, 3)
    want = torch.nn.functional.interpolate(
        torch.tensor(np.array(image)).permute(0, 3, 1, 2),
        size=size,
        mode="bilinear",
        align_corners=align_corners,
    ).permute(0, 2, 3, 1)
    result = bilinear(image, size=size, align_corners=align_corners)
    np.testing.assert_allclose(result, want.numpy(), atol=1e-5)
