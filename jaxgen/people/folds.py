"""Folds of cloth, as a relief that bends the normals."""

import numpy as np

from jaxgen.people.mesh import Material
from jaxgen.people.noise import lerp, smoothstep, value_noise


def fold_height(
    canonical: np.ndarray, material: np.ndarray, extra: np.ndarray
) -> np.ndarray:
    """Gives the height of the folds of cloth, whose slope bends the normal.

    Folds are strongest where cloth bunches up: elbow, armpit, waist, crotch, knee and
    ankle. They run across sleeves and the trunk, and down a skirt.

    Args:
        canonical: [n, 3] points on the mean body, metres.
        material: [n] values of `Material`.
        extra: [n, 2] as `Mesh.extra`.

    Returns:
        [n] metres.
    """
    x, y, z = canonical.T
    aside = np.abs(x)
    on_arm = (aside > 0.19) & (y > 0.3)
    place = np.where(on_arm, aside, y)
    sleeve = np.stack([2.6 * aside, 0.8 * y, 0.8 * z], 1)
    trunk = np.stack([0.9 * x, 1.9 * y, 0.9 * z], 1)
    stretched = np.where(on_arm[:, None], sleeve, trunk)
    stretched[:, 1] += 0.5 * stretched[:, 0]
    strength = np.where(on_arm, _sleeve_folds(place), _trunk_folds(place))
    skirt = material == Material.SKIRT
    # Around a skirt: points of a circle, so that folds close at the back.
    radius = np.maximum(np.hypot(x, z), 1e-6)
    hanging = np.stack([1.1 * x / radius, 0.25 * y, 1.1 * z / radius], 1)
    points = np.where(skirt[:, None], hanging, stretched)
    strength = np.where(skirt, 0.5 + 0.8 * smoothstep(extra[:, 1]), strength)
    broad, narrow = value_noise(points, 11.0), value_noise(points + 5.0, 23.0)
    return 0.011 * strength * (broad + 0.4 * narrow)


def _bump(offset: np.ndarray, width: float) -> np.ndarray:
    return np.exp(-((offset / width) ** 2))


def _sleeve_folds(aside: np.ndarray) -> np.ndarray:
    return 0.35 + _bump(aside - 0.42, 0.07) + 0.5 * _bump(aside - 0.2, 0.05)


def _trunk_folds(y: np.ndarray) -> np.ndarray:
    base = lerp(0.25, 0.35, smoothstep((-0.02 - y) / 0.06))
    waist, knee = _bump(y - 0.05, 0.08), _bump(y + 0.40, 0.08)
    crotch, ankle = _bump(y + 0.07, 0.05), _bump(y + 0.80, 0.06)
    return base + 0.8 * waist + 0.6 * crotch + 0.8 * knee + ankle
