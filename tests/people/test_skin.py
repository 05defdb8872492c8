"""Faces: lips are red, irises coloured, beards dark, and the body plain skin."""

import dataclasses

import numpy as np
import pytest

from jaxgen.people.persons import draw_person
from jaxgen.people.skin import eye, skin

_LIPS, _CHIN, _CHEEK, _BROW = (
    np.array([point])
    for point in (
        [0.008, 0.5995, 0.128],
        [0.0, 0.575, 0.115],
        [0.040, 0.640, 0.105],
        [0.025, 0.6965, 0.11],
    )
)


@pytest.fixture(scope="module")
def person():
    people = (draw_person(0, number) for number in range(50))
    return next(p for p in people if not p.male and p.skin.mean() > 0.7)


def _change(person, **changes):
    return dataclasses.replace(person, face=dataclasses.replace(person.face, **changes))


def test_the_body_is_plain_skin(person):
    arm = np.random.default_rng(0).uniform([0.3, 0.45, 0], [0.6, 0.5, 0.03], (100, 3))
    np.testing.assert_allclose(
        skin(arm, person), np.tile(person.skin, (100, 1)), rtol=0.05
    )


def test_lips_are_redder_than_the_cheek(person):
    red = _change(person, lips=1.0, cheeks=0.0)
    lips, cheek = skin(_LIPS, red)[0], skin(_CHEEK, red)[0]
    assert lips[0] / lips[1] > 1.3 * cheek[0] / cheek[1]


def test_a_beard_darkens_the_chin_and_a_moustache_does_not(person):
    dark = dataclasses.replace(person, hair=np.array([0.1, 0.06, 0.05]))
    shaven, full, moustache = (
        skin(_CHIN, _change(dark, stubble=stubble, beard=beard, beard_shape=shape))[0]
        for stubble, beard, shape in (
            (0.0, 0.0, "full"),
            (0.12, 1.0, "full"),
            (0.12, 1.0, "moustache"),
        )
    )
    assert full.mean() < 0.5 * shaven.mean()
    assert moustache.mean() > 0.8 * shaven.mean()


def test_brows_have_the_hairs_colour(person):
    dark = dataclasses.replace(person, hair=np.array([0.1, 0.06, 0.05]))
    strong = _change(
        dark, brow=1.0, brow_arch=0.0055, brow_height=0.0, brow_width=0.005
    )
    assert skin(_BROW, strong)[0].mean() < 0.5 * person.skin.mean()


def test_iris_pupil_and_white(person):
    across = np.array([0.0306 + 0.0045, 0.0306, 0.0306 + 0.009])
    points = np.stack([across, np.full(3, 0.6715), np.full(3, 0.11)], 1)
    iris, pupil, white = eye(points, person)
    np.testing.assert_allclose(iris, person.iris, atol=0.02)
    assert pupil.max() < 0.05
    assert white.min() > 0.75


def test_both_sides_of_the_face_are_alike(person):
    rng = np.random.default_rng(0)
    left = rng.uniform([0.005, 0.67, 0.1], [0.06, 0.70, 0.12], (200, 3))
    smooth = _change(person, freckles=0.0)
    difference = skin(left, smooth) - skin(left * [-1, 1, 1], smooth)
    assert np.abs(difference).mean() < 0.05
