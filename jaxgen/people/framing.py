"""The camera: weak perspective, and how it frames a person.

A camera is (s, tx, ty): x = s (X + tx), y = s (Y + ty) in units of half the picture's
*height*, x right and y down. Its three numbers are float32, as records hold them.
"""

import numpy as np

CROPS = {"full": 0.75, "knee": 0.17, "waist": 0.08}
"""How much of the person is in a still, from the head down, with its share."""

_WIDEST = 0.94
_CLIP_HEIGHT, _CLIP_FLOOR = 0.92, 0.94
_KNEE_MARGIN, _WAIST_MARGIN = 0.06, 0.12


def project(
    points: np.ndarray, camera: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """Gives raster points [n, 2] of points [n, 3] in the camera's frame.

    Raster points have pixel centres at halves; records have them at whole numbers.

    Args:
        points: metres, x right, y down, z away.
        camera: (s, tx, ty).
        size: (height, width) in pixels.
    """
    height, width = size
    scale, *shift = np.asarray(camera, np.float64)
    half = height / 2
    return scale * (points[:, :2] + shift) * half + np.array([width / 2, half])


def pixels_per_metre(camera: np.ndarray, height: int) -> float:
    """Gives the scale of a picture `height` pixels high."""
    return float(camera[0]) * height / 2


def fit_still(
    rng: np.random.Generator,
    points: np.ndarray,
    joints: np.ndarray,
    crop: str,
    size: tuple[int, int],
) -> np.ndarray:
    """Frames a person for a photograph, a little differently each time.

    Args:
        rng: the frame's generator.
        points: [n, 3] everything of the person, in the camera's frame.
        joints: [24, 3] posed joints.
        crop: a name in `CROPS`.
        size: (height, width) in pixels.

    Returns:
        (s, tx, ty), float32.
    """
    aspect = size[1] / size[0]
    fill, aside = rng.uniform(0.84, 0.93), rng.normal(0, 0.02)
    (left, top), (right, bottom) = points[:, :2].min(0), points[:, :2].max(0)
    if crop == "full":
        scale = 2 * fill / (bottom - top)
        middle = (top + bottom) / 2 - 0.3 * (1 - fill) / scale
    else:
        bottom = _crop_line(joints, crop)
        scale = 2 * 0.97 / (bottom - top + 0.06)
        middle = (top + bottom) / 2 - 0.01
    scale = min(scale, 2 * _WIDEST * aspect / (right - left))
    centre = (left + right) / 2 + aside * aspect / scale
    return np.array([scale, -centre, -middle], np.float32)


def fit_clip(frames: list[np.ndarray], size: tuple[int, int]) -> list[np.ndarray]:
    """Frames a motion: one scale, and the lowest point always on the same row.

    Args:
        frames: per frame, [n, 3] everything of the person, in the camera's frame.
        size: (height, width) in pixels.

    Returns:
        Per frame (s, 0, ty), float32. Feet stand still although SMPL's root does not
        move.
    """
    tallest = max(np.ptp(points[:, 1]) for points in frames)
    widest = max(np.abs(points[:, 0]).max() for points in frames)
    scale = min(2 * _CLIP_HEIGHT / tallest, _WIDEST * size[1] / size[0] / widest)
    floors = [_CLIP_FLOOR / scale - points[:, 1].max() for points in frames]
    return [np.array([scale, 0.0, shift], np.float32) for shift in floors]


def _crop_line(joints: np.ndarray, crop: str) -> float:
    """Height at which the picture ends, y down."""
    if crop == "knee":
        return joints[4:6, 1].mean() + _KNEE_MARGIN
    return joints[0, 1] + _WAIST_MARGIN
