"""Folders that appear whole or not at all."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def fresh(out: str | pathlib.Path) -> Iterator[pathlib.Path]:
    """A temporary folder that becomes `out` when the block ends without an error.

    Args:
        out: must not exist yet, or be an empty folder.

    Yields:
        A folder beside `out`, to be filled.

    Raises:
        FileExistsError: when `out` holds something.
        ValueError: when it cannot be written.
    """
    out = pathlib.Path(out).absolute()
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise FileExistsError(
            f"prepare: {out} exists already and is not empty; name another folder or "
            "delete it."
        )
    made = _missing_parents(out)
    temporary = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        temporary.mkdir(parents=True)
    except OSError as error:
        raise ValueError(f"prepare: {out} cannot be written ({error}).") from None
    try:
        yield temporary
        temporary.replace(out)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        for parent in made:
            with contextlib.suppress(OSError):
                parent.rmdir()
        raise


def remove_remains(out: pathlib.Path) -> None:
    """Removes what killed processes left beside `out`; only for who holds its lock."""
    for left in out.parent.glob(f".{out.name}.*"):
        shutil.rmtree(left)


def _missing_parents(path: pathlib.Path) -> list[pathlib.Path]:
    return [parent for parent in path.parents if not parent.exists()]


@contextlib.contextmanager
def locked(path: pathlib.Path, task: str) -> Iterator[None]:
    """Holds a file lock, so that of several processes one does the work.

    Args:
        path: of the lock file; its folder is made.
        task: what the lock is about, for the message of a process that waits.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another process: {task}", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
