"""What lies in a folder and below it, and which of it are pictures."""

import os
import pathlib

_SUFFIXES = (".jpg", ".jpeg", ".png")


def files_below(folder: pathlib.Path) -> list[pathlib.Path]:
    """The files in `folder` and below, sorted.

    What begins with a dot is none: file managers and notebooks keep their own there.

    Raises:
        OSError: when a folder may not be read; it would look empty.
    """
    found = []
    for place, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = [name for name in folders if not name.startswith(".")]
        kept = (name for name in names if not name.startswith("."))
        found += [pathlib.Path(place, name) for name in kept]
    return sorted(found)


def _raise(error: OSError) -> None:
    raise error


def picture_files(folder: pathlib.Path) -> list[pathlib.Path]:
    """JPEG and PNG files in `folder` and below, sorted; see `files_below`."""
    return [p for p in files_below(folder) if p.suffix.lower() in _SUFFIXES]
