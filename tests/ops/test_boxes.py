from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxgen.ops import boxes as boxes_ops
from tests.reference import boxes as reference

HEIGHT, WIDTH = 11, 13
SEEDS = st.integers(0, 2**32 - 1)
WHOLE = jnp.float32([[-0.5, -0.5, WIDTH - 0.5, HEIGHT - 0.5]])


def numbers(seed, *shape):
    drawn = np.random.default_rng(seed).standard_normal(shape, np.float32)
    return jnp.asarray(drawn)


def some_boxes(seed, b=2):
    """From two pixels wide to most of the image, in it and over its border."""
    rng = np.random.default_rng(seed)
    extent = rng.uniform(2, 9, (b, 2))
    start = rng.uniform(-3, [WIDTH - 3, HEIGHT - 3], (b, 2))
    return jnp.float32(np.concatenate([start, start + extent], -1))


crop = jax.jit(boxes_ops.crop, static_argnames="size")
mask = jax.jit(boxes_ops.mask, static_argnames="size")
paste = jax.jit(boxes_ops.paste)
border = boxes_ops.border
small = partial(crop, size=(3, 4))


@settings(deadline=None, max_examples=10)
@given(SEEDS)
def test_crops_equal_their_twin(seed):
    image, boxes = numbers(seed, 2, HEIGHT, WIDTH, 2), some_boxes(seed)
    for size in ((3, 4), (17, 15)):
        want = reference.crop(image, boxes, size)
        np.testing.assert_allclose(crop(image, boxes, size=size), want, atol=1e-4)


@settings(deadline=None, max_examples=10)
@given(SEEDS)
def test_pasting_equals_its_twin(seed):
    image, boxes = numbers(seed, 2, HEIGHT, WIDTH, 2), some_boxes(seed)
    inset = numbers(seed + 1, 2, 6, 5, 2)
    want = reference.paste(image, inset, boxes)
    np.testing.assert_allclose(paste(image, inset, boxes), want, atol=1e-4)


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_masks_equal_their_twin(seed):
    boxes = some_boxes(seed)
    want = reference.mask(boxes, (HEIGHT, WIDTH))
    np.testing.assert_allclose(mask(boxes, size=(HEIGHT, WIDTH)), want, atol=1e-5)


@pytest.mark.parametrize("width", [0, 1, 3, 6, 40])
def test_borders_equal_their_twin(width):
    image = numbers(0, 2, HEIGHT, WIDTH, 2)
    want = reference.border(image, width)
    np.testing.assert_array_equal(border(image, width=width), want)


def test_a_crop_of_whole_pixels_at_their_size_is_a_slice():
    image = numbers(0, 1, HEIGHT, WIDTH, 3)
    cut = crop(image, jnp.float32([[1.5, 2.5, 6.5, 9.5]]), size=(7, 5))
    np.testing.assert_allclose(cut, image[:, 3:10, 2:7], atol=1e-6)


@pytest.mark.parametrize("size", [(5, 4), (HEIGHT, WIDTH), (25, 31)])
def test_the_whole_image_is_resized_as_jax_does(size):
    image = numbers(0, 1, HEIGHT, WIDTH, 3)
    want = jax.image.resize(image, (1, *size, 3), "linear")
    np.testing.assert_allclose(crop(image, WHOLE, size=size), want, atol=1e-5)


def test_outside_the_image_a_crop_is_zero():
    image = jnp.ones((1, HEIGHT, WIDTH, 1))
    beside = jnp.float32([[-8.5, 2.5, -0.5, 6.5]])
    np.testing.assert_array_equal(
        crop(image, beside, size=(2, 4)), np.zeros((1, 2, 4, 1))
    )
    half = crop(image, jnp.float32([[-4.5, 0.5, 3.5, 4.5]]), size=(2, 4))
    np.testing.assert_allclose(half[0, 0, :, 0], [0, 0, 1, 1], atol=1e-6)


def test_what_was_cut_out_goes_back_where_it_was():
    image = numbers(0, 1, HEIGHT, WIDTH, 3)
    box = jnp.float32([[1.5, 2.5, 6.5, 9.5]])
    changed = paste(jnp.zeros_like(image), crop(image, box, size=(7, 5)), box)
    want = np.zeros(image.shape)
    want[:, 3:10, 2:7] = image[:, 3:10, 2:7]
    np.testing.assert_allclose(changed, want, atol=1e-5)


@settings(deadline=None, max_examples=10)
@given(SEEDS)
def test_pasting_one_colour_is_the_mask(seed):
    boxes = some_boxes(seed)
    image = jnp.zeros((2, HEIGHT, WIDTH, 1))
    result = paste(image, jnp.ones((2, 4, 4, 1)), boxes)
    np.testing.assert_allclose(result, mask(boxes, size=image.shape[1:3]), atol=1e-5)


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_a_mask_weighs_what_the_box_covers(seed):
    boxes = np.array(some_boxes(seed))
    inside = np.clip(boxes, -0.5, np.tile([WIDTH - 0.5, HEIGHT - 0.5], 2))
    area = (inside[:, 2] - inside[:, 0]) * (inside[:, 3] - inside[:, 1])
    covered = mask(jnp.asarray(boxes), size=(HEIGHT, WIDTH)).sum((1, 2, 3))
    np.testing.assert_allclose(covered, area, atol=1e-4)


def differences(function, boxes, step=1e-3):
    """The gradient of a sum by boxes, from the twin in float64."""
    boxes, result = np.float64(boxes), np.zeros(boxes.shape)
    for place in np.ndindex(boxes.shape):
        move = np.zeros(boxes.shape)
        move[place] = step
        ahead, behind = function(boxes + move).sum(), function(boxes - move).sum()
        result[place] = (ahead - behind) / (2 * step)
    return result


#: No edge and no centre of a pixel lies within the step of a kink.
QUIET = jnp.float32([[1.87, 2.13, 6.41, 8.72], [3.23, 1.71, 10.36, 6.14]])


@pytest.mark.parametrize("size", [(3, 4), (17, 15)])
def test_gradients_of_crops_to_boxes_equal_finite_differences(size):
    image = numbers(0, 2, HEIGHT, WIDTH, 2)
    total = jax.jit(lambda boxes: crop(image, boxes, size=size).sum())
    gradient = jax.grad(total)(QUIET)
    want = differences(lambda boxes: reference.crop(image, boxes, size), QUIET)
    np.testing.assert_allclose(gradient, want, rtol=1e-3, atol=5e-3)


def test_gradients_of_pasting_to_boxes_equal_finite_differences():
    image, inset = numbers(0, 2, HEIGHT, WIDTH, 2), numbers(1, 2, 3, 3, 2)
    total = jax.jit(lambda boxes: paste(image, inset, boxes).sum())
    gradient = jax.grad(total)(QUIET)
    want = differences(lambda boxes: reference.paste(image, inset, boxes), QUIET)
    np.testing.assert_allclose(gradient, want, rtol=1e-3, atol=5e-3)


def test_gradients_to_the_pixels_are_the_adjoint():
    image, boxes, y = numbers(0, 2, HEIGHT, WIDTH, 2), QUIET, numbers(1, 2, 3, 4, 2)
    result, back = jax.vjp(lambda image: small(image, boxes), image)
    there, and_back = (result * y).sum(), (image * back(y)[0]).sum()
    np.testing.assert_allclose(there, and_back, atol=1e-4)


def test_boxes_without_area_cover_nothing_and_divide_by_nothing():
    image, empty = numbers(0, 2, HEIGHT, WIDTH, 2), jnp.float32([[3] * 4, [5, 5, 2, 9]])
    np.testing.assert_array_equal(paste(image, image, empty), image)

    def total(boxes):
        return (small(image, boxes) ** 2).sum() + paste(image, image, boxes).sum()

    assert np.isfinite(small(image, empty)).all()
    assert np.isfinite(jax.jit(jax.grad(total))(empty)).all()


def test_a_missing_box_is_visible_in_its_own_image_only():
    image, boxes = numbers(0, 2, HEIGHT, WIDTH, 2), QUIET.at[1].set(jnp.nan)
    for result in (small(image, boxes), mask(boxes, size=(4, 5))):
        assert np.isfinite(result[0]).all()
        assert np.isnan(result[1]).all()


def test_half_precision_stays_and_is_placed_in_full_precision():
    image = jnp.asarray(numbers(0, 2, HEIGHT, WIDTH, 2), jnp.bfloat16)
    cut = small(image, QUIET)
    assert cut.dtype == paste(image, cut, QUIET).dtype == jnp.bfloat16
    want = small(jnp.float32(image), QUIET)
    np.testing.assert_allclose(jnp.float32(cut), want, atol=2e-2)
