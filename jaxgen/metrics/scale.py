"""The range in which pictures are compared: bytes as they are, [0, 1] or [-1, 1]."""

from dataclasses import dataclass

import numpy as np

from jaxgen.core import checks


@dataclass(frozen=True)
class Scale:
    """How bytes are brought to a range.

    Attributes:
        factor: what a byte is multiplied with.
        shift: what is added then.
        type_range: the range that scikit-image assumes when none is named: 255 for
            bytes, 2 for floats, whatever they hold.
        words: for definitions.
    """

    factor: float
    shift: float
    type_range: float
    words: str


SCALES = {
    "bytes": Scale(1.0, 0.0, 255.0, "0 to 255"),
    "unit": Scale(1 / 255, 0.0, 2.0, "0 to 1"),
    "signed": Scale(2 / 255, -1.0, 2.0, "-1 to 1"),
}

LUMINANCE = np.array([0.2125, 0.7154, 0.0721])
"""Weights of red, green and blue, as scikit-image has them."""


def require(who: str, name: str) -> None:
    """Raises KeyError when there is no such scale."""
    checks.require_known(who, "scale", name, SCALES)


def bring(image: np.ndarray, name: str) -> np.ndarray:
    """Bytes of any shape as float64 in the range of `name`."""
    found = SCALES[name]
    return image.astype(np.float64) * found.factor + found.shift
