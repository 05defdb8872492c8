"""Tied hair hangs behind the head, moves with it and is marked as tied."""

import numpy as np
import pytest

from jaxgen.people import figure, scalp
from jaxgen.people.mesh import Label, Material
from jaxgen.people.tails import TAILS, TIED


@pytest.fixture(scope="module")
def points():
    return scalp.on_body(figure.asset().v_template)


@pytest.mark.parametrize("kind", TAILS)
def test_tied_hair_is_behind_and_moves_with_the_head(kind, points):
    mesh = TAILS[kind](points)
    assert set(mesh.material) == {Material.HAIR}
    assert set(mesh.label) == {Label.HAIR}
    assert (mesh.weights[:, scalp.HEAD] == 1).all()
    assert mesh.rest[:, 2].max() < 0
    assert mesh.extra[:, 0].min() >= TIED


def test_a_pony_tail_hangs_and_a_bun_does_not(points):
    pony, bun = (TAILS[kind](points) for kind in ("pony", "bun"))
    assert np.ptp(pony.rest[:, 1]) > 0.18
    assert np.ptp(bun.rest[:, 1]) < 0.09
    assert pony.rest[:, 1].min() < 0.56


@pytest.mark.parametrize("kind", TAILS)
def test_tied_hair_faces_outwards(kind, points):
    mesh = TAILS[kind](points)
    corners = mesh.rest[mesh.faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    volume = (normal * (corners.mean(1) - mesh.rest.mean(0))).sum() / 6
    assert volume > 0
