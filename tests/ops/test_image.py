import jax.numpy as jnp
import numpy as np

from jaxgen.ops.image import from_bytes, to_bytes

EVERY_BYTE = np.arange(256, dtype=np.uint8)


def test_bytes_become_floats_from_minus_one_to_one():
    floats = from_bytes(jnp.asarray(EVERY_BYTE))
    assert floats.dtype == jnp.float32
    want = (EVERY_BYTE.astype(np.float64) - 127.5) / 127.5
    np.testing.assert_allclose(floats, want, atol=1e-7)


def test_every_byte_survives_the_way_there_and_back():
    there = from_bytes(jnp.asarray(EVERY_BYTE))
    np.testing.assert_array_equal(to_bytes(there), EVERY_BYTE)


def test_fractions_of_a_byte_are_cut_off():
    almost = jnp.float32([10.99, 11.01, 254.9]) / 127.5 - 1
    np.testing.assert_array_equal(to_bytes(almost), [10, 11, 254])


def test_what_leaves_the_range_is_clipped_and_never_wraps():
    outside = jnp.float32([-1.01, -30.0, 1.01, 30.0])
    np.testing.assert_array_equal(to_bytes(outside), [0, 0, 255, 255])
