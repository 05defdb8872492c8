"""Which files of a folder are pictures."""

import os
import pathlib

_SUFFIXES = (".jpg", ".jpeg", ".png")


def picture_files(folder: pathlib.Path) -> list[pathlib.Path]:
    """JPEG and PNG files in `folder` and below, sorted.

    What begins with a dot is none: file managers and notebooks keep their own there.

    Raises:
        PermissionError: when the folder may not be read.
    """
    os.listdir(folder)  # What may not be read looks empty below.
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in _SUFFIXES and not is_hidden(path, folder)
    )


def is_hidden(path: pathlib.Path, folder: pathlib.Path) -> bool:
    """Whether the name of `path`, or of a folder on the way from `folder`, is."""
    return any(part.startswith(".") for part in path.relative_to(folder).parts)
