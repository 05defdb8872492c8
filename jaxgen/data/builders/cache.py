"""Synthetic people, drawn when they are first wanted and kept in a cache."""

import os
import pathlib
import sys
from collections.abc import Mapping
from typing import Any

from jaxgen.data.builders.drawing import World
from jaxgen.data.source import require_options

_FEW_PICTURES = 100


def ensure(data: Mapping[str, Any], size: tuple[int, int]) -> str:
    """The folder that `data` means, drawn first if it is of synthetic people.

    Synthetic people without a folder are drawn once into the cache, `$JAXGEN_CACHE` or
    `~/.cache/jaxgen`, under a lock: of several processes one draws, the others wait.

    Args:
        data: the `data` part of a config.
        size: (height, width) of the pictures to draw.

    Returns:
        What `data["folder"]` should be.

    Raises:
        KeyError: for an unknown source or key.
        FileNotFoundError: when the folder is missing or was not prepared.
        ValueError: for options that make no sense.
    """
    require_options(data)
    if data["source"] == "synthetic" and not data.get("folder"):
        return str(_cached(data, size))
    return _checked(data["source"], data.get("folder") or "")


def _cached(data: Mapping[str, Any], size: tuple[int, int]) -> pathlib.Path:
    # Not at the top: processes that draw import this file, and TFDS takes a second.
    from jaxgen.data.builders import folders, synthetic

    world = world_of(data, size)
    folder = cache_folder() / synthetic.folder_name(world)
    with folders.locked(folder.with_suffix(".lock"), f"drawing people into {folder}"):
        if not folder.is_dir():
            print(
                f"synthetic: drawing {world.pictures} pictures into {folder}, once",
                file=sys.stderr,
            )
            with folders.fresh(folder) as temporary:
                synthetic.build(temporary, world, workers=default_workers(world))
    return folder


def world_of(data: Mapping[str, Any], size: tuple[int, int]) -> World:
    """The synthetic people that `data` describes, as a world."""
    names = ("people", "test_people", "frames", "outfits", "clips", "layout", "framing")
    given = {name: data[name] for name in names if name in data}
    return World(size=(size[0], size[1]), seed=data.get("dataset_seed", 0), **given)


def default_workers(world: World) -> int:
    """As many processes as there are processors to use, none for few pictures."""
    return processors() if world.pictures > _FEW_PICTURES else 0


def processors() -> int:
    """How many this process may use: fewer than there are in a container."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cache_folder() -> pathlib.Path:
    """Where synthetic people are kept."""
    home = pathlib.Path("~/.cache/jaxgen").expanduser()
    return pathlib.Path(os.environ.get("JAXGEN_CACHE") or home)


def _checked(source: str, folder: str) -> str:
    from jaxgen.data import records

    if source in ("images", "tfds"):
        if not pathlib.Path(folder).is_dir() or not folder:
            raise FileNotFoundError(
                f"pipeline: source {source!r} reads the folder data.folder, and "
                f"{folder or 'an empty one'!r} does not exist."
            )
        return folder
    records.read_about(folder, source)
    return folder
