"""Outfits: reproducible, spread as the tables say, never of the skin's colour."""

import dataclasses

import numpy as np
import pytest

from jaxgen.people.clothes import Skirt
from jaxgen.people.outfits import TUCKED_HEM, WAIST_OF_A_DRESS, draw_outfit
from jaxgen.people.patterns import PATTERNS
from jaxgen.people.persons import draw_person


@pytest.fixture(scope="module")
def drawn():
    return [(draw_person(0, i), draw_outfit(0, i, 0)) for i in range(300)]


def _flat(value) -> list:
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return sum((_flat(getattr(value, field.name)) for field in fields), [])
    return [np.asarray(value).tolist()]


def test_an_outfit_depends_on_its_numbers_alone():
    before = _flat(draw_outfit(3, 5, 1))
    draw_outfit(3, 5, 2)
    assert before == _flat(draw_outfit(3, 5, 1))
    assert before != _flat(draw_outfit(3, 5, 2))
    assert before != _flat(draw_outfit(3, 6, 1))


def test_kinds_are_spread_as_the_table_says(drawn):
    men = [outfit.kind for person, outfit in drawn if person.male]
    women = [outfit.kind for person, outfit in drawn if not person.male]
    assert set(men) == {"trousers", "shorts"}
    assert abs(np.mean([kind == "trousers" for kind in men]) - 0.75) < 0.08
    for kind, share in (("skirt", 2 / 7), ("dress", 2 / 7), ("shorts", 1 / 7)):
        assert abs(np.mean([worn == kind for worn in women]) - share) < 0.1
    hats = np.mean([outfit.hat is not None for _, outfit in drawn])
    assert abs(hats - 1 / 9) < 0.05


def test_no_cloth_has_the_colour_of_the_skin(drawn):
    for person, outfit in drawn:
        worn = [outfit.top, outfit.bottom, outfit.jacket]
        for garment in filter(None, worn):
            distance = np.abs(garment.pattern.colours - person.skin).sum(1)
            # Three colours vary by 5 % after they were found far enough (.30).
            assert distance.min() > 0.1


def test_patterns_have_three_colours_and_a_known_kind(drawn):
    for _, outfit in drawn:
        for pattern in (outfit.top.pattern, outfit.bottom.pattern):
            assert pattern.kind in PATTERNS
            assert pattern.colours.shape == (3, 3)


def test_dresses_share_one_pattern_and_end_the_top_at_the_waist(drawn):
    dresses = [outfit for _, outfit in drawn if outfit.kind == "dress"]
    assert dresses
    for outfit in dresses:
        assert outfit.bottom.pattern is outfit.top.pattern
        assert outfit.top.pattern.kind not in ("print", "raglan", "block")
        assert outfit.top.hem == WAIST_OF_A_DRESS


def test_tops_are_tucked_into_skirts(drawn):
    for _, outfit in drawn:
        if outfit.kind == "skirt":
            assert outfit.top.tucked
        if outfit.top.tucked and outfit.kind != "dress":
            assert outfit.top.hem == TUCKED_HEM


def test_coats_are_worn_over_slim_trousers_or_skirts(drawn):
    coats = [o for _, o in drawn if o.jacket is not None and o.jacket.long]
    assert coats
    for outfit in coats:
        assert isinstance(outfit.bottom, Skirt) or outfit.bottom.flare < 0.15
