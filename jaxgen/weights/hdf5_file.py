"""Reads HDF5 files of weights, such as those of Keras; needs `h5py`.

Only numbers that lie in the file itself are read, plain or packed by gzip: what refers
to other files is refused, and so is what unpacks to many times the file.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from jaxgen.weights import contents
from jaxgen.weights.contents import Contents
from jaxgen.weights.pickle_literals import shown

SIGNATURE = b"\x89HDF\r\n\x1a\n"
MOST_PARTS = 100_000

_DEEPEST = 32
_LARGEST = 2**26
_LARGEST_RATIO = 50
_FILTERS = {1, 2, 3}
"""gzip, shuffle, Fletcher's checksum; others may load foreign libraries."""


def begins(data: memoryview) -> bool:
    """Whether a file is HDF5: its signature is at the start, or at 512, 1024, ..."""
    places = (0, *(2**n for n in range(9, 20)))
    return any(data[place : place + len(SIGNATURE)] == SIGNATURE for place in places)


def read(path: str, *, container: str | None = None) -> Contents:
    """Reads the arrays of a file, by the paths that they have in it.

    Args:
        path: of the file.
        container: the group that is meant; by default `model_weights`, where Keras
            keeps the weights of a whole model, or all of the file.

    Raises:
        FileNotFoundError: when there is no such file.
        KeyError: when it has no such group.
        ModuleNotFoundError: when h5py is not installed.
        ValueError: when it is damaged, or refers to other files.
    """
    h5py = _library(path)
    try:
        with h5py.File(path, "r") as file:
            budget = max(_LARGEST, _LARGEST_RATIO * file.id.get_filesize())
            parts = dict(_parts(h5py, file))
            arrays = {n: p for n, p in parts.items() if p.dtype.kind in "fiubc"}
            if sum(part.nbytes for part in arrays.values()) > budget:
                raise ValueError("unpacks to many times its size")
            read_all = {name: part[()] for name, part in arrays.items()}
    except FileNotFoundError:
        raise FileNotFoundError(f"hdf5_file: there is no file {path}.") from None
    except (OSError, RuntimeError, KeyError, TypeError, MemoryError) as error:
        said = " ".join(str(error).split())[:200].rstrip(".")
        raise ValueError(f"hdf5_file: {path} cannot be read: {said}.") from None
    except ValueError as error:
        said = " ".join(str(error).split())[:200].rstrip(".")
        raise ValueError(f"hdf5_file: {path} {said}.") from None
    whole = any(name.startswith("model_weights/") for name in read_all)
    return contents.flat(
        "HDF5 file",
        {name: np.asarray(array) for name, array in read_all.items()},
        who="hdf5_file",
        path=path,
        container="model_weights" if container is None and whole else container,
        others=tuple(name for name in parts if name not in arrays),
    )


def _library(path: str) -> Any:
    try:
        import h5py
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            f"hdf5_file: {path} is an HDF5 file, which needs h5py: "
            "pip install 'jaxgen[hdf5]'."
        ) from None
    return h5py


def _parts(h5py: Any, file: Any) -> Iterator[tuple[str, Any]]:
    """All data sets of a file by their paths, each group once."""
    pending, seen = [("", file, _DEEPEST)], set()
    while pending:
        path, group, levels = pending.pop()
        address = h5py.h5o.get_info(group.id).addr
        if address in seen:
            continue
        seen.add(address)
        groups = []
        for name in group:
            place = f"{path}{name}"
            _require_inside(h5py, group, name, place)
            part = group[name]
            if isinstance(part, h5py.Group):
                if not levels or len(seen) > MOST_PARTS:
                    raise ValueError("has groups within groups without end")
                groups.append((f"{place}/", part, levels - 1))
            elif isinstance(part, h5py.Dataset):
                _require_plain(part, place)
                yield place, part
        pending += reversed(groups)


def _require_inside(h5py: Any, group: Any, name: str, place: str) -> None:
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise ValueError(f"refers from {shown(place)} to something elsewhere")


def _require_plain(part: Any, place: str) -> None:
    """Raises when the numbers of a data set are not in the file, or oddly packed."""
    if part.is_virtual or part.external:
        raise ValueError(f"keeps {shown(place)} in other files")
    settings = part.id.get_create_plist()
    found = {settings.get_filter(i)[0] for i in range(settings.get_nfilters())}
    if found - _FILTERS:
        raise ValueError(f"has {shown(place)} packed in a way that weights never are")
