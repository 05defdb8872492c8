"""What the discriminator's logits say, as a mean over all of them."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jaxgen.core.arrays import Scalar


def cross_entropy(logits: Float[Array, "..."], *, real: bool) -> Scalar:
    """Binary cross entropy against one label for all.

    The non-saturating game of arXiv:1406.2661: a discriminator asks `real=True` of
    photographs and `real=False` of fakes, a generator asks `real=True` of its fakes.
    """
    return jax.nn.softplus(-logits if real else logits).mean()


def least_squares(logits: Float[Array, "..."], *, real: bool) -> Scalar:
    """Squared distance to 1 for real and 0 for fake.

    Eq. 2 of arXiv:1611.04076 without its factors of one half.
    """
    return jnp.square(logits - float(real)).mean()
