"""Looks at a dataset as a whole and refuses what cannot be.

Three mistakes are common with estimated keypoints: an estimator that ran and found
nobody, coordinates of pictures of another size, and joints in another order.
"""

import io
import pathlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import PIL.Image
import tqdm

_NOSE, _RIGHT_EYE, _LEFT_EYE = 0, 14, 15
_RIGHT_SHOULDER, _LEFT_SHOULDER = 2, 5
_FEWEST_FACING = 5
# Twisted bodies and mistakes of estimators stay below a tenth.
_MOST_SWAPPED = 0.3
_MOST_OUTSIDE = 0.1
_MOST_EMPTY = 0.5
# DeepFashion's narrow pictures are columns 40 to 215 of the square ones.
_CROP, _CROPPED, _SQUARE = 40, 176, 256


def first_few(names: Iterable[str], count: int = 3) -> str:
    """The first names, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - count} more" if len(names) > count else ""
    return ", ".join(names[:count]) + more


def require_pictures(
    who: str, paths: Iterable[pathlib.Path], sizes: Sequence[tuple[int, int]]
) -> tuple[int, int]:
    """Decodes every picture; gives the (height, width) that all of them have.

    Args:
        who: starts the message.
        paths: of the pictures, at least one.
        sizes: (height, width) that they may have.

    Raises:
        ValueError: naming the first pictures that do not decode or differ in size.
    """
    progress = tqdm.tqdm(list(paths), unit="picture", desc="reading", disable=None)
    found = {str(path): _decoded_size(path) for path in progress}
    if broken := [path for path, size in found.items() if size is None]:
        raise ValueError(f"{who}: not a readable picture: {first_few(broken)}.")
    first = next(iter(found.values()))
    wanted = [size for size in sizes if size == first] or list(sizes)
    if odd := [path for path, size in found.items() if size not in wanted]:
        raise ValueError(
            f"{who}: {_said(found[odd[0]])} (height x width) is the size of "
            f"{first_few(odd)}; {' or '.join(map(_said, wanted))} is wanted."
        )
    return wanted[0]


def _said(size: tuple[int, int] | None) -> str:
    return "x".join(map(str, size or ()))


def _decoded_size(path: pathlib.Path) -> tuple[int, int] | None:
    """(height, width), or None when the picture does not decode."""
    try:
        with PIL.Image.open(io.BytesIO(path.read_bytes())) as image:
            image.load()
            return image.height, image.width
    except (OSError, SyntaxError):
        return None


def require_people(who: str, poses: Mapping[str, np.ndarray]) -> None:
    """Raises when most poses are empty.

    Raises:
        ValueError: with the first names.
    """
    empty = [name for name, points in poses.items() if np.isnan(points).all()]
    if not poses or len(empty) > _MOST_EMPTY * len(poses):
        raise ValueError(
            f"{who}: all keypoints are missing in {len(empty)} of {len(poses)} "
            f"annotations: {first_few(empty)}; the estimator seems to have failed."
        )


def require_inside(
    who: str, poses: Mapping[str, np.ndarray], size: tuple[int, int]
) -> None:
    """Raises when keypoints belong to pictures of another size.

    Args:
        who: starts the message.
        poses: name -> [18, 2], not all of it NaN.
        size: (height, width) of the pictures.

    Raises:
        ValueError: with the first names.
    """
    height, width = size
    points = np.stack(list(poses.values()))
    outside = np.nanmax(points, axis=1) > [width - 0.5, height - 0.5]
    names = [n for n, out in zip(poses, outside.any(1), strict=True) if out]
    if len(names) > _MOST_OUTSIDE * len(poses):
        x, y = np.nanmax(points, axis=(0, 1))
        raise ValueError(
            f"{who}: keypoints of {len(names)} of {len(poses)} pictures lie outside "
            f"({first_few(names)}): x goes to {x:.0f} and y to {y:.0f} in pictures "
            f"{width} wide and {height} high, so they belong to pictures of another "
            f"size.{_shift_hint(-_CROP, width == _CROPPED)}"
        )
    middle = float(np.nanmedian(points[..., 0]))
    if width == _SQUARE and np.nanmax(points[..., 0]) < _CROPPED and middle < 108:
        raise ValueError(
            f"{who}: no x is beyond {_CROPPED - 1} and half of them are below "
            f"{middle:.0f}, so these keypoints belong to pictures {_CROPPED} wide; "
            f"these are {width} wide.{_shift_hint(_CROP, True)}"
        )


def _shift_hint(shift: int, applies: bool) -> str:
    crop = f"columns {_CROP} to {_CROP + _CROPPED - 1}"
    return f" If one is {crop} of the other, use --shift {shift}." * applies


def require_sides(who: str, poses: Mapping[str, np.ndarray]) -> None:
    """Raises when left and right are exchanged, in all pictures or in many.

    Who shows nose and both eyes faces the camera, so the right shoulder and the right
    eye lie on the left of the picture.

    Raises:
        ValueError: with the first names.
    """
    points = np.stack(list(poses.values()))
    joints = [_NOSE, _RIGHT_EYE, _LEFT_EYE, _RIGHT_SHOULDER, _LEFT_SHOULDER]
    facing = np.all(~np.isnan(points[:, joints]), axis=(1, 2))
    if facing.sum() < _FEWEST_FACING:
        return
    for right, left, what in (
        (_RIGHT_SHOULDER, _LEFT_SHOULDER, "shoulder"),
        (_RIGHT_EYE, _LEFT_EYE, "eye"),
    ):
        swapped = facing & (points[:, right, 0] > points[:, left, 0])
        _require_few(who, what, list(poses), swapped, facing)


def _require_few(
    who: str, what: str, names: Sequence[str], swapped: np.ndarray, facing: np.ndarray
) -> None:
    count, total = int(swapped.sum()), int(facing.sum())
    if count > _MOST_SWAPPED * total:
        chosen = [n for n, bad in zip(names, swapped, strict=True) if bad]
        raise ValueError(
            f"{who}: left and right are exchanged: of {total} people who face the "
            f"camera, {count} have their right {what} on the right of the picture "
            f"({first_few(chosen)}); joints should be in the order "
            "nose, neck, right shoulder, ..., right eye, left eye, right ear, left ear."
        )
