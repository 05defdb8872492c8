"""Seeded numbers and smooth fields: generators, value noise, hashes, ramps.

Everything here is a pure function of its arguments, so that a record never depends on
what was drawn before it.
"""

import functools
from enum import IntEnum

import numpy as np
from scipy.ndimage import map_coordinates

Numbers = np.ndarray | np.number | float | int
"""One number or an array of them."""

_TABLE_SIZE = 32
_TABLE_SEED = 12345
# (share, frequency, shift): three octaves, unrelated because each is shifted.
_OCTAVES = ((0.55, 1.0, 0.0), (0.30, 2.1, 7.3), (0.15, 4.3, 3.1))


class Stream(IntEnum):
    """What a generator is for: different streams of one seed are independent."""

    PERSON = 1
    OUTFIT = 2
    FRAME = 3
    SCENE = 4
    CAMERA = 5
    CLIP = 6


def generator(seed: int, stream: Stream, *ids: int) -> np.random.Generator:
    """Gives the generator of one thing, for example of frame 3 of person 7.

    Args:
        seed: of the whole data set.
        stream: what kind of thing is drawn.
        ids: non-negative numbers that name the thing within its kind.
    """
    entropy = np.random.SeedSequence([seed, int(stream), *ids])
    return np.random.Generator(np.random.PCG64(entropy))


def lerp(a: Numbers, b: Numbers, t: Numbers) -> np.ndarray:
    """Blends linearly from `a` (t = 0) to `b` (t = 1); broadcasts."""
    return np.asarray(a + (b - a) * t)


def smoothstep(t: Numbers) -> np.ndarray:
    """Rises from 0 (t <= 0) to 1 (t >= 1) with level ends: 3 t^2 - 2 t^3."""
    t = np.clip(t, 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def value_noise(points: np.ndarray, frequency: float) -> np.ndarray:
    """Samples a smooth random field with values in [0, 1] and mean 0.5.

    The field is a fixed lattice of random numbers, blended trilinearly; it repeats
    after 32 cells.

    Args:
        points: [n, 3].
        frequency: lattice cells per unit of `points`.

    Returns:
        [n] values.
    """
    coordinates = np.ascontiguousarray(points.T) * frequency
    return map_coordinates(_table(), coordinates, order=1, mode="grid-wrap")


def plane_noise(x: np.ndarray, y: np.ndarray, z: float) -> np.ndarray:
    """Samples `value_noise` of frequency 1 on a grid of the plane at height z, fast.

    Args:
        x: [w] coordinates of the columns.
        y: [h] coordinates of the rows.
        z: the plane; unrelated pictures are two or more apart.

    Returns:
        [h, w] values in [0, 1].
    """
    table = np.moveaxis(_table(), 2, 0)
    for coordinates in (np.array([z]), x, y):
        cell = np.floor(coordinates).astype(np.int64)
        share = (coordinates - cell).astype(np.float32)
        low, high = table[cell % _TABLE_SIZE], table[(cell + 1) % _TABLE_SIZE]
        blended = low + (high - low) * share.reshape(-1, *[1] * (low.ndim - 1))
        table = np.moveaxis(blended, 0, -1)
    return table[0].T


def fractal_noise(points: np.ndarray, frequency: float) -> np.ndarray:
    """Adds three octaves of `value_noise`, coarse to fine; values in [0, 1].

    Args:
        points: [n, 3].
        frequency: lattice cells per unit of `points` in the coarsest octave.

    Returns:
        [n] values.
    """
    total = np.zeros(len(points))
    for share, ratio, shift in _OCTAVES:
        total += share * value_noise(points + shift, frequency * ratio)
    return total


def hash2(i: Numbers, j: Numbers, seed: int = 0) -> np.ndarray:
    """Gives every cell (i, j) of a plane its own random number in [0, 1).

    Args:
        i: whole numbers of any dtype, broadcast against `j`.
        j: whole numbers.
        seed: chooses among unrelated hashes.
    """
    i = np.asarray(i).astype(np.int64).astype(np.uint32)
    j = np.asarray(j).astype(np.int64).astype(np.uint32)
    with np.errstate(over="ignore"):  # NumPy warns of wrap-around in scalars only.
        mixed = i * np.uint32(0x9E3779B1) + j * np.uint32(0x85EBCA77)
        mixed = mixed + np.uint32(seed * 0xC2B2AE3D & 0xFFFFFFFF)
        for shift, factor in ((15, 0x2C1B3C6D), (12, 0x297A2D39)):
            mixed = (mixed ^ (mixed >> np.uint32(shift))) * np.uint32(factor)
    return np.asarray((mixed ^ (mixed >> np.uint32(15))) / 2.0**32)


@functools.cache
def _table() -> np.ndarray:
    rng = np.random.Generator(np.random.PCG64(_TABLE_SEED))
    return rng.random((_TABLE_SIZE,) * 3).astype(np.float32)
