"""The grid closes at the back, lies on the head and hangs below it."""

import numpy as np

from jaxgen.people import figure, scalp
from jaxgen.people.mesh import Label, Material


def test_first_and_last_column_are_one_line_at_the_back():
    grid = scalp.grid()
    np.testing.assert_allclose(grid.canonical[:, 0], grid.canonical[:, -1], atol=2e-3)
    assert (
        grid.canonical[1:, 0, 2] < grid.canonical[1:, grid.azimuth.shape[1] // 2, 2]
    ).all()


def test_the_left_side_has_positive_azimuth():
    grid = scalp.grid()
    row = grid.canonical[grid.head_rows - 3]
    left = grid.azimuth[0] > 0.5
    assert row[left & (grid.azimuth[0] < 2.5), 0].min() > 0


def test_weights_sum_to_one_and_the_head_leads():
    grid = scalp.grid()
    np.testing.assert_allclose(grid.weights.sum(-1), 1, atol=1e-6)
    assert grid.weights[:4, :, scalp.HEAD].min() > 0.9
    assert grid.weights[-1, :, scalp.HEAD].max() < 0.5


def test_shell_moves_out_by_the_thickness():
    points = scalp.on_body(figure.asset().v_template)
    thickness = np.full(points.shape[:2], 0.03)
    mesh = scalp.shell(
        points,
        thickness,
        material=Material.HAT,
        label=Label.HAIR,
        occlusion=0.5,
    )
    moved = np.linalg.norm(mesh.rest - points.reshape(-1, 3), axis=1)
    np.testing.assert_allclose(moved, 0.03, rtol=0.02)
    assert (mesh.occlusion == 0.5).all()
