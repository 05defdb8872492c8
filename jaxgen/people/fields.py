"""Where garments are: scalar fields over canonical points, positive inside.

Each takes points [n, 3] of the mean T-pose body (metres, x left, y up, z forward) and
gives [n], about the signed distance to the nearest edge of the garment. Every field has
its own range of heights, or it would catch some far part of the body as well. Narrow
pieces are tuples of fields for `mesh.cut_by`, one per edge.
"""

from collections.abc import Callable

import numpy as np

from jaxgen.people.clothes import Jacket, Skirt, Top, Trousers
from jaxgen.people.noise import smoothstep

Field = Callable[[np.ndarray], np.ndarray]

WAIST_BAND = 0.105
_FAR = 1.0

_NECK_RADIUS = {"crew": 0.078, "v": 0.078, "scoop": 0.105, "polo": 0.078}
_SHOE_TOP = {"sneaker": -0.815, "leather": -0.825, "ankle": -0.775, "boot": -0.66}
_FLAT_HEEL = -0.868


def neck(points: np.ndarray, kind: str, *, closer: float = 0.0) -> np.ndarray:
    """Outside of the neck line; `closer` to the neck by so many metres."""
    x, y, z = points.T
    if kind == "turtle":
        return 0.588 - 0.35 * np.maximum(z, 0) - y
    field = neck_distance(points) - _NECK_RADIUS[kind] + closer
    front = z > -0.02
    if kind == "scoop":
        bowl = np.hypot(x / 1.05, (y - 0.50) * 0.8) - 0.085
        field = np.minimum(field, np.where(front, bowl, _FAR))
    if kind == "v":
        rise = y - 0.385
        wedge = np.maximum(np.abs(x) - 0.42 * rise, -0.4 * rise)
        field = np.minimum(field, np.where(front, wedge, _FAR))
    return np.minimum(field, 0.556 - y)


def neck_distance(points: np.ndarray) -> np.ndarray:
    """Distance from the middle of the neck's root, in an ellipsoidal measure."""
    x, y, z = points.T
    return np.sqrt(
        (x / 1.05) ** 2 + (0.95 * (y - 0.535)) ** 2 + (0.88 * (z + 0.004)) ** 2
    )


def top(points: np.ndarray, garment: Top, *, closer: float = 0.0) -> np.ndarray:
    """A top: over the hem, within the sleeves, outside the neck line."""
    armholes_from = 0.36 if garment.sleeve < 0.2 else 0.33
    trunk = _trunk(points, garment.sleeve, garment.hem, armholes_from)
    return np.minimum(trunk, neck(points, garment.neck, closer=closer))


def _trunk(
    points: np.ndarray, sleeve: float, hem: float, armholes_from: float
) -> np.ndarray:
    x, y = np.abs(points[:, 0]), points[:, 1]
    within_sleeve = np.where(y > armholes_from, sleeve - x, _FAR)
    over_hem = np.where((x > 0.24) & (y > 0.3), _FAR, y - hem)
    return np.minimum(within_sleeve, over_hem)


def collar(points: np.ndarray) -> np.ndarray:
    """A polo collar: a ring about the neck, open in front."""
    x, y, z = points.T
    radius = neck_distance(points)
    ring = np.minimum(radius - 0.060, 0.099 - radius)
    gap = np.abs(x) - 0.002 - 0.55 * np.clip(0.535 - y, 0, 1)
    opened = np.minimum(ring, np.where(z > 0, gap, _FAR))
    return np.minimum(opened, 0.566 - y)


def trousers(points: np.ndarray, garment: Trousers) -> np.ndarray:
    """Trousers or shorts, up to the waist band."""
    y = points[:, 1]
    return np.minimum(WAIST_BAND - y, y - garment.cut)


def skirt(points: np.ndarray, garment: Skirt) -> np.ndarray:
    """A skirt; its upper edge is the skirt surface's own."""
    y = points[:, 1]
    return np.minimum(y - garment.cut, 0.116 - y)


def jacket(points: np.ndarray, garment: Jacket) -> np.ndarray:
    """An open jacket with long sleeves."""
    x, z = points[:, 0], points[:, 2]
    opened = np.where(z > 0, np.abs(x) - _opening(points, garment), _FAR)
    trunk = _trunk(points, 0.655, garment.hem, 0.33)
    around_neck = neck(points, "crew", closer=-0.012)
    return np.minimum(np.minimum(trunk, opened), around_neck)


def lapels(garment: Jacket) -> tuple[Field, ...]:
    """Two flaps beside the opening of a jacket: broad at the chest, notched above."""

    def outwards(points: np.ndarray) -> np.ndarray:
        return np.abs(points[:, 0]) - _opening(points, garment)

    def inwards(points: np.ndarray) -> np.ndarray:
        width = 0.065 * smoothstep((points[:, 1] - 0.18) / 0.22)
        return width - outwards(points)

    def notch(points: np.ndarray) -> np.ndarray:
        above = 0.445 - 0.25 * (outwards(points) - 0.03)
        return np.maximum(
            np.abs(points[:, 1] - above) - 0.006, 0.028 - outwards(points)
        )

    def in_front(points: np.ndarray) -> np.ndarray:
        y, z = points[:, 1], points[:, 2]
        return np.minimum(neck(points, "crew", closer=-0.012), np.minimum(z, y - 0.18))

    return outwards, inwards, notch, in_front


def _opening(points: np.ndarray, garment: Jacket) -> np.ndarray:
    """Half the width of a jacket's opening, wider towards the neck."""
    return garment.opening * (0.55 + 0.45 * smoothstep((points[:, 1] - 0.1) / 0.4))


def coat_tail(points: np.ndarray, garment: Jacket) -> np.ndarray:
    """The part of a coat below the waist, open in front."""
    x, y, z = points.T
    width = garment.opening * (0.55 + 0.8 * np.clip(0.12 - y, 0, 1))
    opened = np.where(z > 0, np.abs(x) - width, _FAR)
    return np.minimum(np.minimum(y + 0.42, 0.12 - y), opened)


def legwear(points: np.ndarray, skirt_cut: float) -> np.ndarray:
    """Tights worn under a skirt."""
    return min(-0.05, skirt_cut + 0.015) - points[:, 1]


def socks(points: np.ndarray, shoe: str) -> np.ndarray:
    """Socks; they look out of boots."""
    return (-0.62 if shoe == "boot" else -0.70) - points[:, 1]


def shoes(points: np.ndarray, shoe: str) -> np.ndarray:
    """Shoes of one kind; a flat shoe leaves the instep bare."""
    y, z = points[:, 1], points[:, 2]
    if shoe != "flat":
        return _SHOE_TOP[shoe] - y
    low = np.where(z > 0.03, np.maximum(z - 0.125, -0.885 - y), _FLAT_HEEL - y)
    return np.minimum(low, -0.80 - y)


def backpack_straps() -> tuple[Field, ...]:
    """Two straps from the back over the shoulders, in front back under the arms."""

    def from_middle(points: np.ndarray) -> np.ndarray:
        x, y, z = points.T
        below_chest = np.where(z > 0, np.clip((0.40 - y) / 0.12, 0, 1), 0.0)
        return np.abs(x) - 0.095 - 0.085 * below_chest**2

    return (
        lambda points: from_middle(points) + 0.016,
        lambda points: 0.016 - from_middle(points),
        lambda points: np.minimum(points[:, 1] - 0.285, 0.56 - points[:, 1]),
    )


def shoulder_strap() -> tuple[Field, ...]:
    """One strap from the right shoulder across chest and back to the left hip."""

    def across(points: np.ndarray) -> np.ndarray:
        return 0.861 * (points[:, 0] + 0.10) + 0.508 * (points[:, 1] - 0.49)

    def on_trunk(points: np.ndarray) -> np.ndarray:
        x, y = np.abs(points[:, 0]), points[:, 1]
        aside = np.where(y > 0.3, 0.16 - x, 0.24 - x)
        return np.minimum(aside, np.minimum(y + 0.01, 0.56 - y))

    return (
        lambda points: across(points) + 0.013,
        lambda points: 0.013 - across(points),
        on_trunk,
    )
