"""Dressed people: whole, labelled, skinned, and no skin pokes through at rest."""

import numpy as np
import pytest

from jaxgen.people import figure
from jaxgen.people.mesh import Label, Material
from jaxgen.people.wardrobe import draw_outfit, draw_person, dress


@pytest.fixture(scope="module")
def dressed():
    numbers = range(40)
    people = [(draw_person(0, i), draw_outfit(0, i, 1)) for i in numbers]
    return [(person, outfit, dress(person, outfit)) for person, outfit in people]


def test_every_drawn_outfit_dresses(dressed):
    for _, _, worn in dressed:
        mesh = worn.mesh
        count = len(mesh.rest)
        assert 5_000 < count < 25_000
        assert mesh.faces.min() == 0
        assert mesh.faces.max() == count - 1
        assert np.isfinite(mesh.rest).all()
        np.testing.assert_allclose(mesh.weights.sum(1), 1, atol=1e-6)
        assert mesh.occlusion.min() >= 0
        assert mesh.occlusion.max() <= 1 + 1e-9
        assert len(mesh.material) == len(mesh.label) == len(mesh.faces)


def test_all_labels_of_an_outfit_are_present(dressed):
    for person, outfit, worn in dressed:
        labels = set(worn.mesh.label)
        expected = {Label.FACE, Label.UPPER, *range(Label.LEFT_ARM, 10)}
        expected.add(
            Label.TROUSERS if outfit.kind in ("trousers", "shorts") else Label.SKIRT
        )
        if person.hair_style != "bald" or outfit.hat is not None:
            expected.add(Label.HAIR)
        assert labels == expected


def test_left_is_the_persons_left(dressed):
    for _, _, worn in dressed:
        middle = worn.mesh.rest[worn.mesh.faces].mean(1)[:, 0]
        for left, right in (
            (Label.LEFT_ARM, Label.RIGHT_ARM),
            (Label.LEFT_LEG, Label.RIGHT_LEG),
        ):
            assert middle[worn.mesh.label == left].mean() > 0.05
            assert middle[worn.mesh.label == right].mean() < -0.05


def test_dressing_gives_the_figures_own_shape_and_joints(dressed):
    person, _, worn = dressed[0]
    vertices = figure.shape(person.betas)
    np.testing.assert_array_equal(worn.vertices, vertices)
    np.testing.assert_array_equal(worn.joints, figure.joints(vertices))


def test_dressing_twice_gives_the_same_bytes(dressed):
    person, outfit, worn = dressed[3]
    again = dress(person, outfit)
    assert worn.mesh.rest.tobytes() == again.mesh.rest.tobytes()
    assert worn.mesh.faces.tobytes() == again.mesh.faces.tobytes()


def test_no_skin_is_left_deep_inside_the_clothes(dressed):
    for _, _, worn in dressed:
        mesh = worn.mesh
        skin = mesh.canonical[mesh.faces[mesh.material == Material.SKIN]].mean(1)
        chest = (np.abs(skin[:, 0]) < 0.12) & (skin[:, 1] > 0.15) & (skin[:, 1] < 0.33)
        assert not chest.any()
        hips = (np.abs(skin[:, 0]) < 0.2) & (np.abs(skin[:, 1] + 0.02) < 0.06)
        assert not hips.any()


def test_sleeves_and_hems_end_where_the_outfit_says(dressed):
    for _, outfit, worn in dressed:
        mesh = worn.mesh
        top = mesh.canonical[np.unique(mesh.faces[mesh.material == Material.TOP])]
        arms = top[top[:, 1] > 0.40]
        assert np.abs(arms[:, 0]).max() == pytest.approx(outfit.top.sleeve, abs=0.006)
        assert top[:, 1].min() == pytest.approx(outfit.top.hem, abs=0.006)


def test_bottoms_end_at_their_cut(dressed):
    for _, outfit, worn in dressed:
        mesh = worn.mesh
        skirted = outfit.kind in ("skirt", "dress")
        material = Material.SKIRT if skirted else Material.TROUSERS
        bottom = mesh.canonical[np.unique(mesh.faces[mesh.material == material])]
        assert bottom[:, 1].min() == pytest.approx(outfit.bottom.cut, abs=1e-6)
