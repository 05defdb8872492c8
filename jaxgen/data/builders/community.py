"""The files in which people exchange pose annotations and lists of pairs.

Annotations: `name:keypoints_y:keypoints_x`, the last two JSON lists of 18 ints, -1
where missing. Pairs: `from,to`. Both began with github.com/AliaksandrSiarohin/pose-gan.
"""

import csv
import itertools
import json
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from jaxgen.core.skeleton import JOINTS

_TORSO = (2, 5, 8, 11)
_TEST_PAIRS = 12_000


def read_annotations(path: pathlib.Path) -> dict[str, np.ndarray]:
    """File name -> [18, 2] float32 (x, y), NaN where missing, in the file's order.

    Raises:
        ValueError: naming the first line that is not of the format, or is the second
            of one name.
    """
    rows = _rows("annotations", path, delimiter=":", quoting=csv.QUOTE_NONE)
    if not rows or [cell.strip() for cell in rows[0]] != _HEADER:
        raise ValueError(
            f"annotations: {path} should begin with the line {':'.join(_HEADER)}, "
            f"it begins with {':'.join(rows[0]) if rows else 'nothing'!r}."
        )
    if not any(rows[1:]):
        raise ValueError(f"annotations: {path} has no line below its header.")
    poses: dict[str, np.ndarray] = {}
    for number, row in enumerate(rows[1:], 2):
        where = f"{path.name} line {number}"
        if row and row[0].strip() in poses:
            raise ValueError(
                f"annotations: {where} is the second of {row[0].strip()}; leave one."
            )
        if row:
            poses[row[0].strip()] = _keypoints(row, where)
    return poses


def _rows(who: str, path: pathlib.Path, **options: Any) -> list[list[str]]:
    """The cells of a text file; a byte order mark, as Excel writes, is no part."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return list(csv.reader(file, **options))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{who}: {path} is no text in UTF-8 ({error}).") from None


_HEADER = ["name", "keypoints_y", "keypoints_x"]


def _keypoints(row: Sequence[str], where: str) -> np.ndarray:
    try:
        _, y, x = row
        points = np.array([json.loads(x), json.loads(y)], np.float32).T
    except (ValueError, TypeError, RecursionError):
        raise ValueError(
            f"annotations: {where} is not NAME:[18 rows]:[18 columns]."
        ) from None
    if points.shape != (JOINTS, 2):
        raise ValueError(
            f"annotations: {where} ({row[0].strip()}) has {len(points)} keypoints, "
            f"{JOINTS} are wanted; leave the file out and give one JSON file per "
            "picture, PICTURE_keypoints.json, which may have 17, 18, 21, 25 or 33."
        )
    if np.isinf(points).any():
        raise ValueError(f"annotations: {where} has a number that is infinite.")
    points[_missing(points)] = np.nan
    return points


def _missing(points: np.ndarray) -> np.ndarray:
    """[18]: -1 or nothing in one coordinate, or both negative.

    Other negative numbers are coordinates outside the picture: many of them tell that
    all are shifted.
    """
    absent = np.isnan(points) | (points == -1)
    return absent.any(1) | (points < 0).all(1)


def write_annotations(path: pathlib.Path, poses: Mapping[str, np.ndarray]) -> None:
    """Writes file name -> [18, 2]; coordinates are rounded to whole pixels."""
    lines = [":".join(_HEADER)]
    for name, points in poses.items():
        x, y = np.where(np.isnan(points), -1, np.rint(points)).astype(int).T.tolist()
        lines.append(f"{name}:{json.dumps(y)}:{json.dumps(x)}")
    path.write_text("\n".join(lines) + "\n")


def read_pairs(path: pathlib.Path) -> list[tuple[str, str]]:
    """File names (from, to), in the file's order.

    Raises:
        ValueError: naming the first line that is not of the format, or pairs a picture
            with itself.
    """
    rows = [[cell.strip() for cell in row] for row in _rows("pairs", path) if row]
    if not rows or rows[0] != ["from", "to"]:
        raise ValueError(f"pairs: {path} should begin with the line from,to.")
    for number, row in enumerate(rows[1:], 2):
        if len(row) != 2:
            raise ValueError(f"pairs: {path.name} line {number} is not FROM,TO.")
        if row[0] == row[1]:
            raise ValueError(
                f"pairs: {path.name} line {number} pairs {row[0]} with itself."
            )
    return [(start, end) for start, end in rows[1:]]


def write_pairs(path: pathlib.Path, pairs: Iterable[tuple[str, str]]) -> None:
    """Writes file names (from, to)."""
    lines = ["from,to", *(",".join(pair) for pair in pairs)]
    path.write_text("\n".join(lines) + "\n")


def ordered_pairs(groups: Mapping[str, str | int]) -> list[tuple[str, str]]:
    """All ordered pairs of names of one group, groups in order of appearance."""
    members: dict[str | int, list[str]] = {}
    for name, group in groups.items():
        members.setdefault(group, []).append(name)
    return [
        pair for names in members.values() for pair in itertools.permutations(names, 2)
    ]


def identities(
    groups: Mapping[str, str], pairs: Iterable[tuple[str, str]]
) -> dict[str, int]:
    """Numbers who is who: names of one group, or paired with each other, are one.

    Args:
        groups: name -> group.
        pairs: names (from, to).
    """
    parent = {group: group for group in groups.values()}

    def first(group: str) -> str:
        while parent[group] != group:
            parent[group] = parent[parent[group]]
            group = parent[group]
        return group

    for start, end in pairs:
        one, other = sorted((first(groups[start]), first(groups[end])))
        parent[other] = one
    numbers = {group: i for i, group in enumerate(sorted(set(map(first, parent))))}
    return {name: numbers[first(group)] for name, group in groups.items()}


def reported_pairs(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs that results are reported on, out of all ordered ones.

    As pose-gan's `create_pairs_dataset.py` does: 12,000 drawn without replacement, by
    the generator that pandas makes of `random_state=0`; all of them, permuted, where
    there are fewer.
    """
    count = min(_TEST_PAIRS, len(pairs))
    rng = np.random.RandomState(0)
    return [pairs[i] for i in rng.choice(len(pairs), size=count, replace=False)]


def has_torso(points: np.ndarray) -> bool:
    """Whether both shoulders and both hips are there: what pose-gan keeps."""
    return not np.isnan(points[list(_TORSO)]).any()
