"""The area of the body that masked metrics look at."""

from functools import partial

import jax
import numpy as np

from jaxgen.core.skeleton import MASK_LIMBS
from jaxgen.ops import posemap

RADIUS = 4
DEFINITION = f"PG2's pose mask, radius {RADIUS}, closing 5x5, outside black"


@partial(jax.jit, static_argnames="size")
def _mask(keypoints, size):
    return posemap.limb_mask(keypoints, MASK_LIMBS, size=size, radius=RADIUS)


def pose_mask(keypoints: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """PG2's pose mask as 0 and 1.

    Args:
        keypoints: [b, 18, 2] in pixels, missing joints NaN.
        size: height and width.

    Returns:
        uint8 [b, h, w, 1].
    """
    with jax.transfer_guard("allow"):  # Metrics on the host ask the device for this.
        mask = _mask(np.asarray(keypoints, np.float32), tuple(size))
    return np.asarray(jax.device_get(mask)).astype(np.uint8)
