import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.systems.pg2.losses import within_neighbourhood

WINDOW = 5
clip = jax.jit(within_neighbourhood, static_argnames="window")


@pytest.fixture
def coarse(key):
    return jax.random.uniform(key, (2, 9, 7, 3), minval=-1.0)


def bounds(coarse):
    """Pixel by pixel: means of 3x3 pixels, and their extremes in a window."""
    coarse = np.asarray(coarse, np.float64)
    height, width = coarse.shape[1:3]

    def around(image, row, column, reach):
        rows = slice(max(row - reach, 0), row + reach + 1)
        return image[:, rows, max(column - reach, 0) : column + reach + 1]

    places = [(r, c) for r in range(height) for c in range(width)]
    mean, low, high = (np.empty_like(coarse) for _ in range(3))
    for row, column in places:
        mean[:, row, column] = around(coarse, row, column, 1).mean((1, 2))
    for row, column in places:
        nearby = around(mean, row, column, WINDOW // 2)
        low[:, row, column] = nearby.min((1, 2))
        high[:, row, column] = nearby.max((1, 2))
    return low, high


def test_what_is_far_outside_becomes_the_bound(coarse):
    low, high = bounds(coarse)
    below = clip(jnp.full_like(coarse, -9.0), coarse, window=WINDOW)
    above = clip(jnp.full_like(coarse, 9.0), coarse, window=WINDOW)
    np.testing.assert_allclose(below, low, atol=1e-6)
    np.testing.assert_allclose(above, high, atol=1e-6)


def test_no_value_leaves_the_range_and_none_inside_it_moves(coarse, key):
    low, high = bounds(coarse)
    image = 2 * jax.random.normal(key, coarse.shape)
    clipped = np.asarray(clip(image, coarse, window=WINDOW))
    np.testing.assert_allclose(clipped, np.clip(image, low, high), atol=1e-6)
    inside = (image > low + 1e-5) & (image < high - 1e-5)
    assert inside.any() and not inside.all()
    np.testing.assert_array_equal(clipped[inside], image[inside])


def test_a_flat_picture_lets_nothing_through():
    flat = jnp.full((1, 8, 8, 3), 0.25)
    image = jnp.linspace(-1, 1, flat.size).reshape(flat.shape)
    np.testing.assert_allclose(clip(image, flat, window=3), 0.25, atol=1e-6)


def test_gradients_pass_inside_stop_outside_and_never_reach_the_coarse(coarse, key):
    image = 2 * jax.random.normal(key, coarse.shape)
    to_image, to_coarse = jax.grad(
        lambda *pair: clip(*pair, window=WINDOW).sum(), argnums=(0, 1)
    )(image, coarse)
    low, high = bounds(coarse)
    np.testing.assert_array_equal(to_image, (image > low) & (image < high))
    assert not to_coarse.any()
