"""The colour and the relief of hair, strand by strand.

Strands run down from the crown: noise is fine around the head and drawn out downwards.
Near its edge hair gets thin and the scalp shows, else it would sit there like a cap.
"""

import numpy as np

from jaxgen.people import hair
from jaxgen.people.noise import smoothstep, value_noise
from jaxgen.people.persons import Person
from jaxgen.people.tails import TIED

_GLOSS_HEIGHT = 0.738


def hair_colour(
    points: np.ndarray, extra: np.ndarray, person: Person, hat: str | None
) -> np.ndarray:
    """Gives the colour of hair.

    Args:
        points: [n, 3] canonical, metres.
        extra: [n, 2] azimuth in radians and way along the strands in metres.
        person: whose hair it is.
        hat: what is worn over it, or None.

    Returns:
        [n, 3] sRGB.

    Raises:
        ValueError: the person is bald.
    """
    style = hair.style_of(person, hat)
    if style is None:
        raise ValueError("hair_colour: expected hair, got a bald person.")
    coarse = value_noise(_around(extra, 9.0, 9.0), 1.0)
    fine = value_noise(_around(extra, 30.0, 10.0), 1.0)
    tone = 0.62 + 0.40 * coarse + 0.35 * fine
    if style.puff:
        return person.hair * tone[:, None]
    gloss = np.exp(-(((extra[:, 1] - _GLOSS_HEIGHT) / 0.014) ** 2))
    colour = person.hair * (tone + 0.35 * gloss * fine)[:, None]
    thin = _thinness(points, extra, style, person)
    scalp = 0.65 * person.skin + 0.25 * person.hair
    return colour + (scalp - colour) * thin[:, None]


def _thinness(
    points: np.ndarray, extra: np.ndarray, style: hair.Style, person: Person
) -> np.ndarray:
    """How much of the scalp shows: along the hair line and in the parting."""
    azimuth, height = extra.T
    field, _ = hair.extent(style, person.hair_seed, azimuth, height)
    strand = value_noise(_around(extra, 45.0, 30.0), 1.0)
    edge = 1 - smoothstep((field - 0.009 * strand) / 0.008)
    lowest = 0.58 if style.hangs_to is None else 0.70
    thin = edge * smoothstep((height - lowest) / 0.01)
    if style.parting:
        line = points[:, 0] - 0.034 * hair.parting(person.hair_seed)
        in_front = smoothstep((points[:, 2] - 0.01) / 0.02)
        thin = np.maximum(thin, 0.7 * np.exp(-((line / 0.0016) ** 2)) * in_front)
    return 0.8 * thin * (azimuth < TIED)


def hair_bump(extra: np.ndarray) -> np.ndarray:
    """Gives the height of strands, whose slope bends the normal of hair.

    Args:
        extra: [n, 2] azimuth in radians and way along the strands in metres.

    Returns:
        [n] metres.
    """
    fine = value_noise(_around(extra, 24.0, 7.0), 1.0)
    coarse = value_noise(_around(extra, 9.0, 4.0), 1.0)
    return 0.0035 * fine + 0.004 * coarse


def _around(extra: np.ndarray, around: float, down: float) -> np.ndarray:
    """Points [n, 3] for noise that closes around the head, stretched downwards."""
    azimuth, height = extra.T
    return np.stack(
        [np.cos(azimuth) * around, np.sin(azimuth) * around, height * down], 1
    )
