"""Every material has a colour of its own."""

import dataclasses

import numpy as np
import pytest

from jaxgen.people import palettes
from jaxgen.people.fabric import albedo
from jaxgen.people.mesh import Material
from jaxgen.people.wardrobe import draw_outfit, draw_person, dress


def _centres(mesh):
    return mesh.canonical[mesh.faces].mean(1), mesh.extra[mesh.faces].mean(1)


@pytest.mark.parametrize("number", range(8))
def test_every_face_of_a_dressed_person_has_a_colour(number):
    person, outfit = draw_person(0, number), draw_outfit(0, number, 0)
    mesh = dress(person, outfit).mesh
    colour = albedo(mesh.material, *_centres(mesh), person, outfit)
    assert np.isfinite(colour).all()
    assert colour.min() >= 0
    assert colour.max() < 1.3
    assert (colour.sum(1) > 0.01).all()


@pytest.mark.parametrize("kind", ["plain", "gradient", "flowers"])
def test_colour_does_not_depend_on_the_company_of_other_points(kind):
    person, outfit = draw_person(0, 2), draw_outfit(0, 2, 0)
    pattern = dataclasses.replace(outfit.bottom.pattern, kind=kind)
    bottom = dataclasses.replace(outfit.bottom, pattern=pattern)
    outfit = dataclasses.replace(outfit, bottom=bottom)
    mesh = dress(person, outfit).mesh
    canonical, extra = _centres(mesh)
    whole = albedo(mesh.material, canonical, extra, person, outfit)
    some = np.flatnonzero(canonical[:, 1] > 0)[::7]
    part = albedo(mesh.material[some], canonical[some], extra[some], person, outfit)
    np.testing.assert_array_equal(part, whole[some])


def test_stools_are_wooden_and_tights_dark():
    person = draw_person(0, 0)
    outfits = (draw_outfit(0, number, 0) for number in range(100))
    outfit = next(o for o in outfits if o.kind in ("skirt", "dress"))
    point, extra = np.zeros((1, 3)), np.zeros((1, 2))
    wood = albedo(np.array([Material.STOOL]), point, extra, person, outfit)
    tights = albedo(np.array([Material.SOCK]), point, extra, person, outfit)
    np.testing.assert_array_equal(wood[0], palettes.WOOD)
    np.testing.assert_array_equal(tights[0], palettes.LEGWEAR)


def test_a_belt_shows_over_the_waist_band():
    outfits = (draw_outfit(0, number, 0) for number in range(100))
    outfit = next(o for o in outfits if o.kind == "trousers")
    belted = dataclasses.replace(
        outfit, bottom=dataclasses.replace(outfit.bottom, belt=True)
    )
    point = np.array([[0.05, 0.095, 0.1]])
    trousers = np.array([Material.TROUSERS])
    colour = albedo(trousers, point, np.zeros((1, 2)), draw_person(0, 0), belted)
    np.testing.assert_array_equal(colour[0], palettes.BELT)


def test_a_jacket_without_an_outfit_that_has_one_is_refused():
    outfit = dataclasses.replace(draw_outfit(0, 0, 0), jacket=None)
    jacket = np.array([Material.JACKET])
    with pytest.raises(ValueError, match="jacket"):
        albedo(jacket, np.zeros((1, 3)), np.zeros((1, 2)), draw_person(0, 0), outfit)
