"""Distances between two pictures, as a mean over all numbers."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from jaxgen.core.arrays import Images, Scalar


def l1(image: Images, target: Images) -> Scalar:
    """Mean absolute difference."""
    return jnp.abs(image - target).mean()


def masked_l1(image: Images, target: Images, mask: Float[Array, "b h w 1"]) -> Scalar:
    """`l1` counted twice inside the mask: eq. 1 of arXiv:1705.09368, averaged.

    Args:
        image: any range, as `target`.
        target: what `image` should be.
        mask: 1 inside, 0 outside. The mean is over all pixels, not over the mask, so
            the weight of this term does not depend on the size of the body.
    """
    return (jnp.abs(image - target) * (1 + mask)).mean()
