"""How outfits are drawn: tables of what there is (a repeated entry weighs more)."""

import dataclasses
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from jaxgen.people import palettes
from jaxgen.people.clothes import Jacket, Outfit, Pattern, Shoes, Skirt, Top, Trousers
from jaxgen.people.noise import Stream, generator
from jaxgen.people.persons import draw_person

_T = TypeVar("_T")

TUCKED_HEM = 0.085
WAIST_OF_A_DRESS = 0.09

_KINDS = {
    "men": ("trousers", "trousers", "trousers", "shorts"),
    "women": (*("trousers", "trousers", "skirt", "skirt", "dress", "dress", "shorts"),),
}
_SLEEVES = {
    "men": (0.285, 0.285, 0.30, 0.645, 0.645, 0.42, 0.52),
    "women": (0.165, 0.165, 0.27, 0.285, 0.645, 0.645, 0.44, 0.53),
}
_NECKS_LONG = ("crew", "crew", "v", "scoop", "polo", "turtle")
_NECKS_SHORT = {
    "men": ("crew", "crew", "v", "v", "polo"),
    "women": ("crew", "crew", "v", "scoop", "scoop"),
}
_LOOSENESS = {"men": (0.2, 1.0), "women": (0.0, 0.9)}
_TUCKED = {"men": 0.12, "women": 0.35}
_TOP_PATTERNS = (
    *("plain", "plain", "plain", "plain", "stripes", "stripes", "print", "print"),
    *("pinstripes", "checks", "plaid", "dots", "gradient", "block", "flowers"),
    "raglan",
)
_TROUSER_PATTERNS = (*("plain",) * 6, "pinstripes", "checks", "gradient")
_TRUNK_PATTERNS = ("print", "raglan", "block")
_TROUSER_CUTS = (-0.79, -0.80, -0.805, -0.74, -0.66)
_TROUSER_FLARES = (0.02, 0.12, 0.2, 0.3, 0.5)
_SKIRT_CUTS = (-0.24, -0.30, -0.38, -0.46, -0.58, -0.70)
_SKIRT_FLARES = (-0.12, 0.0, 0.15, 0.35)
_PLEATS = (0.0, 0.0, 0.010, 0.016)
_JACKET_HEMS = (-0.06, -0.02, 0.06)
_SHOES = {
    "men": ("sneaker", "sneaker", "boot", "leather"),
    "women": ("sneaker", "flat", "flat", "boot", "ankle"),
}
_HATS = (*(None,) * 16, "cap", "beanie")
_BAGS = {
    "men": (*(None,) * 16, "backpack", "backpack", "backpack", "shoulder"),
    "women": (*(None,) * 15, "backpack", *("shoulder",) * 4),
}


def draw_outfit(seed: int, person: int, outfit: int) -> Outfit:
    """Draws an outfit; depends on (seed, person, outfit) alone.

    Sex and skin of that person matter: cloth near the tone of the skin is not offered.
    """
    wearer = draw_person(seed, person)
    sex = "men" if wearer.male else "women"
    rng = generator(seed, Stream.OUTFIT, person, outfit)
    kind = _pick(rng, _KINDS[sex])
    top = _draw_top(rng, sex, kind, wearer.skin)
    if kind in ("trousers", "shorts"):
        bottom = _draw_trousers(rng, kind, top.tucked, wearer.skin)
    else:
        bottom = _draw_skirt(rng, wearer.skin)
    if kind == "dress":
        bottom = dataclasses.replace(bottom, pattern=top.pattern)
    slim = not isinstance(bottom, Trousers) or bottom.flare < 0.15
    return Outfit(
        id=outfit,
        kind=kind,
        top=top,
        bottom=bottom,
        jacket=_draw_jacket(rng, top.sleeve, slim, wearer.skin),
        shoes=_draw_shoes(rng, sex),
        hat=_pick(rng, _HATS),
        hat_colour=_pick(rng, palettes.far_from(palettes.CLOTH, wearer.skin)),
        bag=_pick(rng, _BAGS[sex]),
        bag_colour=_pick(rng, palettes.BAGS),
    )


def _pick(rng: np.random.Generator, choices: Sequence[_T] | np.ndarray) -> _T:
    return choices[int(rng.integers(len(choices)))]


def _draw_pattern(
    rng: np.random.Generator,
    kinds: Sequence[str],
    palette: np.ndarray,
    skin: np.ndarray,
) -> Pattern:
    offered = palettes.far_from(palette, skin)
    chosen = offered[rng.permutation(len(offered))[:3]]
    # Short palettes can lose so many colours to the skin that one must serve twice.
    chosen = chosen[np.arange(3) % len(chosen)]
    return Pattern(
        kind=_pick(rng, kinds),
        colours=np.clip(chosen * (1 + rng.normal(0, 0.05, (3, 3))), 0, 1),
        scale=float(rng.uniform(0.6, 1.5)),
        phase=float(rng.random()),
        seed=int(rng.integers(1 << 30)),
    )


def _draw_top(rng: np.random.Generator, sex: str, kind: str, skin: np.ndarray) -> Top:
    sleeve = _pick(rng, _SLEEVES[sex])
    tucked = bool(rng.random() < _TUCKED[sex]) or kind == "skirt"
    hem = TUCKED_HEM if tucked else float(rng.uniform(-0.075, 0.01))
    pattern = _draw_pattern(rng, _TOP_PATTERNS, palettes.CLOTH, skin)
    if kind == "dress":
        hem = WAIST_OF_A_DRESS
        if pattern.kind in _TRUNK_PATTERNS:
            pattern = dataclasses.replace(pattern, kind="flowers")
    return Top(
        sleeve=sleeve,
        neck=_pick(rng, _NECKS_LONG if sleeve > 0.5 else _NECKS_SHORT[sex]),
        looseness=float(rng.uniform(*_LOOSENESS[sex])),
        hem=hem,
        tucked=tucked,
        pattern=pattern,
    )


def _draw_trousers(
    rng: np.random.Generator, kind: str, tucked: bool, skin: np.ndarray
) -> Trousers:
    long = kind == "trousers"
    if rng.random() < (0.45 if long else 0.40):
        pattern = _draw_pattern(rng, ("denim",), palettes.DENIM, skin)
    else:
        cloths = np.concatenate([palettes.TROUSERS, palettes.CLOTH])
        palette = palettes.TROUSERS if long else cloths
        pattern = _draw_pattern(rng, _TROUSER_PATTERNS, palette, skin)
    return Trousers(
        cut=_pick(rng, _TROUSER_CUTS) if long else float(rng.uniform(-0.36, -0.20)),
        flare=_pick(rng, _TROUSER_FLARES) if long else 0.35,
        fit=float(rng.uniform(0.004, 0.016)) if long else 0.012,
        belt=bool(long and tucked and rng.random() < 0.6),
        pattern=pattern,
    )


def _draw_skirt(rng: np.random.Generator, skin: np.ndarray) -> Skirt:
    pattern = _draw_pattern(rng, _TOP_PATTERNS, palettes.CLOTH, skin)
    if pattern.kind in _TRUNK_PATTERNS:
        pattern = dataclasses.replace(pattern, kind="plain")
    return Skirt(
        cut=_pick(rng, _SKIRT_CUTS),
        flare=_pick(rng, _SKIRT_FLARES),
        pleats=_pick(rng, _PLEATS),
        phase=float(rng.uniform(0, 2 * np.pi)),
        tights=bool(rng.random() < 0.25),
        pattern=pattern,
    )


def _draw_jacket(
    rng: np.random.Generator, sleeve: float, slim: bool, skin: np.ndarray
) -> Jacket | None:
    """Draws a jacket or none; only `slim` clothes below leave room for a coat."""
    if rng.random() >= (0.30 if sleeve < 0.6 else 0.15):
        return None
    return Jacket(
        opening=float(rng.uniform(0.03, 0.075)),
        hem=_pick(rng, _JACKET_HEMS),
        long=bool(rng.random() < 0.3 and slim),
        lapels=bool(rng.random() < 0.5),
        pattern=_draw_pattern(rng, _TROUSER_PATTERNS, palettes.COATS, skin),
    )


def _draw_shoes(rng: np.random.Generator, sex: str) -> Shoes:
    kind = _pick(rng, _SHOES[sex])
    palette = palettes.SHOES if kind in ("sneaker", "flat") else palettes.LEATHER
    dark, light = palettes.SOLES
    return Shoes(
        kind=kind,
        colour=_pick(rng, palette),
        sole=light if kind == "sneaker" and rng.random() < 0.5 else dark,
        socks=_pick(rng, palettes.SOCKS),
    )
