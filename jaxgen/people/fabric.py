"""What colour everything has; with the reliefs of `folds` and `strands`.

All functions take points of one picture, mixed over materials as they come, and work on
canonical coordinates, so that colour and creases stick to the surface in every pose.
"""

from collections.abc import Callable

import numpy as np

from jaxgen.people import fields, palettes
from jaxgen.people.clothes import Outfit, Skirt, Trousers
from jaxgen.people.folds import fold_height
from jaxgen.people.mesh import Material
from jaxgen.people.noise import value_noise
from jaxgen.people.patterns import cloth, swatch
from jaxgen.people.persons import Person
from jaxgen.people.skin import eye, skin
from jaxgen.people.strands import hair_bump, hair_colour

__all__ = ["albedo", "fold_height", "hair_bump"]


def albedo(
    material: np.ndarray,
    canonical: np.ndarray,
    extra: np.ndarray,
    person: Person,
    outfit: Outfit,
) -> np.ndarray:
    """Gives the colour of every point before any light falls on it.

    Args:
        material: [n] values of `Material`, in any order.
        canonical: [n, 3] points on the mean body, metres.
        extra: [n, 2] as `Mesh.extra`.
        person: whose skin, eyes and hair these are.
        outfit: whose cloth it is.

    Returns:
        [n, 3] sRGB, about 0..1 (noise may overshoot a little).
    """
    colour = np.zeros((len(material), 3))
    for kind in np.unique(material):
        at = np.flatnonzero(material == kind)
        paint = _PAINTERS[Material(kind)]
        colour[at] = paint(canonical[at], extra[at], person, outfit)
    return colour


def _skin(
    points: np.ndarray, extra: np.ndarray, person: Person, outfit: Outfit
) -> np.ndarray:
    return skin(points, person)


def _eye(
    points: np.ndarray, extra: np.ndarray, person: Person, outfit: Outfit
) -> np.ndarray:
    return eye(points, person)


def _hair(
    points: np.ndarray, extra: np.ndarray, person: Person, outfit: Outfit
) -> np.ndarray:
    return hair_colour(points, extra, person, outfit.hat)


def _top(
    points: np.ndarray, extra: np.ndarray, person: Person, outfit: Outfit
) -> np.ndarray:
    top = outfit.top
    colour = cloth(top.pattern, swatch(points, legs=False))
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    cuff = (np.abs(x - top.sleeve + 0.012) < 0.0015) & (y > 0.3)
    hem = (np.abs(y - top.hem - 0.012) < 0.0015) & (x < 0.24)
    colour[cuff | hem] *= 0.82
    if top.neck in ("crew", "v", "scoop"):
        ribbed = fields.neck(points, top.neck) < 0.013
        colour[ribbed & (y > 0.33)] *= 0.88
    if top.neck == "polo":
        in_front = (z > 0) & (x < 0.016) & (y > 0.36)
        button = np.hypot(x, np.mod(y, 0.035) - 0.0175) < 0.0042
        colour[in_front & (np.abs(x - 0.014) < 0.002)] *= 0.75
        colour[in_front & button] = 0.9
    return colour


def _collar(
    points: np.ndarray, extra: np.ndarray, person: Person, outfit: Outfit
) -> np.ndarray:
    pattern = outfit.top.pattern
    ground, second, _ = pattern.colours
    mixed = pattern.kind in ("plain", "raglan")
    colour = (ground + second) / 2 if mixed else 0.9 * ground
    return np.broadcast_to(colour, points.shape)


def _trousers(
    points: np.ndarray, extra: np.ndarray, person: Person, outfit: Outfit
) -> np.ndarray:
    colour = cloth(outfit.bottom.pattern, swatch(points, legs=True))
    x, y, z = points.T
    aside = np.abs(x)
    fly = (np.abs(x - 0.004) < 0.0022) & (z > 0) & (y > -0.04)
    slant = np.abs(y - 0.045 + 0.55 * (aside - 0.10)) < 0.0025
    pockets = slant & (z > 0) & (aside > 0.085) & (y > 0)
    across, up = np.abs(aside - 0.068), np.abs(y - 0.005)
    rim = (across < 0.045) & (up < 0.05) & ((across > 0.041) | (up > 0.046))
    back_pockets = rim & (z < -0.03)
    waist_band = np.abs(y - 0.082) < 0.0018
    colour[fly | pockets | back_pockets | waist_band] *= 0.72
    if isinstance(outfit.bottom, Trousers) and outfit.bottom.belt:
        colour[y > 0.083] = palettes.BELT
    return colour


def _skirt(
    points: np.ndarray, extra: np.ndarray, person: Person, outfit: Outfit
) -> np.ndarray:
    azimuth = np.arctan2(points[:, 0], points[:, 2])
    on = swatch(points, legs=False, azimuth=azimuth)
    return cloth(outfit.bottom.pattern, on)


def _jacket(
    points: np.ndarray, extra: np.ndarray, person: Person, outfit: Outfit
) -> np.ndarray:
    """With pocket flaps, a seam along the opening and cuffs."""
    jacket = outfit.jacket
    if jacket is None:
        raise ValueError("albedo: expected an outfit with a jacket, got one without.")
    colour = cloth(jacket.pattern, swatch(points, legs=False))
    aside, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    across, up = np.abs(aside - 0.115), y - jacket.hem - 0.075
    flap = (across < 0.04) & (np.abs(up) < 0.02) & (z > 0)
    inner = (across < 0.037) & (up > -0.017)
    edge = (np.abs(aside - jacket.opening - 0.010) < 0.0015) & (z > 0) & (y < 0.45)
    cuff = (np.abs(aside - 0.62) < 0.0015) & (y > 0.3)
    colour[(flap & ~inner) | edge | cuff] *= 0.78
    return colour


def _lapel(
    points: np.ndarray, extra: np.ndarray, person: Person, outfit: Outfit
) -> np.ndarray:
    return 0.9 * _jacket(points, extra, person, outfit)


def _shoe(
    points: np.ndarray, extra: np.ndarray, person: Person, outfit: Outfit
) -> np.ndarray:
    shoes = outfit.shoes
    x, y, z = points.T
    colour = np.broadcast_to(shoes.colour, points.shape)
    if shoes.kind == "sneaker":
        middle = (np.abs(np.abs(x) - 0.143) < 0.012) & (z > 0.06) & (z < 0.13)
        laces = middle & (np.mod(z / 0.018, 1) < 0.4)
        colour = np.where(laces[:, None], 0.75 * shoes.colour + 0.2, colour)
    return np.where((y < -0.884)[:, None], shoes.sole, colour)


def _sock(
    points: np.ndarray, extra: np.ndarray, person: Person, outfit: Outfit
) -> np.ndarray:
    tights = isinstance(outfit.bottom, Skirt)
    colour = palettes.LEGWEAR if tights else outfit.shoes.socks
    return np.broadcast_to(colour, points.shape)


def _hat(
    points: np.ndarray, extra: np.ndarray, person: Person, outfit: Outfit
) -> np.ndarray:
    felt = _weave(points)
    if outfit.hat == "beanie":
        felt = felt * (1 - 0.10 * (np.mod(22 * extra[:, 0], 1) < 0.5))
    return outfit.hat_colour * felt[:, None]


def _stool(
    points: np.ndarray, extra: np.ndarray, person: Person, outfit: Outfit
) -> np.ndarray:
    return np.broadcast_to(palettes.WOOD, points.shape)


def _spectacles(
    points: np.ndarray, extra: np.ndarray, person: Person, outfit: Outfit
) -> np.ndarray:
    face = person.face
    colour = palettes.DARK_LENS if face.spectacles == "sun" else face.spectacles_colour
    return np.broadcast_to(colour, points.shape)


def _bag(
    points: np.ndarray, extra: np.ndarray, person: Person, outfit: Outfit
) -> np.ndarray:
    """A flap or pocket with a seam; straps, where `extra` is zero, are a bit darker."""
    across, up = np.abs(extra[:, 0]), extra[:, 1]
    strap = (across == 0) & (up == 0)
    seam = (np.abs(up + 0.05) < 0.035) & (across < 0.8)
    seam |= (np.abs(across - 0.8) < 0.025) & (up < -0.05) & (up > -0.85)
    shade = np.where(strap, 0.85, np.where(seam, 0.65, 1.0))
    return outfit.bag_colour * (shade * _weave(points))[:, None]


def _weave(points: np.ndarray) -> np.ndarray:
    return 0.94 + 0.12 * value_noise(points, 120.0)


_PAINTERS: dict[
    Material, Callable[[np.ndarray, np.ndarray, Person, Outfit], np.ndarray]
] = {
    Material.SKIN: _skin,
    Material.EYE: _eye,
    Material.HAIR: _hair,
    Material.TOP: _top,
    Material.TROUSERS: _trousers,
    Material.SKIRT: _skirt,
    Material.SHOE: _shoe,
    Material.SOCK: _sock,
    Material.JACKET: _jacket,
    Material.COLLAR: _collar,
    Material.STOOL: _stool,
    Material.HAT: _hat,
    Material.SPECTACLES: _spectacles,
    Material.BAG: _bag,
    Material.LAPEL: _lapel,
}
