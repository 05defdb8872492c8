"""Patterns of cloth: colour as a function of a point on the cloth.

A pattern reads surface coordinates in metres, u across and v up, which `swatch` lays
out over trunk, sleeves, legs and skirts from canonical points; so it sticks to the
cloth. `PATTERNS` has one function per kind.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from jaxgen.people.clothes import Pattern
from jaxgen.people.noise import fractal_noise, hash2, lerp, smoothstep, value_noise

_FLOWER_HEART = np.array([0.95, 0.85, 0.4])


@dataclasses.dataclass(frozen=True)
class Swatch:
    """Points of one cloth.

    Attributes:
        points: [n, 3] canonical.
        u: [n] across, metres; `v` up or along the sleeve.
        v: see `u`.
        arm: [n] bool, on a sleeve.
        leg: [n] bool, on a leg of trousers.
        legs: the cloth is trousers.
    """

    points: np.ndarray
    u: np.ndarray
    v: np.ndarray
    arm: np.ndarray
    leg: np.ndarray
    legs: bool


def swatch(
    points: np.ndarray, *, legs: bool, azimuth: np.ndarray | None = None
) -> Swatch:
    """Lays out surface coordinates.

    Args:
        points: [n, 3] canonical.
        legs: the cloth is trousers, so it wraps each leg below the crotch.
        azimuth: [n] radians around the body, where the cloth hangs free of it.
    """
    x, y, z = points.T
    if azimuth is not None:
        nowhere = np.zeros(len(points), bool)
        return Swatch(points, 0.16 * azimuth, y, nowhere, nowhere, False)
    arm = (np.abs(x) > 0.172) & (y > 0.3)
    leg = (y < -0.06) & legs
    axis = np.sign(x) * (0.105 + 0.028 * np.clip(-y / 0.83, 0, 1))
    around_arm = 0.055 * np.arctan2(z - 0.01, y - 0.476)
    around_leg = 0.085 * np.arctan2(x - axis, z)
    around_trunk = 0.14 * np.arctan2(x, z - 0.015)
    # On top of the shoulders y hardly changes: go on outwards instead.
    shoulder = np.clip(np.abs(x) - 0.08, 0, 1) * smoothstep((y - 0.43) / 0.05)
    up = y - 0.8 * shoulder
    u = np.where(arm, around_arm, np.where(leg, around_leg, around_trunk))
    return Swatch(points, u, np.where(arm, np.abs(x) + 0.29, up), arm, leg, legs)


def cloth(pattern: Pattern, on: Swatch) -> np.ndarray:
    """Gives the colour [n, 3] of a patterned cloth, with its weave."""
    colour = PATTERNS[pattern.kind](pattern, on)
    weave = 1 + 0.10 * (fractal_noise(on.points, 90.0) - 0.5)
    return colour * weave[:, None]


def _choose(where: np.ndarray, yes: np.ndarray, no: np.ndarray) -> np.ndarray:
    return np.where(where[:, None], yes, no)


def _band(
    pattern: Pattern, along: np.ndarray, period: float, duty: float
) -> np.ndarray:
    """True on a share `duty` of every period; periods in metres at scale 1."""
    return np.mod(along / (period * pattern.scale) + pattern.phase, 1.0) < duty


def _plain(pattern: Pattern, on: Swatch) -> np.ndarray:
    return np.broadcast_to(pattern.colours[0], (len(on.u), 3))


def _stripes(pattern: Pattern, on: Swatch) -> np.ndarray:
    ground, stripe, _ = pattern.colours
    return _choose(_band(pattern, on.v, 0.045, 0.45), stripe, ground)


def _pinstripes(pattern: Pattern, on: Swatch) -> np.ndarray:
    ground, stripe, _ = pattern.colours
    return _choose(_band(pattern, on.u, 0.022, 0.3), lerp(ground, stripe, 0.8), ground)


def _checks(pattern: Pattern, on: Swatch) -> np.ndarray:
    ground, other, _ = pattern.colours
    across, up = (_band(pattern, along, 0.05, 0.5) for along in (on.u, on.v))
    return _choose(across ^ up, other, ground)


def _plaid(pattern: Pattern, on: Swatch) -> np.ndarray:
    ground, band, line = pattern.colours
    broad = [_band(pattern, along, 0.08, 0.5) for along in (on.u, on.v)]
    thin = [_band(pattern, along, 0.08, 0.07) for along in (on.u, on.v)]
    tone = 0.35 * (broad[0].astype(float) + broad[1])
    return _choose(thin[0] | thin[1], line, lerp(ground, band, tone[:, None]))


def _hexagons(
    size: float, on: Swatch
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Cells of a hexagonal grid: their numbers and the place in them, -.5 .. .5."""
    column = np.floor(on.u / size)
    shifted = on.v / size + 0.5 * np.mod(column, 2)
    row = np.floor(shifted)
    return column, row, on.u / size - column - 0.5, shifted - row - 0.5


def _dots(pattern: Pattern, on: Swatch) -> np.ndarray:
    ground, dot, _ = pattern.colours
    _, _, across, up = _hexagons(0.030 * pattern.scale, on)
    return _choose(across**2 + up**2 < 0.075, dot, ground)


def _flowers(pattern: Pattern, on: Swatch) -> np.ndarray:
    ground, one, other = pattern.colours
    column, row, across, up = _hexagons(0.034 * pattern.scale, on)
    chance = hash2(column, row, pattern.seed)
    across = across + 0.3 * (chance - 0.5)
    up = up + 0.3 * (hash2(column, row, pattern.seed + 1) - 0.5)
    radius, angle = np.hypot(across, up), np.arctan2(up, across)
    petals = radius < 0.30 * (0.72 + 0.28 * np.cos(5 * angle + 6 * chance))
    colour = _choose(petals, _choose(chance < 0.5, one, other), ground)
    return _choose(radius < 0.08, _FLOWER_HEART, colour)


def _gradient(pattern: Pattern, on: Swatch) -> np.ndarray:
    above, below, _ = pattern.colours
    start, length = (-0.85, 0.9) if on.legs else (-0.05, 0.5)
    return lerp(below, above, smoothstep((on.v - start) / length)[:, None])


def _block(pattern: Pattern, on: Swatch) -> np.ndarray:
    above, below, line = pattern.colours
    colour = _choose((on.v < 0.28) & ~on.arm, below, above)
    return _choose((on.v > 0.28) & (on.v < 0.305) & ~on.arm, line, colour)


def _raglan(pattern: Pattern, on: Swatch) -> np.ndarray:
    ground, sleeves, _ = pattern.colours
    x, y, _ = on.points.T
    yoke = (np.abs(x) - 0.495 * (0.53 - y) > 0.085) & (y > 0.30)
    return _choose(on.arm | yoke, sleeves, ground)


def _disc(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.hypot(x, y) < 1, np.hypot(x - 0.3, y - 0.3) < 0.55


def _bar_code(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    plate = (np.abs(x) < 1) & (np.abs(y) < 0.28)
    return plate, (np.mod(3.5 * x, 1) < 0.35) & (np.abs(y) < 0.17)


def _star(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    radius = np.hypot(x, y)
    return radius < 0.55 + 0.4 * np.cos(5 * np.arctan2(x, y)), radius < 0.35


def _diamond(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    distance = np.abs(x) + np.abs(y)
    return distance < 1, distance < 0.55


_PRINTS = (_disc, _bar_code, _star, _diamond)


def _print(pattern: Pattern, on: Swatch) -> np.ndarray:
    """One figure on the chest, outline and core of different colours."""
    ground, outer, inner = pattern.colours
    size = np.sqrt(pattern.scale)
    x, y, z = on.points.T
    figure = _PRINTS[pattern.seed % len(_PRINTS)]
    outline, core = figure(x / (0.085 * size), (y - 0.335) / (0.075 * size))
    in_front = (z > 0) & ~on.arm
    colour = _choose(outline & in_front, outer, ground)
    return _choose(outline & core & in_front, inner, colour)


def _denim(pattern: Pattern, on: Swatch) -> np.ndarray:
    """Grained, worn pale at thighs and knees, with a seam down the sides."""
    x, _, z = on.points.T
    thigh = 0.32 * np.exp(-(((on.v + 0.20) / 0.16) ** 2))
    knee = 0.15 * np.exp(-(((on.v + 0.42) / 0.08) ** 2))
    worn = (thigh + knee) * ((z > 0) & on.leg)
    grain = 1 + 0.25 * (value_noise(on.points, 260.0) - 0.5)
    seam = (np.abs(z) < 0.003) & on.leg & (np.abs(x) > 0.1)
    shade = (1 + worn) * grain * np.where(seam, 0.7, 1.0)
    return pattern.colours[0] * shade[:, None] + 0.05 * worn[:, None]


PATTERNS: dict[str, Callable[[Pattern, Swatch], np.ndarray]] = {
    "plain": _plain,
    "stripes": _stripes,
    "pinstripes": _pinstripes,
    "checks": _checks,
    "plaid": _plaid,
    "dots": _dots,
    "flowers": _flowers,
    "gradient": _gradient,
    "block": _block,
    "raglan": _raglan,
    "print": _print,
    "denim": _denim,
}
"""Patterns by name: (pattern, swatch) -> sRGB [n, 3]."""
