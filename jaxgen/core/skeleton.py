"""Which joint is which: keypoint and parsing schemas, and ways between them.

Points are [k, 2] arrays of (x, y) in pixels; whole numbers are pixel centres. A missing
joint is NaN in both. Left and right are the person's own.
"""

import json
import pathlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from jaxgen.core import checks


@dataclass(frozen=True)
class Skeleton:
    """The joints of one schema.

    Attributes:
        names: one name per joint, in order.
        limbs: pairs of joint indices to draw.
        swaps: for each joint the index of its mirror image; itself on the midline.
    """

    names: tuple[str, ...]
    limbs: tuple[tuple[int, int], ...]
    swaps: tuple[int, ...]


@dataclass(frozen=True)
class Parsing:
    """The classes of one label map.

    Attributes:
        names: one name per label, in order.
        swaps: for each label that of its mirror image; itself where it has none.
    """

    names: tuple[str, ...]
    swaps: tuple[int, ...]


_LIMBS = (
    ("nose", "neck"),
    ("right_hip", "left_hip"),
    ("right_shoulder", "left_shoulder"),
    *(
        (start.format(side), end.format(side))
        for side in ("right", "left")
        for start, end in (
            ("neck", "{}_shoulder"),
            ("{}_shoulder", "{}_elbow"),
            ("{}_elbow", "{}_wrist"),
            ("{}_shoulder", "{}_hip"),
            ("{}_hip", "{}_knee"),
            ("{}_knee", "{}_ankle"),
            ("nose", "{}_eye"),
            ("{}_eye", "{}_ear"),
        )
    ),
)
_MIDDLES = {
    "neck": ("right_shoulder", "left_shoulder"),
    "mid_hip": ("right_hip", "left_hip"),
}


def _mirrored(names: tuple[str, ...]) -> tuple[int, ...]:
    sides = {"left": "right", "right": "left"}

    def mirror(name: str) -> str:
        return "_".join(sides.get(word, word) for word in name.split("_"))

    return tuple(names.index(mirror(name)) for name in names)


def _skeleton(words: str) -> Skeleton:
    names = tuple(words.split())
    limbs = tuple(
        (names.index(start), names.index(end))
        for start, end in _LIMBS
        if start in names and end in names
    )
    return Skeleton(names, limbs, _mirrored(names))


_COMMUNITY18 = _skeleton("""
    nose neck right_shoulder right_elbow right_wrist left_shoulder left_elbow left_wrist
    right_hip right_knee right_ankle left_hip left_knee left_ankle
    right_eye left_eye right_ear left_ear""")

JOINTS = 18
"""Of `community18`."""

#: Every keypoint schema by name. `community18` is the one that records hold: the order
#: of OpenPose's 18 joints, which the person-image papers share.
SCHEMAS: Mapping[str, Skeleton] = {
    "community18": _COMMUNITY18,
    "openpose18": _COMMUNITY18,
    "coco17": _skeleton("""
        nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder
        left_elbow right_elbow left_wrist right_wrist left_hip right_hip
        left_knee right_knee left_ankle right_ankle"""),
    "openpose25": _skeleton("""
        nose neck right_shoulder right_elbow right_wrist
        left_shoulder left_elbow left_wrist mid_hip right_hip right_knee right_ankle
        left_hip left_knee left_ankle right_eye left_eye right_ear left_ear
        left_big_toe left_small_toe left_heel right_big_toe right_small_toe
        right_heel"""),
    "mediapipe33": _skeleton("""
        nose left_eye_inner left_eye left_eye_outer
        right_eye_inner right_eye right_eye_outer left_ear right_ear
        mouth_left mouth_right left_shoulder right_shoulder left_elbow right_elbow
        left_wrist right_wrist left_pinky right_pinky left_index right_index
        left_thumb right_thumb left_hip right_hip left_knee right_knee
        left_ankle right_ankle left_heel right_heel left_toe right_toe"""),
    # Only drawn, never listed, by its authors: assets/keypoints_definition.png of
    # github.com/yumingj/DeepFashion-MultiModal.
    "deepfashion_multimodal21": _skeleton("""
        head_top right_ear right_eye left_eye left_ear nose chin
        right_shoulder left_shoulder right_armpit left_armpit right_elbow left_elbow
        right_wrist right_hip left_hip left_wrist right_knee left_knee
        right_ankle left_ankle"""),
}

#: For each of the 18 joints the index of its mirror image: `mirrored = points[SWAPS]`.
SWAPS = np.array(_COMMUNITY18.swaps)

#: The 23 pairs of joints that the pose mask of PG2 is drawn along (its
#: `datasets/convert_market.py`, `_getPoseMask`, counted from 0).
MASK_LIMBS: tuple[tuple[int, int], ...] = (
    *((1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7)),
    *((1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13)),
    *((1, 0), (0, 14), (14, 16), (0, 15), (15, 17), (1, 16), (1, 17)),
    *((8, 11), (11, 5), (8, 2), (16, 17)),
)


#: Parent of each of SMPL's 24 joints; -1 for the pelvis.
SMPL_PARENTS: tuple[int, ...] = (
    *(-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9),
    *(9, 12, 13, 14, 16, 17, 18, 19, 20, 21),
)


def _parsing(words: str) -> Parsing:
    names = tuple(words.split())
    return Parsing(names, _mirrored(names))


#: Every parsing schema by name; `spt` is that of arXiv:1904.03379.
PARSINGS: Mapping[str, Parsing] = {
    "spt": _parsing("""
        background face hair upper_clothes pants skirt
        left_arm right_arm left_leg right_leg""")
}


def translate(
    points: np.ndarray, source_schema: str, target: str = "community18"
) -> np.ndarray:
    """Points of one schema in the order of another.

    A neck or a mid hip that the source schema lacks lies half-way between the two
    shoulders or hips when both are there. What the source cannot tell is missing.

    Args:
        points: [k, 2], NaN where missing.
        source_schema: name in `SCHEMAS`.
        target: name in `SCHEMAS`.

    Returns:
        [k of the target, 2] float32.

    Raises:
        KeyError: for an unknown schema.
        ValueError: when the number of points is not that of the source schema.
    """
    for schema in (source_schema, target):
        checks.require_known("skeleton", "schema", schema, SCHEMAS)
    names = SCHEMAS[source_schema].names
    points = np.asarray(points, np.float32)
    if points.shape != (len(names), 2):
        raise ValueError(
            f"skeleton: {source_schema} has {len(names)} points of (x, y), "
            f"got an array of shape {list(points.shape)}."
        )
    known = dict(zip(names, points, strict=True))
    for middle, (right, left) in _MIDDLES.items():
        known.setdefault(middle, (known[right] + known[left]) / 2)
    missing = np.full(2, np.nan, np.float32)
    return np.stack([known.get(name, missing) for name in SCHEMAS[target].names])


#: Which schema a pose of so many points is in, where nothing else tells.
SCHEMA_OF_COUNT: Mapping[int, str] = {
    17: "coco17",
    18: "community18",
    21: "deepfashion_multimodal21",
    25: "openpose25",
    33: "mediapipe33",
}
_KNOWN_FILES = (
    "OpenPose JSON (18 or 25 joints), COCO annotations and MMPose instances (17), "
    "MediaPipe landmarks (33), or a list or .npy array of 17, 18, 21, 25 or 33 rows of "
    "x, y[, confidence]"
)


def read_keypoints(
    path: str | pathlib.Path, *, image_size: tuple[int, int] | None = None
) -> np.ndarray:
    """Reads the pose of one person from a file that some estimator wrote.

    As `find_keypoints`, for a file that should show somebody.

    Args:
        path: the file.
        image_size: (height, width) of the picture.

    Returns:
        [18, 2] float32 in the order of `community18`, pixels, NaN where missing.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file holds no pose of a known form, or nobody.
    """
    points = find_keypoints(path, image_size=image_size)
    if points is None:
        raise ValueError(
            f"keypoints: {path} holds no person, or one with all joints missing; known "
            f"are {_KNOWN_FILES}."
        )
    return points


def find_keypoints(
    path: str | pathlib.Path, *, image_size: tuple[int, int] | None = None
) -> np.ndarray | None:
    """Reads the pose of one person, if any was found.

    Takes JSON of OpenPose, COCO, MMPose and MediaPipe, plain lists of points, and
    `.npy` or `.npz` arrays; the schema follows from the number of points. Of several
    people the one with the largest total confidence counts. Joints with confidence 0
    (MediaPipe: visibility below 0.5), with negative coordinates or NaN are missing.

    Args:
        path: the file.
        image_size: (height, width) of the picture; needed for coordinates between 0
            and 1 only, as MediaPipe writes them.

    Returns:
        [18, 2] float32 in the order of `community18`, pixels, NaN where missing; None
        when the file is of a known form and holds nobody.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file holds no pose of a known form.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"keypoints: there is no file {path}.")
    try:
        found = [_rows(one) for one in _people(_load(path))]
    except RecursionError:
        raise ValueError(
            f"keypoints: {path} is nested too deeply; known are {_KNOWN_FILES}."
        ) from None
    people = [rows for rows in found if rows is not None and rows.size]
    if found and all(rows is None for rows in found):
        raise ValueError(
            f"keypoints: {path} is of no known form; known are {_KNOWN_FILES}."
        )
    if not people:
        return None
    rows = max(people, key=lambda rows: np.nansum(_confidences(rows)))
    _require_pose(rows, path)
    schema = SCHEMA_OF_COUNT[len(rows)]
    points = _present(rows)
    if np.isnan(points).all():
        return None
    if _normalised(points, schema):
        points = _pixels(points, image_size, path)
    return translate(points, schema)


def _load(path: pathlib.Path) -> Any:
    try:
        if path.suffix == ".npy":
            return np.load(path)
        if path.suffix == ".npz":
            arrays = dict(np.load(path))
            return arrays.get("keypoints", next(iter(arrays.values()), []))
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"keypoints: {path} does not read ({error}); known are {_KNOWN_FILES}."
        ) from None


_LISTS = (
    *("people", "annotations", "instances", "instance_info", "predictions"),
    *("pose_landmarks", "landmarks"),
)
_POINTS = ("pose_keypoints_2d", "pose_keypoints", "keypoints")


def _people(found: Any) -> list[Any]:
    """Whatever in `found` may be the points of one person."""
    if isinstance(found, Mapping):
        for key in _LISTS:
            if key in found:
                return _people(found[key] or [])
        points = [found[key] for key in _POINTS if key in found][:1]
        return [_scored(points[0], found.get("keypoint_scores"))] if points else [found]
    if isinstance(found, np.ndarray):
        return list(found) if found.ndim > 2 else [found]
    if isinstance(found, list) and found and isinstance(found[0], Mapping):
        if "x" in found[0]:
            return [[_landmark(point) for point in found]]
        return [points for person in found for points in _people(person)]
    if _depth(found) > 2:
        return [points for person in found for points in _people(person)]
    return [found] if found != [] else []


def _depth(found: Any) -> int:
    """How deep lists lie in each other; a mapping counts as a list."""
    if isinstance(found, Mapping):
        return 1
    return 1 + _depth(found[0]) if isinstance(found, list) and found else 0


def _scored(points: Any, scores: Any) -> Any:
    """MMPose keeps the confidences of [[x, y], ...] in a list of their own."""
    points, scores = _unwrapped(points), _unwrapped(scores)
    if not isinstance(points, list) or not isinstance(scores, list):
        return points
    if len(points) != len(scores) or not all(isinstance(p, list) for p in points):
        return points
    return [[*point[:2], score] for point, score in zip(points, scores, strict=True)]


def _unwrapped(found: Any) -> Any:
    """What a list of one list of points, or of scores, has in it."""
    if isinstance(found, list) and len(found) == 1 and isinstance(found[0], list):
        return found[0]
    return found


def _landmark(point: Any) -> list[Any]:
    absent = {"x": None, "y": None, "z": 0.0, "visibility": 1.0}
    point = point if isinstance(point, Mapping) else {}
    return [point.get(key, value) for key, value in absent.items()]


def _rows(found: Any) -> np.ndarray | None:
    """One person's points as [k, 2 or more]; None when `found` is nothing like it."""
    try:
        rows = np.asarray(found, np.float64)
    except (TypeError, ValueError):
        return None
    if rows.ndim == 1 and len(rows) % 3 == 0 and len(rows) // 3 in SCHEMA_OF_COUNT:
        return rows.reshape(-1, 3)
    if rows.ndim == 1:
        return rows[:, None]
    return rows if rows.ndim == 2 else None


def _require_pose(rows: np.ndarray, path: pathlib.Path) -> None:
    count, numbers = rows.shape
    if count not in SCHEMA_OF_COUNT or numbers < 2:
        what = f"{count} points of {numbers} numbers"
        if numbers == 1:
            what = f"a flat list of {count} numbers, which are x, y, confidence of none"
        raise ValueError(f"keypoints: {path} holds {what}; known are {_KNOWN_FILES}.")
    if np.isinf(rows).any():
        raise ValueError(f"keypoints: {path} holds a number that is infinite.")


def _confidences(rows: np.ndarray) -> np.ndarray:
    """[k]; MediaPipe's third number is a depth, its fourth the visibility."""
    if rows.shape[1] == 3 and len(rows) != 33:
        return rows[:, 2]
    return rows[:, 3] if rows.shape[1] > 3 else np.ones(len(rows))


def _present(rows: np.ndarray) -> np.ndarray:
    """(x, y) of every row, NaN where the joint was not found."""
    confident = _confidences(rows) > (0.5 if rows.shape[1] > 3 else 0)
    missing = ~confident | np.isnan(rows).any(1) | (rows[:, :2] < 0).any(1)
    return np.where(missing[:, None], np.nan, rows[:, :2])


def _normalised(points: np.ndarray, schema: str) -> bool:
    """Whether coordinates are shares of the picture's width and height.

    MediaPipe's are, also of joints below the picture, whose share is above 1.
    """
    if schema == "mediapipe33":
        return bool(np.nanmedian(points) <= 2)
    return bool(np.nanmax(points) <= 1)


def _pixels(
    points: np.ndarray, image_size: tuple[int, int] | None, path: pathlib.Path
) -> np.ndarray:
    """Shares of the picture's width and height as pixels."""
    if image_size is None:
        raise ValueError(
            f"keypoints: {path} has coordinates between 0 and 1; the picture's size is "
            "needed to make pixels of them."
        )
    return points * np.array(image_size[::-1]) - 0.5
