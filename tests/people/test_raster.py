import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxgen.people import raster


def slow_raster(points, depth, faces, size):
    """Nearest face at every pixel centre, one pixel and one face at a time."""
    height, width = size
    result = np.full(size, -1)
    for row in range(height):
        for column in range(width):
            nearest = np.inf
            for number, face in enumerate(faces):
                a, b, c = np.column_stack([points, depth])[face]
                inside, z = _look(a, b, c, column + 0.5, row + 0.5)
                if inside and z < nearest:
                    nearest, result[row, column] = z, number
    return result


def _look(a, b, c, x, y):
    def area(p, q):
        return (p[0] - x) * (q[1] - y) - (p[1] - y) * (q[0] - x)

    parts = area(b, c), area(c, a), area(a, b)
    total = sum(parts)
    if total >= 0 or max(parts) > 0:
        return False, np.inf
    z = sum(part * corner[2] for part, corner in zip(parts, (a, b, c), strict=True))
    return True, np.floor((z / total + 8) * 2**24)


def face_map(points, depth, faces, size):
    seen = raster.raster(points, depth, faces, size)
    result = np.full(size[0] * size[1], -1)
    result[seen.pixel] = seen.face_index
    return result.reshape(size)


def random_triangles(seed, count, spread):
    rng = np.random.default_rng(seed)
    centres = rng.uniform(-2, 14, (count, 1, 2))
    points = raster.snap(
        (centres + rng.normal(0, spread, (count, 3, 2))).reshape(-1, 2)
    )
    depth = rng.uniform(-1, 1, 3 * count)
    return points, depth, np.arange(3 * count).reshape(-1, 3)


@settings(deadline=None, max_examples=12)
@given(st.integers(0, 10**6), st.sampled_from([0.3, 1.0, 4.0, 30.0]))
def test_every_pixel_has_the_face_that_a_slow_search_finds(seed, spread):
    triangles = random_triangles(seed, 30, spread)
    size = (11, 13)
    np.testing.assert_array_equal(
        face_map(*triangles, size), slow_raster(*triangles, size)
    )


def test_equal_faces_tie_to_the_lowest_whatever_their_order():
    points, depth, faces = random_triangles(3, 20, 6.0)
    twice = np.concatenate([faces, faces, faces])
    order = np.random.default_rng(0).permutation(len(twice))
    found = face_map(points, depth, twice[order], (12, 12))
    np.testing.assert_array_equal(
        found, slow_raster(points, depth, twice[order], (12, 12))
    )
    seen = found[found >= 0]
    first = {}
    for number, face in enumerate(twice[order][:, 0]):
        first.setdefault(face, number)
    assert len(seen) and all(n == first[twice[order][n, 0]] for n in seen)


def test_faces_that_share_edges_leave_no_holes():
    rng = np.random.default_rng(1)
    columns, rows = np.meshgrid(np.arange(0, 21), np.arange(0, 21))
    points = np.stack([columns, rows], -1).astype(float)
    points[1:-1, 1:-1] += rng.integers(-90, 90, (19, 19, 2)) / 256
    index = np.arange(441).reshape(21, 21)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    faces = [np.stack([a, b, c], -1), np.stack([a, c, d], -1)]
    faces = np.concatenate([f.reshape(-1, 3) for f in faces])
    found = face_map(points.reshape(-1, 2), np.zeros(441), faces, (20, 20))
    assert (found >= 0).all()


def test_faces_seen_from_behind_are_not_drawn():
    points = np.array([[1.0, 1.0], [1.0, 9.0], [9.0, 1.0]])
    assert len(
        raster.raster(points, np.zeros(3), np.array([[0, 1, 2]]), (10, 10)).pixel
    )
    seen = raster.raster(points, np.zeros(3), np.array([[0, 2, 1]]), (10, 10))
    assert len(seen.pixel) == 0


def test_barycentric_weights_lead_back_to_the_pixel_centre():
    points, depth, faces = random_triangles(5, 40, 5.0)
    seen = raster.raster(points, depth, faces, (12, 12))
    np.testing.assert_allclose(seen.barycentric.sum(1), 1)
    corners = points[faces[seen.face_index]]
    found = (corners * seen.barycentric[..., None]).sum(1)
    centres = np.stack([seen.pixel % 12 + 0.5, seen.pixel // 12 + 0.5], 1)
    np.testing.assert_allclose(found, centres, atol=1e-9)
    assert (np.diff(seen.pixel) > 0).all()


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3)])
def test_a_face_larger_than_the_picture_covers_it(size):
    points = np.array([[-1e4, -1e4], [0.0, 3e4], [1e4, -1e4]])
    seen = raster.raster(points, np.zeros(3), np.array([[0, 1, 2]]), size)
    np.testing.assert_array_equal(seen.pixel, np.arange(size[0] * size[1]))


def test_snapped_points_are_whole_256ths():
    points = np.random.default_rng(0).normal(0, 100, (50, 2))
    snapped = raster.snap(points)
    np.testing.assert_array_equal(snapped * 256, np.round(snapped * 256))
    assert np.abs(snapped - points).max() <= 1 / 512
