"""Hair: the scalp pushed out by a thickness and cut at the hair line.

Line and thickness are functions of azimuth and height (see `scalp`), so the painter can
ask at any point how far it is from the edge.
"""

import dataclasses

import numpy as np

from jaxgen.people import scalp
from jaxgen.people.mesh import (
    Label,
    Material,
    Mesh,
    cut,
    double_sided,
)
from jaxgen.people.noise import lerp, smoothstep, value_noise
from jaxgen.people.persons import Person
from jaxgen.people.tails import TAILS

_EDGE_WIDTH = 0.018
_HAT_RIM = 0.69
# In curls the way along the strands runs faster, so that they are as short as wide.
_CURLS = 26.0
_METRES_PER_DEGREE = 1 / 600


@dataclasses.dataclass(frozen=True)
class Style:
    """A way to wear the hair; lengths in metres.

    Attributes:
        thickness: over the skull.
        sides: share of it that is left below the temples.
        crown: added on top.
        quiff: added on top in front.
        parting: added on one side of the crown; the hair line is lower there too.
        puff: depth of the lumps of curly hair.
        uneven: how much the thickness varies, 0 to 1.
        hangs_to: height of the lower end, or None when it does not hang.
        fringe: covers the forehead.
        tail: a key of `tails.TAILS`, or None.
        under_hat: the style that is left under a hat; None is the same.
    """

    thickness: float
    sides: float = 1.0
    crown: float = 0.0
    quiff: float = 0.0
    parting: float = 0.0
    puff: float = 0.0
    uneven: float = 0.5
    hangs_to: float | None = None
    fringe: bool = False
    tail: str | None = None
    under_hat: str | None = None


STYLES = {
    "buzz": Style(0.004, uneven=0.0),
    "short": Style(0.012, sides=0.45),
    "side": Style(0.014, sides=0.45, crown=0.012, parting=0.010),
    "quiff": Style(0.014, sides=0.45, crown=0.012, quiff=0.022, under_hat="buzz"),
    "afro": Style(0.05, sides=0.55, puff=0.02, under_hat="buzz"),
    "bob": Style(0.018, sides=0.6, crown=0.006, hangs_to=0.555),
    "long": Style(0.015, sides=0.6, crown=0.006, hangs_to=0.33),
    "fringe": Style(0.017, sides=0.6, crown=0.006, hangs_to=0.50, fringe=True),
    "pony": Style(0.009, sides=0.6, crown=0.006, uneven=0.0, tail="pony"),
    "bun": Style(
        0.009, sides=0.6, crown=0.006, uneven=0.0, tail="bun", under_hat="buzz"
    ),
}
"""Hair styles by name; "bald" is the absence of one."""


@dataclasses.dataclass(frozen=True)
class _Chance:
    """What the hair's seed decides: side of the parting, shifts of the two noises."""

    parted: float
    lumps: float
    jitter: float


def parting(seed: int) -> float:
    """Tells where hair is parted: -1 on the person's right, 1 on the left."""
    return _chance(seed).parted


def _chance(seed: int) -> _Chance:
    rng = np.random.Generator(np.random.PCG64(seed))
    parted, lumps, jitter = rng.choice([-1.0, 1.0]), rng.random() * 20, rng.random() * 9
    return _Chance(float(parted), lumps, jitter)


def style_of(person: Person, hat: str | None) -> Style | None:
    """Gives the hair style as worn, under the hat if there is one; None when bald."""
    if person.hair_style == "bald":
        return None
    style = STYLES[person.hair_style]
    if hat is not None and style.under_hat is not None:
        return STYLES[style.under_hat]
    return style


def hair_line(degrees: np.ndarray) -> np.ndarray:
    """Height of the usual hair line at an absolute azimuth in degrees."""
    return np.interp(
        degrees,
        [0, 20, 38, 52, 64, 76, 88, 100, 115, 135, 180],
        [0.748, 0.747, 0.738, 0.712, 0.675, 0.65, 0.682, 0.685, 0.655, 0.615, 0.603],
    )


def extent(
    style: Style, seed: int, azimuth: np.ndarray, height: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Tells where hair is.

    Args:
        style: of the hair.
        seed: of the person's hair.
        azimuth: radians, any shape.
        height: metres, the same shape.

    Returns:
        A field in metres, positive inside, and 0..1 from the edge inwards.
    """
    degrees = np.abs(np.degrees(azimuth))
    chance = _chance(seed)
    line = _line(style, azimuth, degrees, chance.parted)
    jitter = _around(azimuth, 7.0, np.zeros_like(height), chance.jitter)
    field = height - line - 0.012 * jitter
    if style.hangs_to is None:
        return field, np.clip(field / (_EDGE_WIDTH + 0.9 * style.puff), 0, 1)
    opening = np.interp(height, [0.45, 0.56, 0.64, 0.70, 0.74], [80, 68, 60, 52, 30])
    # The shoulders are in the way in front and at the sides.
    on_shoulders = max(style.hangs_to, 0.485)
    end = lerp(on_shoulders, style.hangs_to, smoothstep((degrees - 112) / 40))
    end = end + 0.012 * np.sin(7 * azimuth) + 0.03 * jitter
    beside_face = (degrees - opening) * _METRES_PER_DEGREE
    hanging = np.minimum(beside_face, height - end)
    edge = np.where(height > 0.70, field, hanging) / _EDGE_WIDTH
    return np.where(height > 0.70, field, hanging), np.clip(edge, 0, 1)


def _around(
    azimuth: np.ndarray, frequency: float, up: np.ndarray, shift: float
) -> np.ndarray:
    """Noise about 0 (-.5 to .5) that closes around the head."""
    sine, cosine = np.sin(azimuth) * frequency, np.cos(azimuth) * frequency
    points = np.stack([cosine, sine, up], -1).reshape(-1, 3) + shift
    return value_noise(points, 1.0).reshape(up.shape) - 0.5


def _line(
    style: Style, azimuth: np.ndarray, degrees: np.ndarray, parted: float
) -> np.ndarray:
    line = hair_line(degrees)
    if style.fringe:
        line = np.where(degrees < 50, 0.700, line)
    if style.puff:
        line = line + 0.004
    if style.parting:
        in_front = smoothstep((75 - degrees) / 60)
        one_side = smoothstep(2.5 * parted * np.sin(azimuth) + 0.5)
        line = line - 0.012 * in_front * one_side
    return line


def hair_mesh(
    person: Person, vertices: np.ndarray, hat: str | None, *, over: float = 0.0
) -> list[Mesh]:
    """Makes the hair of a person.

    Args:
        person: gives style and seed.
        vertices: [10322, 3] the person's figure at rest.
        hat: what is worn over it, or None.
        over: how far the clothes on the back stand off, metres; hair hangs over them.
    """
    style = style_of(person, hat)
    if style is None:
        return []
    grid, points = scalp.grid(), scalp.on_body(vertices)
    field, edge = extent(style, person.hair_seed, grid.azimuth, grid.height)
    thickness = _thickness(style, person.hair_seed)
    if hat is not None:
        below = np.minimum(thickness, 0.012)
        thickness = np.where(grid.height > _HAT_RIM, below, thickness)
    thickness = thickness * lerp(0.15, 1.0, smoothstep(edge))
    thickness = thickness + over * smoothstep((0.545 - grid.height) / 0.06)
    mesh = scalp.shell(
        points,
        thickness,
        material=Material.HAIR,
        label=Label.HAIR,
        occlusion=lerp(0.45, 1.0, edge),
    )
    if style.puff:
        curled = mesh.extra * [1.0, _CURLS]
        mesh = dataclasses.replace(mesh, extra=curled)
    meshes = [double_sided(cut(mesh, field.ravel()))]
    if style.tail is not None:
        meshes.append(TAILS[style.tail](points))
    return meshes


def _thickness(style: Style, seed: int) -> np.ndarray:
    grid, chance = scalp.grid(), _chance(seed)
    y = grid.height
    lumps = _around(grid.azimuth, 2.2, 22 * y, chance.lumps)
    on_top = smoothstep((y - 0.70) / 0.07)
    one_side = smoothstep(chance.parted * np.sin(grid.azimuth) + 0.2)
    in_front = smoothstep((75 - grid.degrees) / 60)
    thickness = style.thickness * lerp(style.sides, 1.0, smoothstep((y - 0.61) / 0.1))
    top = style.crown + style.quiff * in_front + style.parting * one_side
    thickness = thickness + top * on_top
    thickness = thickness * (1 + style.uneven * lumps) + style.puff * lumps
    if style.hangs_to is not None:
        thickness = thickness + 0.004 + 0.006 * smoothstep((0.66 - y) / 0.06)
    return thickness
