import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from jaxgen.ops.morphology import dilate, erode
from tests.reference import morphology as reference


def noise(key, *shape):
    return jax.random.normal(key, shape)


@pytest.mark.parametrize("size", [1, 3, 5])
@pytest.mark.parametrize("ours, theirs", [("dilate", "maximum"), ("erode", "minimum")])
def test_windows_equal_scipys_rank_filters(key, ours, theirs, size):
    image = noise(key, 2, 9, 7, 3)
    edge = -np.inf if theirs == "maximum" else np.inf
    want = getattr(ndimage, f"{theirs}_filter")(
        np.asarray(image), (1, size, size, 1), mode="constant", cval=edge
    )
    function = {"dilate": dilate, "erode": erode}[ours]
    np.testing.assert_array_equal(function(image, size=size), want)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 9])
def test_windows_equal_their_twin(key, size):
    image = noise(key, 2, 7, 5, 2)
    want = reference.dilate(image, size), reference.erode(image, size)
    np.testing.assert_array_equal(dilate(image, size=size), want[0])
    np.testing.assert_array_equal(erode(image, size=size), want[1])


def test_the_gradient_goes_to_the_pixel_that_was_largest(key):
    image = noise(key, 1, 3, 3, 1)
    gradient = jax.grad(lambda image: dilate(image, size=5).sum())(image)
    np.testing.assert_array_equal(gradient, 9.0 * (image == image.max()))


def test_one_is_the_identity(key):
    image = noise(key, 1, 4, 4, 1)
    np.testing.assert_array_equal(dilate(image, size=1), image)
    np.testing.assert_array_equal(erode(image, size=1), image)


def test_erosion_is_dilation_of_the_negative(key):
    image = noise(key, 1, 8, 8, 2)
    np.testing.assert_array_equal(erode(image, size=3), -dilate(-image, size=3))


def test_a_full_picture_stays_full_up_to_its_border():
    full = jnp.ones((1, 6, 6, 1))
    np.testing.assert_array_equal(erode(full, size=5), full)


def test_closing_fills_a_hole_of_one_pixel_and_adds_nothing_outside():
    image = jnp.zeros((1, 15, 15, 1)).at[:, 4:11, 4:11].set(1.0)
    closed = erode(dilate(image.at[:, 7, 7].set(0.0), size=3), size=3)
    np.testing.assert_array_equal(closed, image)
