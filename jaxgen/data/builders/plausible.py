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

from jaxgen.core.skeleton import SCHEMAS, translate

_NOSE, _NECK, _RIGHT_EYE, _LEFT_EYE = 0, 1, 14, 15
_RIGHT_SHOULDER, _LEFT_SHOULDER = 2, 5
_FEWEST_FACING = 5
# Twisted bodies and mistakes of estimators stay below a tenth.
_MOST_SWAPPED = 0.3
_MOST_OUTSIDE = 0.1
_MOST_EMPTY = 0.5
# DeepFashion's narrow pictures are columns 40 to 215 of the square ones.
_CROP, _CROPPED, _SQUARE = 40, 176, 256
# Between the middle columns of the two widths, 88 and 128.
_CROPPED_MIDDLE = 108
# Of width or height, reached by the outermost joint of a whole dataset.
_LEAST_FILLED = 0.6
# Pixels within which two joints are in one place.
_LEAST_AWAY = 3.0
_ORDER = (
    "joints should be in the order nose, neck, right shoulder, elbow, wrist, left "
    "shoulder, elbow, wrist, right hip, knee, ankle, left hip, knee, ankle, right eye, "
    "left eye, right ear, left ear."
)


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
    """Raises when keypoints belong to pictures of another size, or are shifted.

    Args:
        who: starts the message.
        poses: name -> [18, 2], not all of it NaN.
        size: (height, width) of the pictures.

    Raises:
        ValueError: with the first names.
    """
    points = np.stack(list(poses.values()))
    _require_few_outside(who, list(poses), points, size)
    _require_filled(who, points, size)


def _require_few_outside(
    who: str, names: Sequence[str], points: np.ndarray, size: tuple[int, int]
) -> None:
    height, width = size
    out = (points < -0.5) | (points > [width - 0.5, height - 0.5])
    chosen = [n for n, one in zip(names, out, strict=True) if one.any()]
    if len(chosen) > _MOST_OUTSIDE * len(names):
        (x0, y0), (x1, y1) = np.nanmin(points, (0, 1)), np.nanmax(points, (0, 1))
        wider = bool(_CROPPED == width < x1 and _LEAST_FILLED * height < y1 < height)
        raise ValueError(
            f"{who}: keypoints of {len(chosen)} of {len(names)} pictures lie outside "
            f"({first_few(chosen)}): x goes from {x0:.0f} to {x1:.0f} and y from "
            f"{y0:.0f} to {y1:.0f} in pictures {width} wide and {height} high, so they "
            "belong to pictures of another size or are shifted."
            f"{_shift_hint(-_CROP, wider)}"
        )


def _require_filled(who: str, points: np.ndarray, size: tuple[int, int]) -> None:
    """Raises when no point of all pictures comes near their right or lower edge."""
    height, width = size
    x, y = np.nanmax(points, axis=(0, 1))
    filled = y > _LEAST_FILLED * height
    if not filled and x <= _LEAST_FILLED * width:
        raise ValueError(
            f"{who}: x goes to {x:.3g} and y to {y:.3g} only, in pictures {width} wide "
            f"and {height} high, so these keypoints belong to smaller pictures."
        )
    middle = float(np.nanmedian(points[..., 0]))
    if filled and width == _SQUARE and x < _CROPPED and middle < _CROPPED_MIDDLE:
        raise ValueError(
            f"{who}: no x is beyond {_CROPPED - 1} and half of them are below "
            f"{middle:.0f}, so these keypoints belong to pictures {_CROPPED} wide; "
            f"these are {width} wide.{_shift_hint(_CROP, True)}"
        )
    if filled and width == _CROPPED and middle > _CROPPED_MIDDLE:
        raise ValueError(
            f"{who}: half of all x are beyond {middle:.0f} in pictures {width} wide, "
            f"so these keypoints belong to pictures {_SQUARE} wide."
            f"{_shift_hint(-_CROP, True)}"
        )


def _shift_hint(shift: int, applies: bool) -> str:
    crop = f"columns {_CROP} to {_CROP + _CROPPED - 1}"
    return f" If one is {crop} of the other, use --shift {shift}." * applies


def require_order(who: str, poses: Mapping[str, np.ndarray]) -> None:
    """Raises when joints are not where a body has them, as in another schema.

    The neck lies between the shoulders, and the eyes are nearer to the nose than the
    neck is, whichever way a person stands.

    Args:
        who: starts the message.
        poses: name -> [18, 2], NaN where missing.

    Raises:
        ValueError: with the first names.
    """
    points, names = np.stack(list(poses.values())), np.array(list(poses))
    for told, wrong, what in (_far_necks(points), _far_eyes(points)):
        count, total = int(wrong.sum()), int(told.sum())
        if count > _MOST_SWAPPED * total:
            raise ValueError(
                f"{who}: the joints are in another order: in {count} of {total} "
                f"pictures {what} ({first_few(names[wrong])}); {_ORDER}"
                f"{_schema_hint(points)}"
            )


def _far_necks(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
    right, left = points[:, _RIGHT_SHOULDER], points[:, _LEFT_SHOULDER]
    away = np.linalg.norm(points[:, _NECK] - (right + left) / 2, axis=1)
    # Whole pixels make the shoulders of people seen from the side as good as one.
    limit = np.maximum(np.linalg.norm(right - left, axis=1) / 2, _LEAST_AWAY)
    return ~np.isnan(away), away > limit, "the neck is not between the shoulders"


def _far_eyes(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
    eyes = points[:, [_RIGHT_EYE, _LEFT_EYE]] - points[:, [_NOSE]]
    away = np.fmax(*np.linalg.norm(eyes, axis=-1).T)
    neck = np.linalg.norm(points[:, _NECK] - points[:, _NOSE], axis=1)
    limit = np.maximum(neck, _LEAST_AWAY)
    wrong = away > limit
    told = ~np.isnan(away) & ~np.isnan(neck)
    return told, wrong, "an eye is farther from the nose than the neck"


def _schema_hint(points: np.ndarray) -> str:
    """Names COCO's order where its 17 joints, and a neck after them, have the eyes."""
    names = SCHEMAS["coco17"].names
    coco = np.stack([translate(pose[: len(names)], "coco17") for pose in points])
    told, wrong, _ = _far_eyes(coco)
    fits = told.any() and wrong.sum() <= _MOST_SWAPPED * told.sum()
    return " These look like COCO's 17 joints with a neck after them." * bool(fits)


def _facing(points: np.ndarray) -> np.ndarray:
    joints = [_NOSE, _RIGHT_EYE, _LEFT_EYE, _RIGHT_SHOULDER, _LEFT_SHOULDER]
    return np.all(~np.isnan(points[:, joints]), axis=(1, 2))


def require_sides(who: str, poses: Mapping[str, np.ndarray]) -> bool:
    """Raises when left and right are exchanged, in all pictures or in many.

    Who shows nose and both eyes faces the camera, so the right shoulder and the right
    eye lie on the left of the picture.

    Returns:
        Whether enough people face the camera to tell.

    Raises:
        ValueError: with the first names.
    """
    points = np.stack(list(poses.values()))
    facing = _facing(points)
    if facing.sum() < _FEWEST_FACING:
        return False
    for right, left, what in (
        (_RIGHT_SHOULDER, _LEFT_SHOULDER, "shoulder"),
        (_RIGHT_EYE, _LEFT_EYE, "eye"),
    ):
        swapped = facing & (points[:, right, 0] > points[:, left, 0])
        _require_few(who, what, list(poses), swapped, facing)
    return True


def _require_few(
    who: str, what: str, names: Sequence[str], swapped: np.ndarray, facing: np.ndarray
) -> None:
    count, total = int(swapped.sum()), int(facing.sum())
    if count > _MOST_SWAPPED * total:
        chosen = [n for n, bad in zip(names, swapped, strict=True) if bad]
        raise ValueError(
            f"{who}: left and right are exchanged: of {total} people who face the "
            f"camera, {count} have their right {what} on the right of the picture "
            f"({first_few(chosen)}); {_ORDER}"
        )
