"""Every style grows where its line says, and leaves the face free."""

import dataclasses

import numpy as np
import pytest

from jaxgen.people import figure, hair
from jaxgen.people.mesh import Label, Material, join
from jaxgen.people.persons import draw_person

_HANGING = {name for name, style in hair.STYLES.items() if style.hangs_to is not None}


@pytest.fixture(scope="module")
def vertices():
    return figure.shape(draw_person(0, 0).betas)


def _mesh(style: str, vertices, hat=None, seed: int = 4):
    person = dataclasses.replace(draw_person(0, 0), hair_style=style, hair_seed=seed)
    return join(hair.hair_mesh(person, vertices, hat))


@pytest.mark.parametrize("style", hair.STYLES)
def test_every_style_is_hair_alone_and_covers_the_crown(style, vertices):
    mesh = _mesh(style, vertices)
    assert set(mesh.material) == {Material.HAIR}
    assert set(mesh.label) == {Label.HAIR}
    crown = figure.asset().v_template[figure.asset().body, 1].max()
    assert mesh.canonical[:, 1].max() > crown
    np.testing.assert_allclose(mesh.weights.sum(1), 1, atol=1e-6)


@pytest.mark.parametrize("style", hair.STYLES)
def test_the_face_stays_free(style, vertices):
    mesh = _mesh(style, vertices)
    x, y, z = mesh.canonical.T
    face = (np.abs(x) < 0.04) & (y > 0.56) & (y < 0.68) & (z > 0.05)
    assert not face.any()


@pytest.mark.parametrize("style", sorted(_HANGING))
def test_hanging_hair_ends_near_its_height(style, vertices):
    mesh = _mesh(style, vertices)
    assert mesh.extra[:, 1].min() == pytest.approx(
        hair.STYLES[style].hangs_to, abs=0.04
    )


def test_the_bald_have_none(vertices):
    bald = dataclasses.replace(draw_person(0, 0), hair_style="bald")
    assert hair.hair_mesh(bald, vertices, None) == []
    assert hair.style_of(bald, "cap") is None


def test_high_hair_is_pressed_down_by_a_hat(vertices):
    afro, pressed = (_mesh("afro", vertices, hat) for hat in (None, "cap"))
    assert afro.rest[:, 1].max() > pressed.rest[:, 1].max() + 0.02


def test_the_seed_changes_the_hair(vertices):
    one, other = (_mesh("side", vertices, seed=seed) for seed in (1, 2))
    assert one.rest.shape != other.rest.shape or not np.allclose(one.rest, other.rest)


def test_extent_is_positive_on_the_crown_and_negative_on_the_brow():
    for style in hair.STYLES.values():
        field, edge = hair.extent(style, 3, np.zeros(2), np.array([0.775, 0.66]))
        assert field[0] > 0 > field[1]
        assert edge[0] > 0
        assert edge[1] == 0


def test_long_hair_hangs_over_the_clothes(vertices):
    person = dataclasses.replace(draw_person(0, 0), hair_style="long")
    bare, over = (
        join(hair.hair_mesh(person, vertices, None, over=over)) for over in (0.0, 0.03)
    )
    moved = bare.rest[:, 2] - over.rest[:, 2]
    behind = np.cos(bare.extra[:, 0]) < -0.9
    low, high = bare.extra[:, 1] < 0.45, bare.extra[:, 1] > 0.56
    assert moved[behind & low].min() > 0.02
    np.testing.assert_allclose(moved[high], 0, atol=1e-9)
