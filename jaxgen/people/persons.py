"""Who a person is: body shape, tones, hair style and what is painted on the face."""

import dataclasses

import numpy as np

from jaxgen.people import figure, palettes
from jaxgen.people.noise import Stream, generator

_MENS_HAIR = ("buzz", "short", "short", "side", "side", "quiff", "bald")
_WOMENS_HAIR = (
    *("bob", "long", "long", "long", "pony", "pony", "bun", "fringe", "short"),
)
_BEARDS = (0.0, 0.0, 0.35, 0.75, 1.0)
_BEARD_SHAPES = ("full", "full", "full", "chin", "moustache")
_SPECTACLES = (*("round", "oval", "square", "wide") * 3, "sun")


@dataclasses.dataclass(frozen=True)
class Face:
    """What is painted on or worn on the face; strengths run from 0 to 1.

    Attributes:
        beard: density; `stubble` the shade that is there without a beard.
        beard_shape: "full", "chin" or "moustache".
        stubble: see `beard`.
        lips: how far the lips go from the skin's own red to lipstick.
        brow: strength of the brows.
        brow_arch: height of their arc over a straight line, metres.
        brow_width: half their thickness at the nose, metres.
        brow_height: their shift upwards, metres.
        cheeks: strength of the red on the cheeks.
        freckles: strength.
        eye_shadow: strength of the colour on the lids; `liner` of the line below them.
        liner: see `eye_shadow`.
        shadow_colour: [3] sRGB of the eye shadow.
        age_lines: strength of the folds from nose to mouth and under the eyes.
        spectacles: "round", "oval", "square", "wide", "sun" (dark) or None.
        spectacles_colour: [3] sRGB of their frame.
    """

    beard: float
    beard_shape: str
    stubble: float
    lips: float
    brow: float
    brow_arch: float
    brow_width: float
    brow_height: float
    cheeks: float
    freckles: float
    eye_shadow: float
    liner: float
    shadow_colour: np.ndarray
    age_lines: float
    spectacles: str | None
    spectacles_colour: np.ndarray


@dataclasses.dataclass(frozen=True)
class Person:
    """One person, apart from clothes.

    Attributes:
        id: the number the person was drawn with.
        male: the sex of the body.
        betas: [10] float32, shape coefficients of the figure.
        age: 0.5 is 25 years, 1 is 90.
        race: main phenotype, an index of `palettes`: AFRICAN, ASIAN or CAUCASIAN.
        skin: [3] sRGB; `hair` and `iris` alike.
        hair: see `skin`.
        iris: see `skin`.
        hair_style: a key of `hair.STYLES`, or "bald".
        hair_seed: decides hair line, parting side and strands.
        face: what is painted on the face.
    """

    id: int
    male: bool
    betas: np.ndarray
    age: float
    race: int
    skin: np.ndarray
    hair: np.ndarray
    iris: np.ndarray
    hair_style: str
    hair_seed: int
    face: Face


def draw_person(seed: int, person: int) -> Person:
    """Draws a person; depends on (seed, person) alone."""
    rng = generator(seed, Stream.PERSON, person)
    male = bool(rng.random() < 0.5)
    betas, age, race = _draw_body(rng, male)
    skin = _tone(
        rng, palettes.SKIN, palettes.skin_shares(race), rng.normal(0, 0.025, 3)
    )
    hair_shares = palettes.hair_shares(race, age)
    hair = _tone(rng, palettes.HAIR, hair_shares, rng.normal(0, 0.06))
    return Person(
        id=person,
        male=male,
        betas=betas,
        age=age,
        race=race,
        skin=skin,
        hair=hair,
        iris=_pick(rng, palettes.irises(race)),
        hair_style=_draw_hair_style(rng, male, race),
        hair_seed=int(rng.integers(1 << 30)),
        face=_draw_face(rng, male, age, race),
    )


def _draw_body(rng: np.random.Generator, male: bool) -> tuple[np.ndarray, float, int]:
    """Blends two stored people of one sex: betas are not Gaussian across the sexes."""
    asset = figure.asset()
    pool = np.flatnonzero((asset.people_gender > 0.5) == male)
    first, second = rng.choice(pool, 2, replace=False)
    share = rng.uniform(0, 0.5)

    def blend(values):
        return values[first] * (1 - share) + values[second] * share

    betas = blend(asset.people_betas).astype(np.float32)
    race = int(blend(asset.people_race).argmax())
    return betas, float(blend(asset.people_age)), race


def _tone(
    rng: np.random.Generator,
    palette: np.ndarray,
    shares: np.ndarray,
    change: np.ndarray | float,
) -> np.ndarray:
    tone = palette[rng.choice(len(palette), p=shares)]
    return np.clip(tone * (1 + np.asarray(change)), 0, 1)


def _pick(rng: np.random.Generator, choices):
    return choices[int(rng.integers(len(choices)))]


def _draw_hair_style(rng: np.random.Generator, male: bool, race: int) -> str:
    african = race == palettes.AFRICAN
    if not male:
        return _pick(rng, (*_WOMENS_HAIR, "afro" if african else "bob"))
    by_chance = "long" if rng.random() < 0.3 else "side"
    return _pick(rng, (*_MENS_HAIR, "afro" if african else "short", by_chance))


def _draw_face(rng: np.random.Generator, male: bool, age: float, race: int) -> Face:
    made_up = 0.0 if male else float(rng.choice([0, 0, 0.5, 1.0]))
    pale = race == palettes.CAUCASIAN
    shortsighted = 0.25 if age > 0.7 else 0.12
    return Face(
        beard=float(_pick(rng, _BEARDS)) if male else 0.0,
        beard_shape=_pick(rng, _BEARD_SHAPES),
        stubble=0.12 if male else 0.0,
        lips=0.1 if male else float(rng.uniform(0.15, 0.9)),
        brow=float(rng.uniform(0.6, 1.0)),
        brow_arch=float(rng.uniform(0.0025, 0.0085)),
        brow_width=float(
            rng.uniform(0.0042, 0.0062) if male else rng.uniform(0.003, 0.005)
        ),
        brow_height=float(rng.uniform(-0.0015, 0.002)),
        cheeks=float(rng.uniform(0.4, 1.2) + 0.5 * made_up * rng.random()),
        freckles=float(rng.uniform(0.4, 1.0)) if rng.random() < 0.25 * pale else 0.0,
        eye_shadow=made_up * float(rng.uniform(0, 0.7)),
        liner=made_up * float(rng.uniform(0.3, 1.0)),
        shadow_colour=_pick(rng, palettes.EYE_SHADOWS),
        age_lines=float(np.clip((age - 0.6) / 0.25, 0, 1)),
        spectacles=_pick(rng, _SPECTACLES) if rng.random() < shortsighted else None,
        spectacles_colour=_pick(rng, palettes.SPECTACLES),
    )
