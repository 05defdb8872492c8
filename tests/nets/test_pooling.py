import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxgen.nets.pooling import average_pool, max_pool


def drawn(*shape):
    return jnp.asarray(np.random.default_rng(0).normal(size=shape), jnp.float32)


def windowed(image, function, start, size, stride, sides):
    padding = ((0, 0), (sides, sides), (sides, sides), (0, 0))
    return lax.reduce_window(
        image, start, function, (1, size, size, 1), (1, stride, stride, 1), padding
    )


@pytest.mark.parametrize("size, stride, padding", [(2, 2, 0), (3, 2, 0), (3, 1, 1)])
@pytest.mark.parametrize("height, width", [(8, 9), (7, 6)])
def test_a_maximum_is_that_of_each_window(size, stride, padding, height, width):
    image = drawn(2, height, width, 3)
    got = max_pool(image, size=size, stride=stride, padding=padding)
    want = windowed(image, lax.max, -jnp.inf, size, stride, padding)
    np.testing.assert_array_equal(got, want)


def test_a_maximum_hands_its_gradient_to_the_largest_pixel():
    image = drawn(1, 6, 6, 2)

    def ours(image):
        return jnp.sum(max_pool(image, size=2, stride=2) ** 2)

    def theirs(image):
        return jnp.sum(windowed(image, lax.max, -jnp.inf, 2, 2, 0) ** 2)

    np.testing.assert_allclose(jax.grad(ours)(image), jax.grad(theirs)(image))


def test_padding_is_never_the_largest():
    image = -1 - jnp.abs(drawn(1, 4, 4, 1))
    assert max_pool(image, size=3, stride=1, padding=1).max() < -1


@pytest.mark.parametrize("counts_padding", [False, True])
@pytest.mark.parametrize("height, width", [(5, 4), (1, 2)])
def test_a_mean_divides_by_the_pixels_that_count(counts_padding, height, width):
    image = drawn(2, height, width, 3)
    ones = jnp.ones((1, height, width, 1))
    total = windowed(image, lax.add, 0.0, 3, 1, 1)
    inside = 9 * ones if counts_padding else windowed(ones, lax.add, 0.0, 3, 1, 1)
    want = total / jnp.broadcast_to(inside, total.shape)
    got = average_pool(image, size=3, counts_padding=counts_padding)
    np.testing.assert_allclose(got, want, atol=1e-6)


def test_the_mean_of_a_constant_falls_at_the_border_only_if_padding_counts():
    image = jnp.ones((1, 4, 4, 1))
    assert average_pool(image, size=3, counts_padding=False).min() == 1
    assert average_pool(image, size=3, counts_padding=True)[0, 0, 0, 0] == 4 / 9
