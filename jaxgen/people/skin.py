"""The colour of skin and eyes, painted point by point on the mean body.

All places are canonical metres: eyes (.0306, .672), tip of the nose (0, .636), line of
the lips y .603. Lips and lids come from the figure's chart, a front view of the face.
"""

import dataclasses

import numpy as np
from scipy.ndimage import map_coordinates

from jaxgen.people import figure, palettes
from jaxgen.people.hair import hair_line
from jaxgen.people.noise import fractal_noise, lerp, smoothstep, value_noise
from jaxgen.people.persons import Person

_LIPS, _LIDS, _FACE = range(3)
_NO_BLUE_GREEN = np.array([0.0, 0.10, 0.09])
_LASHES = np.array([0.10, 0.06, 0.05])
_LIPSTICK = np.array([0.66, 0.17, 0.20])
_NATURAL_LIPS = np.array([0.80, 0.58, 0.56])
_FRECKLE = np.array([0.86, 0.73, 0.64])
_PUPIL = 0.03
_GLINT = 0.98


@dataclasses.dataclass(frozen=True)
class _Points:
    """Points of the face: coordinates, distance from the middle, chart channels."""

    xyz: np.ndarray
    aside: np.ndarray
    y: np.ndarray
    lips: np.ndarray
    lids: np.ndarray
    face: np.ndarray


def skin(points: np.ndarray, person: Person) -> np.ndarray:
    """Gives the colour of skin at canonical points.

    Args:
        points: [n, 3].
        person: tones, brows, beard, make-up, and the scalp's shade under the hair.

    Returns:
        [n, 3] sRGB in 0..1.
    """
    mottling = 1 + 0.08 * (fractal_noise(points, 40.0) - 0.5)
    colour = person.skin * mottling[:, None]
    x, y, z = points.T
    front = np.flatnonzero((y > 0.53) & (np.abs(x) < 0.1) & (z > 0.02))
    if len(front):
        colour[front] = _face(_chart(points[front]), colour[front], person)
    if person.hair_style != "bald":
        head = np.flatnonzero(y > 0.6)
        colour[head] = _scalp(points[head], colour[head], person)
    return colour


def eye(points: np.ndarray, person: Person) -> np.ndarray:
    """Gives the colour of the eye balls: white, iris, pupil, glint; [n, 3] sRGB."""
    across, up = np.abs(points[:, 0]) - 0.0306, points[:, 1] - 0.6722
    radius = np.hypot(across, up)[:, None]
    colour = np.where(radius < 0.0060, person.iris, palettes.EYE_WHITE)
    colour = np.where(radius < 0.0027, _PUPIL, colour)
    under_lid = 1 - 0.35 * smoothstep((up - 0.001) / 0.004)
    glint = np.hypot(across + 0.0018, up - 0.0022) < 0.0011
    return np.where(glint[:, None], _GLINT, colour * under_lid[:, None])


def _chart(points: np.ndarray) -> _Points:
    """Looks the chart's channels up; behind z = .05 they fade out."""
    asset = figure.asset()
    x0, x1, y0, y1 = asset.chart_box
    rows, columns, _ = asset.chart.shape
    x, y, z = points.T
    places = [
        (y1 - y) / (y1 - y0) * rows - 0.5,
        (x - x0) / (x1 - x0) * columns - 0.5,
    ]
    in_front = smoothstep((z - 0.05) / 0.02)
    lips, lids, face = (
        map_coordinates(asset.chart[..., channel], places, order=1) * in_front
        for channel in (_LIPS, _LIDS, _FACE)
    )
    return _Points(points, np.abs(x), y, lips, lids, face)


def _blend(colour: np.ndarray, target: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return colour + (target - colour) * weight[:, None]


def _bump(offset: np.ndarray, width: float) -> np.ndarray:
    return np.exp(-((offset / width) ** 2))


def _face(at: _Points, colour: np.ndarray, person: Person) -> np.ndarray:
    for paint in _PAINTERS:
        colour = paint(at, colour, person)
    return colour


def _redness(at: _Points, colour: np.ndarray, person: Person) -> np.ndarray:
    """Cheeks and nose are redder, more visibly so on pale skin."""
    cheeks = _bump(at.aside - 0.040, 0.017) * _bump(at.y - 0.640, 0.016)
    cheeks *= person.face.cheeks * (0.4 + 0.8 * person.skin.mean())
    nose = _bump(at.aside, 0.013) * _bump(at.y - 0.640, 0.012)
    both = cheeks + 0.55 * nose
    return colour * (1 - both[:, None] * _NO_BLUE_GREEN)


def _freckles(at: _Points, colour: np.ndarray, person: Person) -> np.ndarray:
    if not person.face.freckles:
        return colour
    where = _bump(at.aside - 0.025, 0.03) * _bump(at.y - 0.645, 0.018)
    speckle = smoothstep((value_noise(at.xyz + 1.7, 420.0) - 0.60) / 0.12)
    weight = person.face.freckles * where * speckle
    return _blend(colour, person.skin * _FRECKLE, weight)


def _age_lines(at: _Points, colour: np.ndarray, person: Person) -> np.ndarray:
    """Folds from the nose to the mouth's corners, and rings under the eyes."""
    if not person.face.age_lines:
        return colour
    along = np.clip((0.632 - at.y) / 0.035, 0, 1)
    fold = _bump(at.aside - 0.018 - 0.016 * along, 0.0028)
    fold *= smoothstep((at.y - 0.594) / 0.008) * smoothstep((0.636 - at.y) / 0.008)
    ring = _bump(at.y - 0.6555 - 12 * (at.aside - 0.031) ** 2, 0.0022)
    ring *= smoothstep((0.017 - np.abs(at.aside - 0.031)) / 0.006)
    furrows = _bump(np.mod(at.y, 0.009) - 0.0045, 0.0012) * (at.y > 0.702)
    shade = (
        0.30 * fold
        + 0.22 * ring
        + 0.12 * furrows * smoothstep((0.045 - at.aside) / 0.02)
    )
    return colour * (1 - person.face.age_lines * shade)[:, None]


def _beard(at: _Points, colour: np.ndarray, person: Person) -> np.ndarray:
    face = person.face
    if not face.stubble:
        return colour
    hair = person.hair * (0.72 + 0.36 * value_noise(at.xyz, 300.0))[:, None]
    lower = smoothstep((0.622 - at.y + 0.35 * np.clip(at.aside - 0.03, 0, 1)) / 0.018)
    lower = lower * at.face * (at.aside < 0.078)
    falling = 0.6175 - 8 * at.aside**2
    upper_lip = np.exp(-(((at.y - falling) / 0.006) ** 4))
    upper_lip *= smoothstep((0.036 - at.aside) / 0.010)
    free = (1 - at.lips) * (at.y >= 0.553)
    everywhere = np.maximum(lower, upper_lip) * free
    colour = _blend(colour, hair, 0.6 * face.stubble * everywhere)
    if face.beard_shape == "chin":
        lower = lower * np.exp(-((at.aside / 0.026) ** 4))
    if face.beard_shape == "moustache":
        lower = 0 * lower
    grown = np.maximum(lower, upper_lip) * free
    return _blend(colour, hair, 0.85 * face.beard * grown)


def _lips(at: _Points, colour: np.ndarray, person: Person) -> np.ndarray:
    red = lerp(person.skin * _NATURAL_LIPS, _LIPSTICK, 0.55 * person.face.lips)
    colour = _blend(colour, red, 0.85 * at.lips)
    between = _bump(at.y - 0.6032, 0.0016) * (at.aside < 0.024) * at.lips
    return colour * (1 - 0.5 * between)[:, None]


def _eye_make_up(at: _Points, colour: np.ndarray, person: Person) -> np.ndarray:
    face = person.face
    if not face.eye_shadow and not face.liner:
        return colour
    above = _bump(at.aside - 0.031, 0.015) * _bump(at.y - 0.6805, 0.0055)
    colour = _blend(colour, face.shadow_colour, 0.8 * face.eye_shadow * above)
    return colour * (1 - 0.5 * face.liner * at.lids)[:, None]


def _lid_line(at: _Points, colour: np.ndarray, person: Person) -> np.ndarray:
    upper = smoothstep((at.y - 0.669) / 0.004)
    return _blend(colour, _LASHES, at.lids * lerp(0.30, 0.62, upper))


def _brows(at: _Points, colour: np.ndarray, person: Person) -> np.ndarray:
    face = person.face
    along = (at.aside - 0.012) / 0.040
    arc = face.brow_arch * np.sin(np.pi * np.clip(0.72 * along, 0, 1))
    middle = 0.6915 + face.brow_height + arc
    thickness = face.brow_width * (1 - 0.55 * np.clip(along, 0, 1))
    weight = np.exp(-(np.abs((at.y - middle) / thickness) ** 3))
    weight *= smoothstep(along / 0.12) * smoothstep((1.02 - along) / 0.2)
    dark = person.hair * (0.75 if person.hair.mean() < 0.5 else 0.6)
    return _blend(colour, dark, 0.92 * face.brow * weight * (at.xyz[:, 2] > 0.06))


_PAINTERS = (
    *(_redness, _freckles, _age_lines, _beard, _lips, _eye_make_up, _lid_line),
    _brows,
)


def _scalp(points: np.ndarray, colour: np.ndarray, person: Person) -> np.ndarray:
    """Tints the skin under the hair, so that thin hair shows no bald spots."""
    x, y, z = points.T
    line = hair_line(np.degrees(np.abs(np.arctan2(x, z - 0.022))))
    strength = 0.9 if person.hair_style == "buzz" else 0.8
    weight = smoothstep((y - line + 0.002) / 0.012) * (np.abs(x) < 0.0745)
    return _blend(colour, 0.8 * person.hair, strength * weight)
