"""Persons: reproducible, and spread as the tables say."""

import dataclasses

import numpy as np

from jaxgen.people import palettes
from jaxgen.people.hair import STYLES
from jaxgen.people.persons import draw_person


def _same(one, other) -> bool:
    if dataclasses.is_dataclass(one):
        return all(
            _same(getattr(one, field.name), getattr(other, field.name))
            for field in dataclasses.fields(one)
        )
    return bool(np.array_equal(one, other))


def test_a_person_depends_on_seed_and_number_alone():
    before = draw_person(3, 5)
    draw_person(3, 6)
    assert _same(before, draw_person(3, 5))
    assert not _same(before, draw_person(4, 5))


def test_persons_spread_as_the_tables_say():
    people = [draw_person(0, number) for number in range(400)]
    men = [person for person in people if person.male]
    women = [person for person in people if not person.male]
    assert 160 < len(men) < 240
    assert all(person.face.beard == 0 for person in women)
    assert all(person.face.eye_shadow == 0 for person in men)
    bearded = np.mean([person.face.beard > 0 for person in men])
    assert abs(bearded - 0.6) < 0.1
    worn = np.mean([person.face.spectacles is not None for person in people])
    assert 0.1 < worn < 0.35
    assert {person.hair_style for person in people} <= {*STYLES, "bald"}
    assert {person.race for person in people} == {0, 1, 2}


def test_african_phenotypes_are_darker():
    people = [draw_person(1, number) for number in range(300)]
    tones = [
        np.mean([person.skin.mean() for person in people if person.race == race])
        for race in (palettes.AFRICAN, palettes.ASIAN, palettes.CAUCASIAN)
    ]
    assert tones[0] < tones[1] < tones[2]


def test_numbers_are_in_range():
    for number in range(100):
        person = draw_person(2, number)
        assert person.betas.shape == (10,)
        assert person.betas.dtype == np.float32
        for colour in (person.skin, person.hair, person.iris):
            assert colour.shape == (3,)
            assert colour.min() >= 0
            assert colour.max() <= 1
