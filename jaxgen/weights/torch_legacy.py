"""Reads what `torch.save` wrote before version 1.6, and writes when asked to since.

A stream: four pickles (a magic number, the version, facts of the machine, the value),
a pickle of the storages' keys, and for each of these a count and its numbers. Nothing
in it is aligned; arrays are views all the same.
"""

import struct
from typing import Any, NamedTuple

import numpy as np

from jaxgen.weights import contents, pickles, torch_file
from jaxgen.weights.contents import Contents
from jaxgen.weights.mapped_file import mapped
from jaxgen.weights.pickle_literals import shown
from jaxgen.weights.pickle_machine import Named
from jaxgen.weights.torch_names import NAMES, TENSORS, Budget, Storage

MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
"""The pickle that such files start with."""

_VERSION = 1001
_COUNT = struct.Struct("<q")
_ONLY_STORAGES = {
    **NAMES,
    **dict.fromkeys(TENSORS, lambda *_: None),
    "torch._tensor._rebuild_from_type_v2": lambda *_: None,
}
"""The names for a first reading, which only asks what storages there are."""


class _Identifier(NamedTuple):
    """What the pickle says of a storage."""

    dtype: np.dtype
    key: str
    view: tuple[str, int, int] | None


def read(path: str, *, container: str | None = None) -> Contents:
    """Reads the named arrays of a file.

    Args:
        path: what `torch.save` wrote.
        container: which part of the file is meant, as `contents.nested` takes it.

    Raises:
        FileNotFoundError: when there is no such file.
        KeyError: when it has no such container.
        ValueError: when it is damaged, asks for foreign code, or has several containers
            and none is named.
    """
    value = load(mapped(path, who="torch_legacy"), file=path)
    return contents.nested(
        "PyTorch file (before 1.6)",
        value,
        who="torch_legacy",
        path=path,
        container=container,
    )


def load(data: memoryview, *, file: str) -> Any:
    """All that a stream holds; its parts may be shared and may hold themselves.

    Args:
        data: the stream.
        file: what is read, for messages.

    Raises:
        ValueError: as `read`.
    """
    start = _after_header(data, file)
    dtypes: dict[str, np.dtype] = {}

    def noted(identifier: Any) -> None:
        found = _identifier(identifier)
        dtypes.setdefault(found.key, found.dtype)

    _, rest = torch_file.unpickled(start, _ONLY_STORAGES, file=file, persistent=noted)
    try:
        keys, rest = _next(rest, file)
        storages, spend = _storages(rest, keys, dtypes), Budget(len(data)).spend
    except (ValueError, struct.error) as error:
        raise _said(file, error) from None

    def storage(identifier: Any) -> Storage:
        found = _identifier(identifier)
        if found.key not in storages:
            raise ValueError(f"storage {shown(found.key)} is missing")
        return Storage(_part(storages[found.key], found), found.dtype, spend)

    return torch_file.unpickled(start, NAMES, file=file, persistent=storage)[0]


def _said(file: str, error: Exception) -> ValueError:
    said = str(error).rstrip(".")
    whole = said.startswith("pickles: ")
    return ValueError(f"{said}." if whole else f"torch_legacy: {file} {said}.")


def _after_header(data: memoryview, file: str) -> memoryview:
    """The stream from its fourth pickle on."""
    begun = bytes(data[: len(MAGIC)]) == MAGIC
    version, rest = _next(data[len(MAGIC) :], file) if begun else (None, data)
    facts, rest = _next(rest, file) if version == _VERSION else (None, data)
    if type(facts) is not dict:
        raise ValueError(
            f"torch_legacy: {file} does not begin as torch.save wrote it before 1.6."
        )
    if facts.get("little_endian") is not True:
        raise ValueError(
            f"torch_legacy: {file} was written by a big-endian machine; save it again "
            "on a common one."
        )
    return rest


def _next(data: memoryview, file: str) -> tuple[Any, memoryview]:
    """The value of a plain pickle, and what follows it."""
    return pickles.load_next(data, {}, file=file)


def _identifier(value: Any) -> _Identifier:
    """('storage', type, key, device, count, view): the view has key, offset, count."""
    if type(value) is not tuple or len(value) != 6:
        raise ValueError("it has not six parts")
    word, kind, key, _, _, view = value
    if word != "storage" or type(key) is not str:
        raise ValueError("it is that of no storage")
    if type(kind) is not Named or not isinstance(kind.value, np.dtype):
        raise ValueError("the type of the storage is unknown")
    if view is not None:
        whole = type(view) is tuple and [type(v) for v in view] == [str, int, int]
        if not whole or min(view[1:]) < 0:
            raise ValueError("the view of a storage is none")
    return _Identifier(kind.value, key, view)


def _storages(
    data: memoryview, keys: Any, dtypes: dict[str, np.dtype]
) -> dict[str, memoryview]:
    """The bytes of every storage, which lie one after the other."""
    found = {}
    if type(keys) is not list:
        raise ValueError("lists no storages")
    for key in keys:
        if type(key) is not str or key not in dtypes or key in found:
            said = shown(key) if type(key) is str else type(key).__name__
            raise ValueError(f"lists the storage {said}, which nothing uses")
        found[key], data = counted(data, dtypes[key].itemsize)
    return found


def counted(data: memoryview, size: int) -> tuple[memoryview, memoryview]:
    """The numbers of `size` bytes after their count, and what follows them.

    Raises:
        ValueError: when there are fewer, with a part of a sentence.
    """
    if len(data) < _COUNT.size:
        raise ValueError("ends early")
    end = _COUNT.size + _COUNT.unpack_from(data)[0] * size
    if not _COUNT.size <= end <= len(data):
        raise ValueError("ends within a storage, or claims too much")
    return data[_COUNT.size : end], data[end:]


def _part(data: memoryview, found: _Identifier) -> memoryview:
    """The part of a storage that a view of it has."""
    if found.view is None:
        return data
    start, count = (n * found.dtype.itemsize for n in found.view[1:])
    if start + count > len(data):
        raise ValueError("a view reaches beyond its storage")
    return data[start : start + count]
