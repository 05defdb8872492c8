"""Bytes to floats and back: the only place where the range of an image changes."""

import jax.numpy as jnp
from jaxtyping import Array, Float, UInt8

# More than float32 loses from a byte to a float and back: without it every fifth byte
# would come back one lower.
_LOST = 1e-4


def from_bytes(image: UInt8[Array, "*shape"]) -> Float[Array, "*shape"]:
    """0..255 to float32 in [-1, 1]."""
    return image.astype(jnp.float32) / 127.5 - 1.0


def to_bytes(image: Float[Array, "*shape"]) -> UInt8[Array, "*shape"]:
    """[-1, 1] to 0..255; what lies outside is clipped, fractions are cut off.

    As the reference does: PG2 truncates, and its published numbers contain that.
    """
    value = (image + 1.0) * 127.5 + _LOST
    return jnp.clip(value, 0.0, 255.0).astype(jnp.uint8)
