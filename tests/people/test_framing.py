import numpy as np
import pytest

from jaxgen.people import framing

SIZES = [(256, 256), (128, 64), (64, 128)]


def person(height=1.8, width=0.6):
    """A box of points as tall and wide as a person, pelvis at the origin, y down."""
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, (200, 3)) * [width / 2, height / 2, 0.2]
    points[0, :2], points[1, :2] = [-width / 2, -height / 2], [width / 2, height / 2]
    joints = np.zeros((24, 3))
    joints[4:6, 1] = 0.4
    return points, joints


def test_projection_is_in_half_heights_with_y_down():
    camera = np.array([0.5, 0.1, -0.2])
    points = np.array([[-0.1, 0.2, 5.0], [1.9, 0.2, 0.0], [-0.1, 2.2, 9.0]])
    found = framing.project(points, camera, (100, 60))
    np.testing.assert_allclose(found, [[30, 50], [80, 50], [30, 100]])
    assert framing.pixels_per_metre(camera, 100) == 25


@pytest.mark.parametrize("size", SIZES)
def test_a_full_still_holds_the_whole_person(size):
    points, joints = person()
    for seed in range(20):
        rng = np.random.default_rng(seed)
        camera = framing.fit_still(rng, points, joints, "full", size)
        assert camera.dtype == np.float32
        x, y = framing.project(points, camera, size).T
        assert y.min() > 0 and y.max() < size[0]
        assert np.ptp(x) <= 0.94 * size[1] * 1.001
        fill = np.ptp(y) / size[0]
        assert fill < 0.931 and (fill > 0.839 or np.ptp(x) > 0.93 * size[1])


@pytest.mark.parametrize(("crop", "line"), [("knee", 0.46), ("waist", 0.12)])
def test_a_crop_ends_below_the_knee_or_the_waist(crop, line):
    points, joints = person()
    camera = framing.fit_still(np.random.default_rng(0), points, joints, crop, SIZES[0])
    top, bottom = framing.project(
        np.array([[0, -0.9, 0], [0, line, 0]]), camera, SIZES[0]
    )
    assert 0 < top[1] < 20 and 236 < bottom[1] < 256


@pytest.mark.parametrize("size", SIZES)
def test_a_clip_keeps_scale_and_floor(size):
    frames = [person(1.8)[0], person(1.6)[0] + [0.1, 0.3, 0], person(1.7, 1.2)[0]]
    cameras = framing.fit_clip(frames, size)
    assert len({float(camera[0]) for camera in cameras}) == 1
    for points, camera in zip(frames, cameras, strict=True):
        x, y = framing.project(points, camera, size).T
        assert y.max() == pytest.approx(0.97 * size[0], abs=0.01)
        assert y.min() > 0 and x.min() > 0 and x.max() < size[1]
        assert camera[1] == 0
