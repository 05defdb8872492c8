"""Reads what `torch.save` wrote in the first versions of PyTorch, up to 0.1.

A tar archive of three streams: `storages` has the numbers, `tensors` says which of them
each tensor has, and `pickle` where the tensors belong. Arrays are views of the file.
"""

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np

from jaxgen.weights import contents, pickles, torch_file
from jaxgen.weights.contents import Contents
from jaxgen.weights.mapped_file import mapped
from jaxgen.weights.pickle_machine import Named
from jaxgen.weights.torch_legacy import counted
from jaxgen.weights.torch_names import NAMES, STORAGES, Budget, Storage, view

MOST_TENSORS = 100_000
SIGNATURE = slice(257, 262)
"""Where a tar file says that it is one, with `ustar`."""

_BLOCK = 512
_AXES = struct.Struct("<i4x")
_KINDS = {
    f"torch.{where}{name}": NAMES[f"torch.{name}"]
    for where in ("", "cuda.")
    for name in STORAGES
} | {
    f"torch.{where}{name.replace('Storage', 'Tensor')}": None
    for where in ("", "cuda.")
    for name in STORAGES
    if "." not in name
}
"""The classes that the first two streams name, all of old."""


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
    data = mapped(path, who="torch_tar")
    try:
        members = dict(_members(data))
        if missing := {"storages", "tensors", "pickle"} - set(members):
            raise ValueError(f"is a tar file, but has no {min(missing)!r}")
        storages = _storages(members["storages"], path, Budget(len(data)))
        tensors = _tensors(members["tensors"], path, storages)
    except ValueError as error:
        said = str(error).rstrip(".")
        whole = said.startswith("pickles: ")
        raise ValueError(
            f"{said}." if whole else f"torch_tar: {path} {said}."
        ) from None

    def referred(identifier: Any) -> Any:
        key = _whole(identifier)
        if key in tensors:
            return tensors[key]
        if key not in storages:
            raise ValueError("it is that of no tensor")
        return storages[key]

    value, _ = torch_file.unpickled(
        members["pickle"], NAMES | _KINDS, file=path, persistent=referred
    )
    return contents.nested(
        "PyTorch file (0.1)", value, who="torch_tar", path=path, container=container
    )


def _members(data: memoryview) -> Iterator[tuple[str, memoryview]]:
    """The plain files of a tar archive; POSIX.1-1988."""
    position = 0
    while position + _BLOCK <= len(data) and data[position]:
        header = bytes(data[position : position + _BLOCK])
        if header[SIGNATURE] != b"ustar":
            raise ValueError("is a tar file whose list of members is damaged")
        name = header[:100].rstrip(b"\0").decode("latin1")
        digits = header[124:136].strip(b"\0 ")
        if not digits.isdigit() or set(digits) & set(b"89"):
            raise ValueError("is a tar file with a member of no known size")
        start, size = position + _BLOCK, int(digits, 8)
        if start + size > len(data):
            raise ValueError("ends early")
        if header[156:157] in (b"0", b"\0"):
            yield name.removeprefix("./"), data[start : start + size]
        position = start + -(-size // _BLOCK) * _BLOCK


def _number(data: memoryview, file: str) -> tuple[int, memoryview]:
    """How many items follow."""
    count, rest = pickles.load_next(data, {}, file=file)
    if type(count) is not int or not 0 <= count <= MOST_TENSORS:
        raise ValueError("has no plausible number of tensors")
    return count, rest


def _triple(data: memoryview, file: str) -> tuple[tuple, memoryview]:
    value, rest = pickles.load_next(data, _KINDS, file=file)
    if type(value) is not tuple or len(value) != 3:
        raise ValueError("tells of a tensor in other than three parts")
    return value, rest


def _whole(key: Any) -> int:
    """A key, which some versions wrote as text."""
    if type(key) is str and key.isdecimal() and len(key) < 20:
        key = int(key)
    if type(key) is not int or key.bit_length() > 64:
        raise ValueError("has a key that is no whole number")
    return key


def _storages(data: memoryview, file: str, budget: Budget) -> dict[int, Storage]:
    """All storages, and the views of parts of them, by their keys."""
    found = {}
    count, data = _number(data, file)
    for _ in range(count):
        (key, _, kind), data = _triple(data, file)
        if type(kind) is not Named or not isinstance(kind.value, np.dtype):
            raise ValueError("has a storage of no known type")
        numbers, data = counted(data, kind.value.itemsize)
        found[_whole(key)] = Storage(numbers, kind.value, budget.spend)
    views, _ = pickles.load_next(data, {}, file=file)
    if type(views) is not list:
        raise ValueError("lists no views of storages")
    for item in views:
        if type(item) is not tuple or len(item) != 4:
            raise ValueError("tells of a view in other than four parts")
        key, root, start, count = map(_whole, item)
        found[key] = _part(found, root, start, count)
    return found


def _part(found: dict[int, Storage], root: int, start: int, count: int) -> Storage:
    if root not in found or start < 0 or count < 0:
        raise ValueError("has a view of no storage")
    whole = found[root]
    start, end = (n * whole.dtype.itemsize for n in (start, start + count))
    if end > len(whole.data):
        raise ValueError("has a view that reaches beyond its storage")
    return whole._replace(data=whole.data[start:end])


def _tensors(
    data: memoryview, file: str, storages: dict[int, Storage]
) -> dict[int, np.ndarray]:
    """All tensors by their keys: count of axes, sizes, strides, offset."""
    found = {}
    count, data = _number(data, file)
    for _ in range(count):
        (key, storage, _), data = _triple(data, file)
        storage = storages.get(_whole(storage))
        if storage is None:
            raise ValueError("has a tensor without a storage")
        numbers, data = _numbers(data)
        axes = len(numbers) // 2
        shape, strides, offset = numbers[:axes], numbers[axes:-1], numbers[-1]
        found[_whole(key)] = view(storage, storage.dtype, offset, shape, strides)
    return found


def _numbers(data: memoryview) -> tuple[tuple[int, ...], memoryview]:
    """Sizes, strides and offset of a tensor, and what follows them."""
    if len(data) < _AXES.size:
        raise ValueError("ends early")
    (axes,) = _AXES.unpack_from(data)
    end = _AXES.size + 8 * (2 * axes + 1)
    if not 0 <= axes <= 32 or end > len(data):
        raise ValueError("has a tensor of no plausible number of axes")
    return struct.unpack_from(f"<{2 * axes + 1}q", data, _AXES.size), data[end:]
