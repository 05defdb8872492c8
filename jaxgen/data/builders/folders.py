"""Folders that appear whole or not at all."""

import contextlib
import fcntl
import glob
import pathlib
import shutil
import sys
import time
import uuid
from collections.abc import Iterator

_PARTIAL = ".partial"


@contextlib.contextmanager
def fresh(out: str | pathlib.Path, *, last: str = "") -> Iterator[pathlib.Path]:
    """A temporary folder that becomes `out` when the block ends without an error.

    A new folder appears at once. One that exists may be a mount point, which nothing
    can take the place of: it is filled, `last` coming last. What killed processes left
    behind is removed.

    Args:
        out: must not exist yet, or be an empty folder.
        last: the file that tells that all is there.

    Yields:
        An empty folder, to be filled.

    Raises:
        FileExistsError: when `out` holds something.
        ValueError: when it cannot be written, or another process is writing it.
    """
    out = pathlib.Path(out).resolve()
    exists = out.is_dir()
    place = out if exists else out.parent
    made = _missing_parents(out)
    with contextlib.ExitStack() as undone:
        undone.callback(_remove_empty, made)
        try:
            place.mkdir(parents=True, exist_ok=True)
            undone.enter_context(_alone(place / f".{out.name}.lock", out))
            remove_remains(place, out.name)
            temporary = place / f".{out.name}.{uuid.uuid4().hex[:8]}{_PARTIAL}"
            temporary.mkdir()
        except OSError as error:
            raise ValueError(f"folders: {out} cannot be written ({error}).") from None
        undone.callback(_remove, temporary)
        _require_empty(out, {temporary.name, f".{out.name}.lock"})
        yield temporary
        if exists:
            _move_up(temporary, out, last)
        else:
            temporary.replace(out)


def _remove(folder: pathlib.Path) -> None:
    """Removes a folder, in which a thread of a failed save may still be writing."""
    for _ in range(10):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)


def _require_empty(out: pathlib.Path, own: set[str]) -> None:
    if out.is_file():
        raise FileExistsError(f"folders: {out} is a file; name a folder.")
    if out.is_file() or (out.is_dir() and {p.name for p in out.iterdir()} - own):
        raise FileExistsError(
            f"folders: {out} exists already and is not empty; name another folder or "
            "delete it."
        )


def _move_up(folder: pathlib.Path, out: pathlib.Path, last: str) -> None:
    for path in sorted(folder.iterdir(), key=lambda path: path.name == last):
        path.rename(out / path.name)


def remove_remains(place: pathlib.Path, name: str) -> None:
    """Removes what killed processes left of a folder; only for who holds its lock."""
    for left in place.glob(f".{glob.escape(name)}.*{_PARTIAL}"):
        shutil.rmtree(left)


def _remove_empty(folders: list[pathlib.Path]) -> None:
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()


@contextlib.contextmanager
def _alone(path: pathlib.Path, out: pathlib.Path) -> Iterator[None]:
    """Holds a lock file that goes away with its holder's block."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(
                f"folders: another process is writing {out}; wait for it or name "
                "another folder."
            ) from None
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


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
