"""Hair colour stays near the person's and thins out at the hair line."""

import dataclasses

import numpy as np
import pytest

from jaxgen.people.persons import draw_person
from jaxgen.people.strands import hair_bump, hair_colour
from jaxgen.people.tails import TIED


def _person(style: str):
    return dataclasses.replace(
        draw_person(0, 0),
        hair_style=style,
        hair=np.array([0.1, 0.05, 0.02]),
        skin=np.array([0.9, 0.76, 0.68]),
    )


def _colour(style: str, height: float, azimuth: float = 0.0):
    azimuths = azimuth + np.linspace(-0.2, 0.2, 200)
    extra = np.stack([azimuths, np.full(200, height)], 1)
    points = np.stack([0 * azimuths, 0 * azimuths + height, 0 * azimuths + 0.1], 1)
    return hair_colour(points, extra, _person(style), None).mean(0)


def test_hair_has_its_colour_well_inside():
    np.testing.assert_allclose(_colour("short", 0.774), [0.1, 0.05, 0.02], atol=0.05)


def test_scalp_shows_at_the_hair_line():
    assert _colour("short", 0.750).mean() > 2 * _colour("short", 0.774).mean()


def test_tied_hair_shows_no_scalp():
    assert _colour("pony", 0.5, azimuth=TIED + 1).mean() < 0.1


def test_the_bald_have_no_hair_to_colour():
    with pytest.raises(ValueError, match="bald"):
        _colour("bald", 0.77)


def test_relief_is_millimetres_and_closes_around_the_head():
    extra = np.random.default_rng(0).uniform([-np.pi, 0.3], [np.pi, 0.8], (500, 2))
    relief = hair_bump(extra)
    assert 0 <= relief.min() < relief.max() <= 0.0075
    np.testing.assert_allclose(hair_bump(extra + [2 * np.pi, 0]), relief, atol=1e-7)
