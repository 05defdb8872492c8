"""Cutting keeps areas and interpolates; doubling and joining lose nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxgen.core.skeleton import PARSINGS
from jaxgen.people import mesh
from jaxgen.people.mesh import Label, Material


def _square(cells: int = 4) -> mesh.Mesh:
    """The unit square in x and y, in 2 x cells x cells triangles."""
    steps = np.linspace(0, 1, cells + 1)
    y, x = np.meshgrid(steps[::-1], steps, indexing="ij")
    points = np.stack([x, y, 0 * x], -1).reshape(-1, 3)
    weights = np.zeros((len(points), 24))
    weights[:, 0], weights[:, 1] = points[:, 0], 1 - points[:, 0]
    return mesh.surface(
        points,
        2 * points,
        weights,
        mesh.grid_faces(cells + 1, cells + 1),
        material=Material.TOP,
        label=np.arange(2 * cells * cells),
        occlusion=points[:, 1],
        extra=points[:, :2] + 5,
    )


def _area(piece: mesh.Mesh) -> float:
    a, b, c = (piece.rest[piece.faces[:, corner]] for corner in range(3))
    return float(np.cross(b - a, c - a)[:, 2].sum() / 2)


def test_grid_faces_are_counter_clockwise_seen_from_the_front():
    assert _area(_square()) == pytest.approx(1.0)


@given(st.floats(0, 2 * np.pi), st.floats(-0.4, 0.4))
@settings(max_examples=40, deadline=None)
def test_two_halves_of_a_cut_have_the_area_of_the_whole(angle, shift):
    square = _square()
    x, y, _ = square.rest.T
    field = np.cos(angle) * (x - 0.5) + np.sin(angle) * (y - 0.5) - shift
    one, other = mesh.cut(square, field), mesh.cut(square, -field)
    assert _area(one) + _area(other) == pytest.approx(1.0, abs=1e-9)
    side = np.cos(angle) * (one.rest[:, 0] - 0.5) + np.sin(angle) * (
        one.rest[:, 1] - 0.5
    )
    assert (side[one.faces] - shift).min() >= -1e-12


@pytest.mark.parametrize(("corners", "area"), [(1, 1 / 8), (2, 3 / 8)])
def test_a_triangle_cut_half_way_has_the_area_of_the_closed_form(corners, area):
    triangle = mesh.surface(
        np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], float),
        np.zeros((3, 3)),
        np.ones((3, 24)) / 24,
        np.array([[0, 1, 2]]),
        material=0,
        label=0,
    )
    field = np.array([1.0, -1.0, -1.0]) * (1 if corners == 1 else -1)
    assert _area(mesh.cut(triangle, field)) == pytest.approx(area)


def test_a_cut_interpolates_everything_a_vertex_carries():
    square = _square()
    piece = mesh.cut(square, square.rest[:, 0] - 0.3 + 0.1 * square.rest[:, 1])
    x, y, _ = piece.rest.T
    np.testing.assert_allclose(piece.canonical, 2 * piece.rest, atol=1e-12)
    np.testing.assert_allclose(piece.occlusion, y, atol=1e-12)
    np.testing.assert_allclose(piece.extra, piece.rest[:, :2] + 5, atol=1e-12)
    np.testing.assert_allclose(piece.weights[:, 0], x, atol=1e-12)
    np.testing.assert_allclose(piece.weights.sum(1), 1, atol=1e-12)


def test_a_cut_splits_shared_edges_once():
    square = _square()
    piece = mesh.join([mesh.cut(square, square.rest[:, 0] - 0.3)])
    edges = np.sort(piece.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    _, counts = np.unique(edges, axis=0, return_counts=True)
    assert len(np.unique(piece.rest, axis=0)) == len(piece.rest)
    assert set(counts) == {1, 2}


def test_pieces_of_a_triangle_keep_its_label():
    square = _square()
    piece = mesh.cut(square, square.rest[:, 0] - 0.3)
    centre = piece.rest[piece.faces].mean(1)
    whole = square.rest[square.faces][piece.label]
    a, b, c = whole[:, 0, :2], whole[:, 1, :2], whole[:, 2, :2]
    matrix = np.stack([b - a, c - a], -1)
    inside = np.linalg.solve(matrix, (centre[:, :2] - a)[..., None])[..., 0]
    assert inside.min() > -1e-9
    assert inside.sum(1).max() < 1 + 1e-9


@pytest.mark.parametrize("sign", [1, -1])
def test_a_field_of_one_sign_keeps_all_or_nothing(sign):
    square = _square()
    piece = mesh.cut(square, np.full(len(square.rest), float(sign)))
    assert len(piece.faces) == (len(square.faces) if sign > 0 else 0)


def test_a_strip_narrower_than_the_triangles_survives_cutting_by_its_edges():
    square = _square()
    strip = mesh.cut_by(square, lambda p: p[:, 0] - 0.8, lambda p: 0.9 - p[:, 0])
    assert _area(strip) == pytest.approx(0.05)


def test_double_sided_shares_no_vertex_and_cancels_the_area():
    square = _square()
    both = mesh.double_sided(square)
    assert _area(both) == pytest.approx(0.0, abs=1e-12)
    front, back = both.faces[: len(square.faces)], both.faces[len(square.faces) :]
    assert not set(front.ravel()) & set(back.ravel())
    np.testing.assert_array_equal(both.label, np.tile(square.label, 2))


def test_join_drops_unused_vertices_and_keeps_every_triangle():
    square = _square()
    half = mesh.cut(square, square.rest[:, 0] - 0.5)
    joined = mesh.join([half, square])
    assert len(joined.rest) == len(np.unique(joined.faces))
    corners = np.concatenate([half.rest[half.faces], square.rest[square.faces]])
    np.testing.assert_array_equal(joined.rest[joined.faces], corners)


def test_join_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one mesh"):
        mesh.join([])


def test_labels_are_numbered_as_the_schema_of_records_is():
    ours = [label.name.lower() for label in Label]
    other_words = {"upper": "upper_clothes", "trousers": "pants"}
    assert [other_words.get(n, n) for n in ours] == list(PARSINGS["spt"].names)
