"""Photographs of people with estimated keypoints, in the folders users have them in.

What all such sets share; `market1501` and `deepfashion` say what is their own. Pictures
lie in one folder per split, or in one for all. Keypoints come from the community's
annotation CSV of each split, or from one JSON per picture in any form that
`skeleton.read_keypoints` takes, named `<picture>_keypoints.json` or `<picture>.json`
and lying anywhere. Lists of pairs are read where there are some, otherwise built from
all ordered pairs of one identity.
"""

import contextlib
import dataclasses
import itertools
import pathlib
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import PIL.Image

from jaxgen.core import skeleton
from jaxgen.data.builders import community, plausible
from jaxgen.data.builders.records import (
    RecordsBuilder,
    Row,
    Split,
    image_feature,
    write,
)
from jaxgen.data.files import files_below, picture_files

SPLITS = ("train", "test")


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
        pairs_join: whether a list of pairs tells that two groups are one.
    """

    name: str
    folders: Mapping[str, Sequence[str]]
    sizes: Sequence[tuple[int, int]]
    canonical: Callable[[str], str]
    group: Callable[[str], str]
    junk: Callable[[str], bool] = lambda name: False
    pairs_join: bool = True


@dataclass(frozen=True)
class Photographs:
    """One split as found on disk.

    Attributes:
        paths: record name -> file, for pictures that have a pose.
        poses: record name -> [18, 2], in the order of the annotations.
        pairs: record names (from, to); `paired` finds them.
        left_out: reason -> how many pictures or pairs were dropped for it.
    """

    paths: Mapping[str, pathlib.Path]
    poses: Mapping[str, np.ndarray]
    left_out: Mapping[str, int]
    pairs: Sequence[tuple[str, str]] = ()


def read(
    layout: Layout, folder: pathlib.Path, split: str, *, shift: float = 0.0
) -> Photographs:
    """Finds pictures and poses of one split, as they are.

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
    poses = _poses(layout, folder, split, {} if shared else pictures)
    poses = {name: points + [shift, 0] for name, points in poses.items()}
    _require_pictures(layout, split, poses, pictures)
    wanted = {name: points for name, points in poses.items() if not layout.junk(name)}
    seen = {n: points for n, points in wanted.items() if not np.isnan(points).all()}
    plausible.require_people(f"{layout.name}: {split}", wanted)
    unseen = [n for n in pictures if n not in seen and not layout.junk(n)]
    return Photographs(
        paths={name: pictures[name] for name in seen},
        poses=seen,
        left_out={
            "pictures of nobody": sum(map(layout.junk, pictures)),
            # Of a folder for all splits, the rest belongs to the others.
            "pictures without keypoints": (not shared) * len(unseen),
        },
    )


def paired(
    layout: Layout,
    folder: pathlib.Path,
    split: str,
    found: Photographs,
    size: tuple[int, int],
) -> Photographs:
    """What was found, joints outside the pictures missing, with its pairs.

    Args:
        layout: of the dataset.
        folder: of the dataset.
        split: `train` or `test`.
        found: by `read`.
        size: (height, width) of the pictures.

    Raises:
        ValueError: when there is no pair.
    """
    poses = {name: _inside(points, size) for name, points in found.poses.items()}
    kept = {n: points for n, points in poses.items() if not np.isnan(points).all()}
    pairs, lost = _pairs(layout, folder, split, kept)
    if not pairs:
        raise ValueError(
            f"{layout.name}: {split} has {len(kept)} pictures with a pose but no two "
            "of one identity, so there is no pair."
        )
    reasons = {
        "pictures with all joints outside": len(poses) - len(kept),
        "pairs of other pictures": lost,
    }
    return dataclasses.replace(
        found,
        paths={name: found.paths[name] for name in kept},
        poses=kept,
        left_out={**found.left_out, **reasons},
        pairs=pairs,
    )


def _inside(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    edge = np.array(size[::-1]) - 0.5
    inside = np.all((points >= -0.5) & (points < edge), axis=1, keepdims=True)
    return np.where(inside, points, np.nan)


def require_apart(who: str, splits: Mapping[str, Photographs]) -> None:
    """Raises when one picture is in two splits.

    Raises:
        ValueError: with the first names.
    """
    for (one, first), (other, second) in itertools.combinations(splits.items(), 2):
        if both := [name for name in first.paths if name in second.paths]:
            raise ValueError(
                f"{who}: {len(both)} pictures are in {one} and in {other}: "
                f"{plausible.first_few(both)}; a picture to test with was never to "
                "train with."
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
    paths = picture_files(root)
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
    layout: Layout,
    folder: pathlib.Path,
    split: str,
    pictures: Mapping[str, pathlib.Path],
) -> dict[str, np.ndarray]:
    if path := _only(layout, folder, f"*annotation*{split}*.csv"):
        return _annotated(layout, path)
    files = _keypoint_files(layout, folder, pictures)
    if not files:
        raise FileNotFoundError(
            f"{layout.name}: {folder} has no keypoints for {split}; looked for "
            f"*annotation*{split}*.csv there and, where each split has its own folder "
            "of pictures, for PICTURE_keypoints.json and PICTURE.json anywhere below."
        )
    return {
        name: _estimated(file, pictures[name], layout.sizes[0])
        for name, file in files.items()
    }


def _annotated(layout: Layout, path: pathlib.Path) -> dict[str, np.ndarray]:
    rows = community.read_annotations(path)
    poses = {layout.canonical(name): points for name, points in rows.items()}
    if len(poses) < len(rows):
        spelt = {layout.canonical(name): name for name in rows}
        twice = [name for name in rows if name not in spelt.values()]
        raise ValueError(
            f"{layout.name}: {path.name} has two lines of one picture, spelt "
            f"differently: {plausible.first_few(twice)}; leave one."
        )
    return poses


def _keypoint_files(
    layout: Layout, folder: pathlib.Path, pictures: Iterable[str]
) -> dict[str, pathlib.Path]:
    """Record name -> its JSON file, for pictures that have one."""
    names = {pathlib.Path(name).stem: name for name in pictures}
    files: dict[str, pathlib.Path] = {}
    for path in files_below(folder):
        spelt = path.stem.removesuffix("_keypoints") + ".jpg"
        name = names.get(pathlib.Path(layout.canonical(spelt)).stem)
        if name is None or path.suffix != ".json":
            continue
        if name in files:
            raise ValueError(
                f"{layout.name}: {files[name]} and {path} are both keypoints of "
                f"{name}; leave one."
            )
        files[name] = path
    return files


def _estimated(
    path: pathlib.Path, picture: pathlib.Path, size: tuple[int, int]
) -> np.ndarray:
    """The pose in a file, all of it NaN where the estimator found nobody.

    `size` is taken for a picture that does not open; it is refused later.
    """
    with contextlib.suppress(OSError), PIL.Image.open(picture) as image:
        size = (image.height, image.width)
    points = skeleton.find_keypoints(path, image_size=size)
    return np.full((18, 2), np.nan, np.float32) if points is None else points


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
        if listed and not kept:
            odd = next(name for pair in listed for name in pair if name not in poses)
            raise ValueError(
                f"{layout.name}: none of the {len(listed)} pairs in {path.name} is of "
                f"{split} pictures with a pose; the first name without one is {odd}."
            )
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
    person = community.identities(groups, pairs if layout.pairs_join else ())
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


def _examples(split: Photographs) -> Generator[dict[str, Any], None, None]:
    for name, path in split.paths.items():
        points = split.poses[name].astype(np.float32)
        yield {
            "image": path.read_bytes(),
            "keypoints": points,
            "visible": ~np.isnan(points).any(1),
        }
