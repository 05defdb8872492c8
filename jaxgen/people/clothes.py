"""What a person wears: the measures, patterns and colours of every piece.

Heights are canonical, in metres over the pelvis: floor -.905, knee -.40, crotch -.07,
waist .09, shoulder .48, neck .53. A sleeve is the distance abs(x) at which it ends:
.165 at the shoulder, .42 at the elbow, .645 at the wrist.
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Pattern:
    """How a cloth is coloured.

    Attributes:
        kind: a key of `patterns.PATTERNS`.
        colours: [3, 3] sRGB, ground first.
        scale: size of the figures, 1 is usual.
        phase: 0..1, where stripes begin.
        seed: scatters flowers, chooses a print.
    """

    kind: str
    colours: np.ndarray
    scale: float
    phase: float
    seed: int


@dataclasses.dataclass(frozen=True)
class Top:
    """A shirt, a pullover or the upper part of a dress.

    Attributes:
        sleeve: abs(x) where it ends.
        neck: "crew", "v", "scoop", "polo" or "turtle".
        looseness: 0 close to the body, 1 wide.
        hem: height of the lower edge.
        tucked: worn under trousers or skirt.
        pattern: its cloth.
    """

    sleeve: float
    neck: str
    looseness: float
    hem: float
    tucked: bool
    pattern: Pattern


@dataclasses.dataclass(frozen=True)
class Trousers:
    """Trousers or shorts.

    Attributes:
        cut: height of the lower edge.
        flare: growth of the legs' width towards the floor, 0 is straight to the body.
        fit: least distance from the skin, metres.
        belt: has a belt.
        pattern: its cloth.
    """

    cut: float
    flare: float
    fit: float
    belt: bool
    pattern: Pattern


@dataclasses.dataclass(frozen=True)
class Skirt:
    """A skirt or the lower part of a dress.

    Attributes:
        cut: height of the lower edge.
        flare: radial growth towards the hem; below zero it narrows.
        pleats: depth of the pleats, metres.
        phase: azimuth of pleats and waves, radians.
        tights: legwear below it.
        pattern: its cloth.
    """

    cut: float
    flare: float
    pleats: float
    phase: float
    tights: bool
    pattern: Pattern


@dataclasses.dataclass(frozen=True)
class Jacket:
    """An open jacket, or a coat when `long`; it has lapels or a plain edge.

    Attributes:
        opening: half the width of the opening in front, metres.
        hem: height of the lower edge of the jacket.
        long: a coat, reaching down to the thighs.
        lapels: folded over beside the opening.
        pattern: its cloth.
    """

    opening: float
    hem: float
    long: bool
    lapels: bool
    pattern: Pattern


@dataclasses.dataclass(frozen=True)
class Shoes:
    """Shoes and the socks in them.

    Attributes:
        kind: "sneaker", "leather", "ankle", "boot" or "flat".
        colour: [3] sRGB; `sole` and `socks` alike.
        sole: see `colour`.
        socks: see `colour`.
    """

    kind: str
    colour: np.ndarray
    sole: np.ndarray
    socks: np.ndarray


@dataclasses.dataclass(frozen=True)
class Outfit:
    """Everything a person wears at a time.

    Attributes:
        id: the number the outfit was drawn with.
        kind: "trousers", "shorts", "skirt" or "dress".
        top: covers the trunk.
        bottom: covers the legs; of a dress the part below the waist.
        jacket: worn open over the top, or None.
        shoes: with socks.
        hat: "cap", "beanie" or None.
        hat_colour: [3] sRGB.
        bag: "backpack", "shoulder" or None.
        bag_colour: [3] sRGB.
    """

    id: int
    kind: str
    top: Top
    bottom: Trousers | Skirt
    jacket: Jacket | None
    shoes: Shoes
    hat: str | None
    hat_colour: np.ndarray
    bag: str | None
    bag_colour: np.ndarray

    @property
    def skirted(self) -> bool:
        """Cloth hangs between the legs: skirt, dress or coat, which never sit."""
        coat = self.jacket is not None and self.jacket.long
        return isinstance(self.bottom, Skirt) or coat
