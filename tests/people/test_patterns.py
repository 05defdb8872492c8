"""Patterns use their colours, repeat with their period and stick to the cloth."""

import dataclasses

import numpy as np
import pytest

from jaxgen.people import patterns
from jaxgen.people.clothes import Pattern
from jaxgen.people.patterns import PATTERNS, Swatch, cloth, swatch

_COLOURS = np.array([[0.8, 0.2, 0.2], [0.2, 0.8, 0.2], [0.2, 0.2, 0.8]])


def _pattern(kind: str, **changes) -> Pattern:
    plain = Pattern(kind=kind, colours=_COLOURS, scale=1.0, phase=0.25, seed=3)
    return dataclasses.replace(plain, **changes)


@pytest.fixture(scope="module")
def trunk() -> Swatch:
    rng = np.random.default_rng(0)
    points = rng.uniform([-0.15, 0.0, 0.05], [0.15, 0.5, 0.12], (4000, 3))
    return swatch(points, legs=False)


@pytest.mark.parametrize("kind", PATTERNS)
def test_every_pattern_gives_a_colour_to_every_point(kind, trunk):
    colour = cloth(_pattern(kind), trunk)
    assert colour.shape == (4000, 3)
    assert np.isfinite(colour).all()
    assert colour.min() >= 0
    assert colour.max() < 1.1


@pytest.mark.parametrize("kind", sorted(set(PATTERNS) - {"plain", "denim", "raglan"}))
def test_figured_patterns_show_more_than_the_ground(kind, trunk):
    colour = PATTERNS[kind](_pattern(kind), trunk)
    ground = np.isclose(colour, _COLOURS[0]).all(1).mean()
    assert 0.02 < ground < 0.98


def test_stripes_have_their_duty_and_period(trunk):
    stripes = PATTERNS["stripes"]
    shifted = dataclasses.replace(trunk, v=trunk.v + 0.045)
    colour = stripes(_pattern("stripes"), trunk)
    np.testing.assert_array_equal(colour, stripes(_pattern("stripes"), shifted))
    share = (colour == _COLOURS[1]).all(1).mean()
    assert share == pytest.approx(0.45, abs=0.04)


def test_doubling_the_scale_doubles_the_period(trunk):
    stripes = PATTERNS["stripes"]
    wide = dataclasses.replace(trunk, v=2 * trunk.v)
    np.testing.assert_array_equal(
        stripes(_pattern("stripes"), trunk),
        stripes(_pattern("stripes", scale=2.0), wide),
    )


def test_the_four_prints_differ(trunk):
    pictures = {
        PATTERNS["print"](_pattern("print", seed=seed), trunk).tobytes()
        for seed in range(4)
    }
    assert len(pictures) == 4


def test_a_print_is_on_the_chest_only(trunk):
    behind = swatch(trunk.points * [1, 1, -1], legs=False)
    colour = PATTERNS["print"](_pattern("print"), behind)
    np.testing.assert_array_equal(colour, np.tile(_COLOURS[0], (4000, 1)))


def test_coordinates_wrap_trunk_sleeve_and_leg():
    points = np.array([[0.0, 0.3, 0.1], [0.4, 0.476, 0.06], [0.12, -0.5, 0.08]])
    on = swatch(points, legs=True)
    assert on.arm.tolist() == [False, True, False]
    assert on.leg.tolist() == [False, False, True]
    np.testing.assert_allclose(on.v, [0.3, 0.69, -0.5])
    assert on.u[0] == 0
    assert not swatch(points, legs=False).leg.any()


def test_hanging_cloth_wraps_by_azimuth():
    points = np.array([[0.3, -0.3, 0.0]])
    on = patterns.swatch(points, legs=False, azimuth=np.array([0.5]))
    np.testing.assert_allclose([on.u[0], on.v[0]], [0.08, -0.3])
