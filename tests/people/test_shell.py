"""The shell keeps its distance from the skin and moves along the normals alone."""

import numpy as np
import pytest

from jaxgen.people import figure
from jaxgen.people.persons import draw_person
from jaxgen.people.shell import at_least, fit, layer, raised, widened


@pytest.fixture(scope="module")
def shell():
    return fit(figure.shape(draw_person(0, 3).betas))


def _height(shell, points):
    return ((points - shell.skin) * shell.normals).sum(1)


def test_normals_are_unit_vectors(shell):
    np.testing.assert_allclose(np.linalg.norm(shell.normals, axis=1), 1)


@pytest.mark.parametrize("degree", ["near", "middle", "far"])
def test_smoothing_moves_along_the_normals_only(shell, degree):
    moved = getattr(shell, degree) - shell.skin
    sideways = moved - _height(shell, moved + shell.skin)[:, None] * shell.normals
    assert np.abs(sideways).max() < 1e-9
    assert np.abs(moved).max() > 1e-4


def test_at_least_pushes_out_and_never_in(shell):
    points = raised(shell, shell.skin, np.linspace(-0.01, 0.02, len(shell.skin)))
    pushed = _height(shell, at_least(shell, points, 0.005))
    np.testing.assert_allclose(pushed, np.maximum(_height(shell, points), 0.005))


def test_a_tight_layer_keeps_its_offset_everywhere(shell):
    points = layer(shell, offset=0.0075, looseness=0.0, sleeve=0.645, hem=0.0)
    assert _height(shell, points).min() > 0.0075 - 1e-9


def test_a_loose_layer_is_wider_at_the_waist_than_a_tight_one(shell):
    tight, loose = (
        layer(shell, offset=0.0075, looseness=looseness, sleeve=0.3, hem=0.0)
        for looseness in (0.0, 1.0)
    )
    x, y, _ = shell.canonical.T
    waist = (np.abs(y - 0.1) < 0.03) & (np.abs(x) < 0.2)
    assert np.ptp(loose[waist, 0]) > 1.05 * np.ptp(tight[waist, 0])


def test_widened_leaves_height_and_centre():
    points = np.array([[0.0, 1.0, 0.2], [0.1, 2.0, 0.4]])
    np.testing.assert_allclose(
        widened(points, 2.0, 0.2), [[0, 1, 0.2], [0.2, 2.0, 0.6]]
    )
