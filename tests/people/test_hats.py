"""Hats sit over the head, above their rim; a cap has a peak in front."""

import pytest

from jaxgen.people import figure, hats
from jaxgen.people.mesh import Label, Material, join


@pytest.fixture(scope="module")
def vertices():
    return figure.asset().v_template


@pytest.mark.parametrize("kind", ["cap", "beanie"])
def test_a_hat_covers_the_crown_and_leaves_the_eyes_free(kind, vertices):
    mesh = join(hats.hat_mesh(kind, vertices))
    assert set(mesh.material) == {Material.HAT}
    assert set(mesh.label) == {Label.HAIR}
    assert mesh.rest[:, 1].max() > vertices[figure.asset().body, 1].max() + 0.015
    in_front = (abs(mesh.rest[:, 0]) < 0.05) & (mesh.rest[:, 2] > 0.05)
    assert mesh.rest[in_front, 1].min() > 0.69


def test_only_a_cap_has_a_peak(vertices):
    cap, beanie = (join(hats.hat_mesh(kind, vertices)) for kind in ("cap", "beanie"))
    assert cap.rest[:, 2].max() > beanie.rest[:, 2].max() + 0.04
