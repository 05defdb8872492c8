"""A file as memory: the system reads of it what is looked at, when it is looked at."""

import mmap
import pathlib


def mapped(path: str, *, who: str) -> memoryview:
    """The bytes of a whole file, read-only.

    Args:
        path: of the file.
        who: starts the messages.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: when it is empty.
    """
    if not pathlib.Path(path).is_file():
        raise FileNotFoundError(f"{who}: there is no file {path}.")
    with open(path, "rb") as file:
        if not file.seek(0, 2):
            raise ValueError(f"{who}: {path} is empty.")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
