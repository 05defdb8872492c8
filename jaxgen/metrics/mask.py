"""The area of the body that masked metrics look at: two ways to draw it.

Both stand on 18 keypoints and the 23 pairs of `skeleton.MASK_LIMBS`. PG2 stamps disks
along the limbs; what the papers after pose-gan call by the same name fills rectangles.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import jax
import numpy as np
from scipy.ndimage import maximum_filter, minimum_filter

from jaxgen.core import checks
from jaxgen.core.skeleton import MASK_LIMBS
from jaxgen.ops import posemap

RADIUS = 4
CLOSING = 5


@dataclass(frozen=True)
class Kind:
    """A mask by name.

    Attributes:
        keypoints: the batch feature it is drawn from.
        words: for definitions.
    """

    keypoints: str
    words: str


_STAMPED = f"PG2's pose mask, radius {RADIUS}, closing {CLOSING}x{CLOSING}"
KINDS = {
    "pg2": Kind("target_keypoints", f"target pose, {_STAMPED}"),
    "pg2_source": Kind("source_keypoints", f"source pose, {_STAMPED}"),
    "community": Kind(
        "target_keypoints",
        f"target pose, produce_ma_mask of pose-gan: rectangles {2 * RADIUS} wide along "
        f"limbs, disks at joints, radius {RADIUS}, closing {CLOSING}x{CLOSING}; pixels "
        "on an edge as scikit-image before 0.18",
    ),
}


def require(who: str, kind: str) -> None:
    """Raises KeyError unless `kind` is "" or there is such a mask."""
    if kind:
        checks.require_known(who, "mask", kind, KINDS)


def needs(kind: str) -> tuple[str, ...]:
    """The batch features that a mask is drawn from; none for ""."""
    return (KINDS[kind].keypoints,) if kind else ()


def describe(kind: str, *, outside: str = "black") -> str:
    """A mask in words, for definitions."""
    return f"{KINDS[kind].words}, outside {outside}" if kind else "none"


def make(
    kind: str, batch: Mapping[str, np.ndarray], size: tuple[int, int]
) -> np.ndarray:
    """The masks of a batch, uint8 [b, h, w, 1] of 0 and 1.

    Args:
        kind: a name in `KINDS`.
        batch: has the keypoints that the kind is drawn from.
        size: height and width.
    """
    draw = community_mask if kind == "community" else pose_mask
    return draw(np.asarray(batch[KINDS[kind].keypoints]), size)


def pair(
    kind: str, images: np.ndarray, batch: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Answers and targets, both black outside the mask; as they are for ""."""
    targets = np.asarray(batch["target_image"])
    if not kind:
        return images, targets
    mask = make(kind, batch, images.shape[1:3])
    return images * mask, targets * mask


@partial(jax.jit, static_argnames="size")
def _stamped(keypoints, size):
    return posemap.limb_mask(
        keypoints, MASK_LIMBS, size=size, radius=RADIUS, closing=CLOSING
    )


def pose_mask(keypoints: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """PG2's pose mask as 0 and 1.

    Args:
        keypoints: [b, 18, 2] in pixels, missing joints NaN.
        size: height and width.

    Returns:
        uint8 [b, h, w, 1].
    """
    with jax.transfer_guard("allow"):  # Metrics on the host ask the device for this.
        mask = _stamped(np.asarray(keypoints, np.float32), tuple(size))
    return np.asarray(jax.device_get(mask)).astype(np.uint8)


def community_mask(keypoints: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The mask of `produce_ma_mask` in pose-gan's `pose_utils.py`, as 0 and 1.

    Joints are rounded to pixels first: the script reads files of whole numbers. A limb
    with a missing end, or with both ends on one pixel, draws no rectangle; every joint
    that is there draws its disk.

    Args:
        keypoints: [b, 18, 2] in pixels, missing joints NaN.
        size: height and width.

    Returns:
        uint8 [b, h, w, 1].
    """
    joints = np.floor(np.asarray(keypoints, np.float64) + 0.5)
    drawn = [_disks(pose, size) | _rectangles(pose, size) for pose in joints]
    covered = np.stack(drawn).astype(np.uint8)
    grown = maximum_filter(covered, CLOSING, axes=(1, 2))
    return minimum_filter(grown, CLOSING, axes=(1, 2))[..., None]


def _disks(joints: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """bool [h, w]: nearer to a joint than the radius."""
    rows, columns = np.ogrid[: size[0], : size[1]]
    x, y = joints[:, 0, None, None], joints[:, 1, None, None]
    near = (rows - y) ** 2 + (columns - x) ** 2 < RADIUS**2
    return np.any(near, axis=0)


def _rectangles(joints: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """bool [h, w]: in a rectangle along a limb, its left and upper edges included.

    A row of pixels enters and leaves a rectangle where it crosses two of its edges. An
    edge holds its upper end and not its lower one, so each row crosses two or none.
    """
    corners = _corners(joints[np.asarray(MASK_LIMBS)])
    rows = np.arange(size[0], dtype=np.float64)
    crossings = []
    for start in range(4):
        (x0, y0), (x1, y1) = (
            corners[:, i % 4].T[..., None] for i in (start - 1, start)
        )
        crosses = ((y1 <= rows) & (rows < y0)) | ((y0 <= rows) & (rows < y1))
        with np.errstate(divide="ignore", invalid="ignore"):
            at = (x0 - x1) * (rows - y1) / (y0 - y1) + x1
        crossings.append(np.where(crosses, at, np.nan))
    first, last = np.fmin.reduce(crossings), np.fmax.reduce(crossings)
    columns = np.arange(size[1])
    inside = (first[..., None] <= columns) & (columns < last[..., None])
    return inside.any(0)


def _corners(limbs: np.ndarray) -> np.ndarray:
    """Corners in order, [l, 4, 2]: both ends, `RADIUS` to either side; NaN if none."""
    start, end = limbs[:, 0], limbs[:, 1]
    along = start - end
    across = np.stack([along[:, 1], -along[:, 0]], axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        across = RADIUS * across / np.linalg.norm(across, axis=-1, keepdims=True)
    corners = [start + across, start - across, end - across, end + across]
    return np.stack(corners, axis=1)
