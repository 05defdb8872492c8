"""What PG2's refined picture may not do: leave the range of the coarse one."""

import jax
import jax.numpy as jnp
from jax import lax

from jaxgen.core.arrays import Images
from jaxgen.ops.morphology import dilate, erode


def within_neighbourhood(image: Images, coarse: Images, *, window: int) -> Images:
    """Clips `image` to what `coarse` holds nearby, so that edges cannot overshoot.

    The bounds are the extremes of `coarse`, averaged over 3x3 pixels, within a square
    of `window` pixels; no gradient goes through them. Differs from the paper: there
    the refined picture is free, and a short training draws bright rims.
    """
    coarse = jax.lax.stop_gradient(coarse)
    mean = _box(coarse) / _box(jnp.ones_like(coarse[:1, :, :, :1]))
    return jnp.clip(image, erode(mean, size=window), dilate(mean, size=window))


def _box(image: Images) -> Images:
    return lax.reduce_window(image, 0.0, lax.add, (1, 3, 3, 1), (1,) * 4, "SAME")
