"""Photographs of people with estimated keypoints, in the folders users have them in.

What all such sets share; `market1501` and `deepfashion` say what is their own. Pictures
lie in one folder per split, or in one for all. Keypoints come from the community's
annotation CSV of each split, or from one OpenPose JSON per picture, named
`<picture>_keypoints.json` and lying anywhere. Lists of pairs are read where there are
some, otherwise built from all ordered pairs of one identity.
"""

import json
import pathlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from jaxgen.core import skeleton
from jaxgen.data.builders import community, plausible
from jaxgen.data.builders.records import (
    RecordsBuilder,
    Row,
    Split,
    image_feature,
    write,
)

SPLITS = ("train", "test")
_SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class Layout:
    """What is particular about one dataset.

    Attributes:
        name: of the source.
        folders: split -> where its pictures may lie, relative to the dataset.
        sizes: (height, width) that its pictures may have.
        canonical: relative path or annotated name -> record name, the same for every
            spelling in use.
        group: record name -> who, in which clothes.
        junk: whether a record name stands for no person.
    """

    name: str
    folders: Mapping[str, Sequence[str]]
    sizes: Sequence[tuple[int, int]]
    canonical: Callable[[str], str]
    group: Callable[[str], str]
    junk: Callable[[str], bool] = lambda name: False


@dataclass(frozen=True)
class Photographs:
    """One split as found on disk.

    Attributes:
        paths: record name -> file, for pictures that have a pose.
        poses: record name -> [18, 2], in the order of the annotations.
        pairs: record names (from, to).
        left_out: reason -> how many pictures or pairs were dropped for it.
    """

    paths: Mapping[str, pathlib.Path]
    poses: Mapping[str, np.ndarray]
    pairs: Sequence[tuple[str, str]]
    left_out: Mapping[str, int]


def read(
    layout: Layout, folder: pathlib.Path, split: str, *, shift: float = 0.0
) -> Photographs:
    """Finds pictures, poses and pairs of one split.

    Args:
        layout: of the dataset.
        folder: of the dataset.
        split: `train` or `test`.
        shift: added to every x.

    Raises:
        FileNotFoundError: when the folder, its pictures or its annotations are missing.
        ValueError: for files that are not of the format, or when nothing is left.
    """
    root = _picture_folder(layout, folder, split)
    shared = all(root.name in folders for folders in layout.folders.values())
    pictures = _pictures(layout, root)
    poses = _poses(layout, folder, split, () if shared else pictures)
    poses = {name: points + [shift, 0] for name, points in poses.items()}
    _require_pictures(layout, split, poses, pictures)
    wanted = {name: points for name, points in poses.items() if not layout.junk(name)}
    seen = {n: points for n, points in wanted.items() if not np.isnan(points).all()}
    plausible.require_people(f"{layout.name}: {split}", wanted)
    unseen = [n for n in pictures if n not in seen and not layout.junk(n)]
    pairs, lost = _pairs(layout, folder, split, seen)
    if not pairs:
        raise ValueError(
            f"{layout.name}: {split} has {len(seen)} pictures with a pose but no two "
            "of one identity, so there is no pair."
        )
    return Photographs(
        paths={name: pictures[name] for name in seen},
        poses=seen,
        pairs=pairs,
        left_out={
            "pictures of nobody": sum(map(layout.junk, pictures)),
            # Of a folder for all splits, the rest belongs to the others.
            "pictures without keypoints": (not shared) * len(unseen),
            "pairs of other pictures": lost,
        },
    )


def _picture_folder(layout: Layout, folder: pathlib.Path, split: str) -> pathlib.Path:
    if not folder.is_dir():
        raise FileNotFoundError(f"{layout.name}: there is no folder {folder}.")
    found = [f for f in layout.folders[split] if (folder / f).is_dir()]
    if not found:
        raise FileNotFoundError(
            f"{layout.name}: {folder} has no folder of {split} pictures; looked for "
            f"{', '.join(layout.folders[split])}."
        )
    return folder / found[0]


def _pictures(layout: Layout, root: pathlib.Path) -> dict[str, pathlib.Path]:
    paths = sorted(p for p in root.rglob("*") if p.suffix.lower() in _SUFFIXES)
    if not paths:
        raise ValueError(f"{layout.name}: {root} has no picture (JPEG or PNG).")
    named = {layout.canonical(p.relative_to(root).as_posix()): p for p in paths}
    if len(named) < len(paths):
        twice = sorted(str(p) for p in set(paths) - set(named.values()))
        raise ValueError(
            f"{layout.name}: some pictures have the name of another one: "
            f"{plausible.first_few(twice)}."
        )
    return named


def _poses(
    layout: Layout, folder: pathlib.Path, split: str, pictures: Iterable[str]
) -> dict[str, np.ndarray]:
    if path := _only(layout, folder, f"*annotation*{split}*.csv"):
        rows = community.read_annotations(path)
        return {layout.canonical(name): points for name, points in rows.items()}
    files = {}
    for path in sorted(folder.rglob("*_keypoints.json")):
        name = layout.canonical(path.name.replace("_keypoints.json", ".jpg"))
        files[pathlib.Path(name).stem] = path
    stems = {name: pathlib.Path(name).stem for name in pictures}
    poses = {n: _openpose(files[stem]) for n, stem in stems.items() if stem in files}
    if not poses:
        raise FileNotFoundError(
            f"{layout.name}: {folder} has no keypoints for {split}; looked for "
            f"*annotation*{split}*.csv there and, where each split has its own folder "
            "of pictures, for PICTURE_keypoints.json anywhere below."
        )
    return poses


def _openpose(path: pathlib.Path) -> np.ndarray:
    try:
        if json.loads(path.read_text()).get("people") == []:
            return np.full((18, 2), np.nan, np.float32)
    except ValueError as error:
        raise ValueError(f"keypoints: {path} is no JSON ({error}).") from None
    return skeleton.read_keypoints(path)


def _only(layout: Layout, folder: pathlib.Path, pattern: str) -> pathlib.Path | None:
    found = sorted(folder.glob(pattern))
    if len(found) > 1:
        raise ValueError(
            f"{layout.name}: {folder} has several files {pattern}: "
            f"{', '.join(path.name for path in found)}; leave one."
        )
    return found[0] if found else None


def _require_pictures(
    layout: Layout, split: str, poses: Iterable[str], pictures: Mapping[str, Any]
) -> None:
    if missing := [name for name in poses if name not in pictures]:
        raise FileNotFoundError(
            f"{layout.name}: the annotations of {split} name pictures that are not "
            f"there: {plausible.first_few(missing)}."
        )


def _pairs(
    layout: Layout, folder: pathlib.Path, split: str, poses: Mapping[str, np.ndarray]
) -> tuple[list[tuple[str, str]], int]:
    """The pairs of the split, and how many listed ones were dropped."""
    if path := _only(layout, folder, f"*pairs*{split}*.csv"):
        listed = [
            (layout.canonical(start), layout.canonical(end))
            for start, end in community.read_pairs(path)
        ]
        kept = [pair for pair in listed if pair[0] in poses and pair[1] in poses]
        return kept, len(listed) - len(kept)
    whole = [name for name, points in poses.items() if community.has_torso(points)]
    pairs = community.ordered_pairs({name: layout.group(name) for name in whole})
    return (community.reported_pairs(pairs) if split == "test" else pairs), 0


def build(
    builder: type[RecordsBuilder],
    layout: Layout,
    folder: pathlib.Path,
    splits: Mapping[str, Photographs],
    size: tuple[int, int],
    *,
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """Writes records into an empty folder; JPEG bytes stay as they are.

    Returns:
        What `dataset.json` says.
    """
    groups = {n: layout.group(n) for split in splits.values() for n in split.paths}
    pairs = [pair for split in splits.values() for pair in split.pairs]
    person = community.identities(groups, pairs)
    return write(
        builder,
        folder,
        {
            name: Split(
                rows=[Row(n, person[n]) for n in split.paths],
                pairs=split.pairs,
                examples=_examples(split),
            )
            for name, split in splits.items()
        },
        {"image": image_feature(size, 3, "jpeg")},
        size=size,
        about={
            "options": dict(options),
            "left_out": {name: dict(s.left_out) for name, s in splits.items()},
        },
    )


def _examples(split: Photographs) -> Iterator[dict[str, Any]]:
    for name, path in split.paths.items():
        points = split.poses[name].astype(np.float32)
        yield {
            "image": path.read_bytes(),
            "keypoints": points,
            "visible": ~np.isnan(points).any(1),
        }
