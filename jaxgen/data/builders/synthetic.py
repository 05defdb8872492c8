"""Records of drawn people."""

import hashlib
import itertools
import pathlib
from dataclasses import asdict
from typing import Any

import numpy as np

from jaxgen.data.builders import community
from jaxgen.data.builders.drawing import World, clip_number, draw_people
from jaxgen.data.builders.records import (
    RecordsBuilder,
    Row,
    Split,
    array_feature,
    image_feature,
    write,
)
from jaxgen.people import render

SPLITS = ("train", "test")
_WRITING = ("drawing", "synthetic", "records", "community")


class Synthetic(RecordsBuilder):
    """People drawn from public-domain anatomy, with parsing, keypoints and SMPL."""

    name = "synthetic"


def build(folder: pathlib.Path, world: World, *, workers: int) -> dict[str, Any]:
    """Draws the people of a world into an empty folder.

    Args:
        folder: exists and is empty.
        world: what to draw.
        workers: processes that draw; 0 draws in this one. The bytes are the same.

    Returns:
        What `dataset.json` says.
    """
    return write(
        Synthetic,
        folder,
        {name: _split(world, name, workers) for name in SPLITS},
        _features(world.size),
        size=world.size,
        about={"options": asdict(world), "drawn_by": drawing_digest()},
    )


def _split(world: World, name: str, workers: int) -> Split:
    persons = world.persons(name)
    rows = [row for person in persons for row in _rows(world, person)]
    stills = [row for row in rows if row.clip < 0]
    groups = {row.name: row.name.rpartition("_")[0] for row in stills}
    pairs = community.ordered_pairs(groups)
    return Split(
        rows=rows,
        pairs=pairs if name == "train" else community.reported_pairs(pairs),
        examples=draw_people(world, persons, workers=workers),
    )


def _rows(world: World, person: int) -> list[Row]:
    """The pictures of one person, then the motions, as they are drawn."""
    outfits, frames = range(world.outfits), range(world.frames)
    stills = [
        Row(f"{person:05d}_{o:02d}_{f:03d}", person, o)
        for o, f in itertools.product(outfits, frames)
    ]
    moving = [
        Row(
            f"{person:05d}_{o:02d}_clip{c}_{f:03d}",
            person,
            o,
            clip_number(world, person, o, c),
        )
        for o, c, f in itertools.product(outfits, range(world.clips), frames)
    ]
    return stills + moving


def _features(size: tuple[int, int]) -> dict[str, Any]:
    return {
        "image": image_feature(size, 3, "png"),
        "parsing": image_feature(size, 1, "png"),
        "betas": array_feature((10,), np.float32),
        "smpl_pose": array_feature((72,), np.float32),
        "camera": array_feature((3,), np.float32),
        "face_box": array_feature((4,), np.float32),
        "frame": np.int32,
        "scene": np.int32,
    }


def folder_name(world: World) -> str:
    """A name that changes with everything the bytes depend on."""
    height, width = world.size
    return (
        f"synthetic-{height}x{width}-{world.layout}-{world.framing}"
        f"-p{world.people}-t{world.test_people}-f{world.frames}-o{world.outfits}-c{world.clips}"
        f"-s{world.seed}-{drawing_digest()}"
    )


def drawing_digest() -> str:
    """Eight hex digits over all that decides the bytes: code, anatomy and version."""
    digest = hashlib.sha256(str(Synthetic.VERSION).encode())
    for path in drawing_files():
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:8]


def drawing_files() -> list[pathlib.Path]:
    """The files that draw people and write them down."""
    here, people = (pathlib.Path(str(m.__file__)).parent for m in (community, render))
    return [here / f"{name}.py" for name in _WRITING] + [
        path
        for path in sorted(people.iterdir())
        if path.suffix in (".py", ".npz")
        and path.name != "sheets.py"
        and not path.name.startswith("bake")
    ]
