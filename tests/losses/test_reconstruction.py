import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.losses import reconstruction


@pytest.fixture
def pair(key):
    return jax.random.normal(key, (2, 2, 6, 4, 3))


def test_l1_is_the_mean_absolute_difference(pair):
    image, target = pair
    want = np.abs(np.asarray(image, np.float64) - np.asarray(target)).mean()
    np.testing.assert_allclose(reconstruction.l1(image, target), want, rtol=1e-6)


def test_both_are_zero_at_equality(pair):
    image, mask = pair[0], jnp.ones((2, 6, 4, 1))
    assert reconstruction.l1(image, image) == 0
    assert reconstruction.masked_l1(image, image, mask) == 0


@pytest.mark.parametrize("inside, factor", [(0.0, 1), (1.0, 2)])
def test_masked_l1_is_l1_under_an_empty_mask_and_twice_that_under_a_full_one(
    pair, inside, factor
):
    image, target = pair
    masked = reconstruction.masked_l1(image, target, jnp.full((2, 6, 4, 1), inside))
    l1 = reconstruction.l1(image, target)
    np.testing.assert_allclose(masked, factor * l1, rtol=1e-6)


def test_masked_l1_divides_by_all_numbers_and_not_by_the_size_of_the_mask():
    """Off by 1 everywhere; a quarter of the pixels counts twice: 1 + 1/4."""
    image, target = jnp.ones((2, 4, 4, 3)), jnp.zeros((2, 4, 4, 3))
    mask = jnp.zeros((2, 4, 4, 1)).at[:, :2, :2].set(1.0)
    assert reconstruction.masked_l1(image, target, mask) == 1.25
