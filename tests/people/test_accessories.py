"""Spectacles sit before the eyes, bags behind the body, straps on the cloth."""

import dataclasses

import numpy as np
import pytest

from jaxgen.people import figure
from jaxgen.people.accessories import accessories
from jaxgen.people.mesh import Label, Material
from jaxgen.people.outfits import draw_outfit
from jaxgen.people.persons import draw_person
from jaxgen.people.shell import fit


@pytest.fixture(scope="module")
def plain():
    person = draw_person(0, 0)
    bare = dataclasses.replace(person.face, spectacles=None)
    person = dataclasses.replace(person, face=bare)
    outfit = dataclasses.replace(draw_outfit(0, 0, 0), bag=None)
    return person, outfit, fit(figure.shape(person.betas))


def test_without_any_there_is_no_mesh(plain):
    assert accessories(*plain) == []


@pytest.mark.parametrize("kind", ["round", "oval", "square", "wide", "sun"])
def test_spectacles_sit_before_the_eyes_and_reach_the_ears(plain, kind):
    person, outfit, shell = plain
    face = dataclasses.replace(person.face, spectacles=kind)
    (mesh,) = accessories(dataclasses.replace(person, face=face), outfit, shell)
    assert set(mesh.material) == {Material.SPECTACLES}
    assert set(mesh.label) == {Label.FACE}
    asset = figure.asset()
    eyes = shell.vertices[np.concatenate(asset.eyes)]
    ears = shell.vertices[list(asset.ears)]
    assert 0.005 < mesh.rest[:, 2].max() - eyes[:, 2].max() < 0.03
    assert mesh.rest[:, 2].min() < ears[:, 2].max() + 0.01
    np.testing.assert_allclose(mesh.rest[:, 0].max(), -mesh.rest[:, 0].min(), atol=5e-3)


def test_lenses_are_open_unless_dark(plain):
    person, outfit, shell = plain
    centre = [shell.vertices[eye].mean(0) for eye in figure.asset().eyes][1]
    nearest = {}
    for kind in ("wide", "sun"):
        face = dataclasses.replace(person.face, spectacles=kind)
        (mesh,) = accessories(dataclasses.replace(person, face=face), outfit, shell)
        nearest[kind] = np.linalg.norm(mesh.rest[:, :2] - centre[:2], axis=1).min()
    assert nearest["sun"] < 0.005 < nearest["wide"]


@pytest.mark.parametrize(("kind", "joint"), [("backpack", 9), ("shoulder", 0)])
def test_a_bag_hangs_behind_and_moves_with_one_joint(plain, kind, joint):
    person, outfit, shell = plain
    bag, strap = accessories(person, dataclasses.replace(outfit, bag=kind), shell)
    assert set(bag.material) == set(strap.material) == {Material.BAG}
    assert set(bag.label) == set(strap.label) == {Label.UPPER}
    assert (bag.weights[:, joint] == 1).all()
    assert bag.rest[:, 2].mean() < -0.05
    assert np.abs(bag.extra).max() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("kind", ["backpack", "shoulder"])
def test_straps_lie_outside_the_skin(plain, kind):
    person, outfit, shell = plain
    _, strap = accessories(person, dataclasses.replace(outfit, bag=kind), shell)
    used = strap.rest[np.unique(strap.faces)]
    distance = np.linalg.norm(used[:, None] - shell.skin[None], axis=2).min(1)
    assert distance.min() > 0.005
