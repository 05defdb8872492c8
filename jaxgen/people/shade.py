"""Light: creases, sun, sky, shadows, gloss.

Directions are in the viewer's frame: x right, y up, z towards the viewer. Light is
added in linear space, a power of 2.2 away from sRGB.
"""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter

from jaxgen.people import fabric, figure
from jaxgen.people.mesh import Material
from jaxgen.people.noise import smoothstep
from jaxgen.people.samples import FAR, Samples

_GAMMA = np.float32(2.2)
_SUN, _SKY = np.array([1.0, 0.96, 0.9]), np.array([0.61, 0.65, 0.71])
_GROUND = np.array([0.36, 0.33, 0.30])
_SKIN_TINT = np.array([1.02, 0.99, 0.97])
_CREASED = (Material.TOP, Material.TROUSERS, Material.SKIRT, Material.JACKET)
_GLOSS = {
    Material.SKIN: (0.05, 16.0),
    Material.HAIR: (0.10, 14.0),
    Material.SHOE: (0.12, 20.0),
    Material.EYE: (0.40, 60.0),
}
_SOFT = (Material.SKIN, Material.HAIR)
_SHADOW_REACH = (0.012, 0.025, 0.045, 0.07, 0.10, 0.14, 0.19)
_CONTACT_TAPS = 12
_GOLDEN_ANGLE = 2.39996


class Light(NamedTuple):
    """One sun, a sky above and a ground that reflects.

    Attributes:
        direction: [3] unit vector to the sun.
        sun: [3] linear colour.
        sky: [3] linear colour.
        ground: [3] linear colour.
    """

    direction: np.ndarray
    sun: np.ndarray
    sky: np.ndarray
    ground: np.ndarray


def draw_light(rng: np.random.Generator) -> Light:
    """Draws a light from in front, 25 to 65 degrees high."""
    azimuth, elevation = np.radians([rng.uniform(-75, 75), rng.uniform(25, 65)])
    level = np.cos(elevation)
    direction = [np.sin(azimuth) * level, np.sin(elevation), np.cos(azimuth) * level]
    sun, sky = _SUN * rng.uniform(0.7, 1.05), _SKY * rng.uniform(0.75, 1.05)
    return Light(np.array(direction), sun, sky, _GROUND * rng.uniform(0.7, 1.1))


def shade(
    samples: Samples, albedo: np.ndarray, light: Light, blur: float
) -> np.ndarray:
    """Lights every sample.

    Args:
        samples: what is seen.
        albedo: [m, 3] sRGB.
        light: the sun, the sky, the ground.
        blur: softness of shadow edges, in samples.

    Returns:
        float32 [m, 3] sRGB; 0 to a little over 1.
    """
    normal = bend_normals(samples)
    sun_seen = gaussian_filter(
        samples.spread(_sun_seen(samples, light.direction), 1.0), blur, truncate=3.0
    ).ravel()[samples.pixel]
    open_sky = (0.35 + 0.65 * samples.occlusion) * _contact(samples)
    sun, sky, ground = (np.float32(colour) for colour in light[1:])
    up = 0.5 + 0.5 * normal[:, 1:2]
    received = (sky * up + ground * (1 - up)) * open_sky[:, None]
    received += _diffuse(samples, normal, light, sun_seen)[:, None] * sun
    colour = np.clip(albedo, 0, 1).astype(np.float32) ** _GAMMA * received
    colour[samples.material == Material.SKIN] *= np.float32(_SKIN_TINT)
    colour += (_gloss(samples, normal, light) * sun_seen)[:, None] * sun
    return np.clip(colour, 0, 1.2) ** (1 / _GAMMA)


def bend_normals(samples: Samples) -> np.ndarray:
    """Tilts normals by the slope of folds and strands, as seen on the screen.

    The slope is taken only within one material and where depth is continuous; else
    every outline would shine.

    Returns:
        float32 [m, 3] unit normals.
    """
    height, bumpy = _bump_height(samples)
    grid, place, width = _padded(samples, np.arange(len(height)), -1, 1)
    place, normal = place[bumpy], samples.normal.copy()
    for axis, step in ((0, 1), (1, -width)):  # The rows count downwards.
        after, before = grid[place + step], grid[place - step]
        slope = (height[after] - height[before]) * samples.pixels_per_metre / 2
        same = (after >= 0) & (before >= 0)
        for other in (after, before):
            same &= samples.material[other] == samples.material[bumpy]
        same &= np.abs(samples.depth[after] - samples.depth[before]) < 0.04
        normal[bumpy, axis] -= 0.8 * np.where(same, np.clip(slope, -1.2, 1.2), 0)
    return figure.unit(normal)


def _bump_height(samples: Samples) -> tuple[np.ndarray, np.ndarray]:
    """Height [m] in metres, and where there is any."""
    material = samples.material
    height = np.zeros(len(material), np.float32)
    cloth = np.flatnonzero(_table(dict.fromkeys(_CREASED, 1.0))[material])
    height[cloth] = fabric.fold_height(
        samples.canonical[cloth], material[cloth], samples.extra[cloth]
    )
    hair = np.flatnonzero(material == Material.HAIR)
    height[hair] = fabric.hair_bump(samples.extra[hair])
    return height, np.concatenate([cloth, hair])


def _sun_seen(samples: Samples, direction: np.ndarray) -> np.ndarray:
    """Share of the sun [m], from a few steps towards it through the depth buffer."""
    scale = samples.pixels_per_metre
    pad = int(np.ceil(_SHADOW_REACH[-1] * scale)) + 1
    grid, place, width = _padded(samples, samples.depth, FAR, pad)
    blocked = np.zeros(len(place), np.float32)
    for reach in _SHADOW_REACH:
        across, up, nearer = direction * reach
        shift = int(np.floor(across * scale)) + width * int(np.floor(-up * scale))
        behind = samples.depth - np.float32(nearer) - grid[place + shift]
        depth = smoothstep((behind - 0.008) / 0.012) * (behind < 0.35)
        np.maximum(blocked, depth, out=blocked)
    return 1 - blocked


def _contact(samples: Samples) -> np.ndarray:
    """Share of the sky [m] that near things leave, from a spiral of depth taps."""
    scale = samples.pixels_per_metre
    pad = int(np.ceil(0.072 * scale)) + 1
    grid, place, width = _padded(samples, samples.depth, FAR, pad)
    covered = np.zeros(len(place), np.float32)
    for tap in range(_CONTACT_TAPS):
        angle = tap * _GOLDEN_ANGLE
        radius = (0.012 + 0.06 * (tap + 0.5) / _CONTACT_TAPS) * scale
        column, row = np.cos(angle) * radius, np.sin(angle) * radius
        shift = int(np.floor(column)) + width * int(np.floor(row))
        behind = samples.depth - grid[place + shift]
        covered += smoothstep((behind - 0.01) / 0.03) * (behind < 0.25)
    return 1 - 0.75 * covered / _CONTACT_TAPS


def _diffuse(
    samples: Samples, normal: np.ndarray, light: Light, sun_seen: np.ndarray
) -> np.ndarray:
    """Sunlight [m] on the surface; it wraps further around skin and hair."""
    wrap = _table(dict.fromkeys(_SOFT, 0.25), 0.08)[samples.material]
    facing = _dot(normal, light.direction)
    return np.clip((facing + wrap) / (1 + wrap), 0, 1) * (0.12 + 0.88 * sun_seen)


def _gloss(samples: Samples, normal: np.ndarray, light: Light) -> np.ndarray:
    """Mirrored sun [m] by Blinn's half vector."""
    half = light.direction + [0.0, 0.0, 1.0]
    half = half / np.linalg.norm(half)
    gloss = np.zeros(len(normal), np.float32)
    for material, (strength, exponent) in _GLOSS.items():
        at = np.flatnonzero(samples.material == material)
        mirrored = np.clip(_dot(normal[at], half), 0, 1)
        gloss[at] = np.float32(strength) * mirrored ** np.float32(exponent)
    return gloss


def _dot(vectors: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Written out, because a matrix library may round differently elsewhere."""
    x, y, z = (np.float32(component) for component in direction)
    return vectors[:, 0] * x + vectors[:, 1] * y + vectors[:, 2] * z


def _table(values: dict[Material, float], default: float = 0.0) -> np.ndarray:
    """Looks a number up by material: float32 [number of materials]."""
    table = np.full(len(Material), default, np.float32)
    for material, value in values.items():
        table[material] = value
    return table


def _padded(
    samples: Samples, values: np.ndarray, empty: float | int, pad: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """Puts values into a grid with a margin, so that neighbours need no clipping.

    Returns:
        the grid, flat; the place [m] of each sample in it; its width.
    """
    height, width = samples.size
    wide = width + 2 * pad
    row, column = np.divmod(samples.pixel, width)
    place = (row + pad) * wide + column + pad
    grid = np.full((height + 2 * pad) * wide, empty, values.dtype)
    grid[place] = values
    return grid, place, wide


def floor_shadow(
    points: np.ndarray,
    height: np.ndarray,
    size: tuple[int, int],
) -> np.ndarray:
    """Gives the light that a person leaves on the floor.

    Args:
        points: [2, n, 2] raster points where each vertex meets the floor, along the sun
            and straight down.
        height: [n] metres of each vertex above the floor.
        size: (height, width) of the picture.

    Returns:
        float32 [h, w], 0.28 to 1; 1 is no shadow.
    """
    unit = size[0] / 256
    cast = _splat(points[0], np.exp(-height / 0.45), size)
    cast = gaussian_filter(np.minimum(cast / unit, 2), 2.6 * unit, truncate=3.0)
    low = height < 0.06
    contact = _splat(points[1][low], np.ones(low.sum()), size)
    contact = gaussian_filter(np.minimum(contact / unit, 2), 2.0 * unit, truncate=3.0)
    dark = 0.40 * np.clip(1.3 * cast, 0, 1) + 0.45 * np.clip(1.3 * contact, 0, 1)
    return np.clip(1 - dark, 0.28, 1).astype(np.float32)


def _splat(
    points: np.ndarray, weights: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """Adds weights [n] to the pixels that points [n, 2] fall in."""
    height, width = size
    column, row = np.floor(points).astype(np.int64).T
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    pixel = (row * width + column)[inside]
    total = np.bincount(pixel, weights[inside], height * width)
    return total.reshape(height, width).astype(np.float32)
