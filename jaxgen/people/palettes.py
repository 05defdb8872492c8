"""Colours of skin, hair, eyes and cloth, and how often each is drawn.

Colours are sRGB in 0..1, arrays [n, 3]. `SKIN` runs from light to dark, `HAIR` from
dark to light; its last two rows are the greys of age.
"""

import numpy as np


def colours(hexadecimal: str) -> np.ndarray:
    """Reads space-separated RRGGBB words: "ff0000 00ff00" -> [2, 3] in 0..1."""
    rows = [list(bytes.fromhex(word)) for word in hexadecimal.split()]
    return np.array(rows) / 255


SKIN = colours("e6c2ad e0b89e d9ab8c cc9c7a c28f6b a87857 8c6145 704a33 543829 402a20")
HAIR = colours("0f0d0d 1f1612 332117 4f3321 6b472b 946b3d c29e66 80381a 8c8a87 ccc9c4")
IRIS = colours("331f12 4c301a 545c38 476b8c 667580")

CLOTH = colours(
    "edede8 1f1f24 4c4f57 9ea1a6 243361 385c99 80a8d1 ad2126 db665c edb2b2 2e5c42 "
    "70854c b8c79e e6bd47 de8533 855433 c7a880 6b336b a88fc2 29757a 5c1a24"
)
DENIM = colours("29385c 3d5480 617aa3 1a1f2e 8fa3bd")
TROUSERS = colours("1f1f24 40424a b29e7a 756147 242e4c 5c6147 dbd6cc 808085")
COATS = np.concatenate([DENIM, TROUSERS, CLOTH[[1, 2, 4, 10, 15, 16, 20]]])
SHOES = colours("ebebe6 1a1a1c 5c3821 293357 9e2424 8c8c8f b89466")
LEATHER = SHOES[[1, 2, 1, 6, 2, 1]]
SOLES = colours("1f1a17 ebebe6")
SOCKS = colours("ededed 1a1a1f 808085")
BAGS = colours("1f1f24 5c3821 855433 243361 5c6147 9e2424 808085 b89466")
EYE_SHADOWS = colours("5c4038 3d3a42 6b4a63 8c6650 4a5c70")
SPECTACLES = colours("141416 141416 3d2817 5c4020 8c8c8f 6b1a20")

LEGWEAR = colours("211f21")[0]
BELT = colours("291a12")[0]
WOOD = colours("735438")[0]
DARK_LENS = colours("1f2126")[0]
EYE_WHITE = colours("e6e0db")[0]

AFRICAN, ASIAN, CAUCASIAN = range(3)

_SKIN_SHARES = (
    (0, 0, 0.02, 0.05, 0.1, 0.18, 0.22, 0.2, 0.15, 0.08),
    (0.08, 0.2, 0.27, 0.22, 0.13, 0.07, 0.03, 0, 0, 0),
    (0.2, 0.28, 0.25, 0.15, 0.08, 0.04, 0, 0, 0, 0),
)
_HAIR_SHARES = (
    (0.6, 0.3, 0.06, 0, 0, 0, 0, 0, 0.04, 0),
    (0.5, 0.3, 0.13, 0.03, 0, 0, 0, 0, 0.04, 0),
    (0.06, 0.14, 0.2, 0.19, 0.13, 0.11, 0.08, 0.04, 0.03, 0.02),
)


def skin_shares(race: int) -> np.ndarray:
    """How often each row of `SKIN` is drawn; [10], sums to 1."""
    shares = np.array(_SKIN_SHARES[race], float)
    return shares / shares.sum()


def hair_shares(race: int, age: float) -> np.ndarray:
    """How often each row of `HAIR` is drawn; [10], sums to 1.

    Args:
        race: AFRICAN, ASIAN or CAUCASIAN.
        age: 0.5 is 25 years, 1 is 90; from .62 on the greys take over.
    """
    grey = np.clip((age - 0.62) / 0.2, 0, 1)
    shares = np.array(_HAIR_SHARES[race], float) * (1 - 0.75 * grey)
    shares[-2:] += grey * np.array([0.5, 0.25])
    return shares / shares.sum()


def irises(race: int) -> np.ndarray:
    """The rows of `IRIS` offered: all to caucasian phenotypes, else the brown two."""
    return IRIS if race == CAUCASIAN else IRIS[:2]


def far_from(
    palette: np.ndarray, skin: np.ndarray, distance: float = 0.30
) -> np.ndarray:
    """Leaves out colours within an L1 `distance` of the skin: they read as naked."""
    return palette[np.abs(palette - skin).sum(1) > distance]
