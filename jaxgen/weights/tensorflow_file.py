"""Reads checkpoints of TensorFlow, versions 1 and 2, without TensorFlow.

`PREFIX.index` is a sorted table of what each array is and where, and
`PREFIX.data-00000-of-00001` and so on have the numbers. After the descriptions in
TensorFlow's `tensor_bundle.proto` and `tensor_bundle.h`. Arrays are views of the files.
"""

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import ml_dtypes
import numpy as np

from jaxgen.weights import contents, sorted_table
from jaxgen.weights.contents import Contents
from jaxgen.weights.crc32c import crc32c, masked
from jaxgen.weights.mapped_file import mapped
from jaxgen.weights.pickle_literals import shown
from jaxgen.weights.protocol_buffers import fields, signed

MOST_ARRAYS = 100_000
MOST_SHARDS = 1000

_LITTLE = 0
_MOST_AXES = 32
_DTYPES: dict[int, type | str] = {
    **{1: "f4", 2: "f8", 3: "i4", 4: "u1", 5: "i2", 6: "i1", 8: "c8", 9: "i8"},
    **{10: "?", 14: ml_dtypes.bfloat16, 17: "u2", 18: "c16", 19: "f2", 22: "u4"},
    **{23: "u8", 24: ml_dtypes.float8_e5m2, 25: ml_dtypes.float8_e4m3fn},
}
"""Numbers of `DataType` in types.proto; text and resources have no arrays."""


class _Entry(NamedTuple):
    """Where an array is and what it is; `dtype` is a number of `_DTYPES`."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    checksum: int
    sliced: bool


def ends(data: memoryview) -> bool:
    """Whether a file ends as the index of a checkpoint does."""
    return data[-len(sorted_table.MAGIC) :] == sorted_table.MAGIC


def read(path: str, *, container: str | None = None) -> Contents:
    """Reads all arrays of a checkpoint, or those in one scope.

    Args:
        path: of the index, `PREFIX.index`.
        container: a scope, the start of names up to a `/`.

    Raises:
        FileNotFoundError: when the index or one of its data files is missing.
        KeyError: when no name starts with the scope.
        ValueError: when it is damaged, or has arrays cut into slices.
    """
    if not path.endswith(".index"):
        raise ValueError(
            f"tensorflow_file: {path} is the index of a checkpoint; it must be called "
            "PREFIX.index and lie beside PREFIX.data-00000-of-00001."
        )
    try:
        shards, found = _index(mapped(path, who="tensorflow_file"))
        known = {name: e for name, e in found.items() if e.dtype in _DTYPES}
        _require_apart(known)
    except ValueError as error:
        raise ValueError(_said(path, error)) from None
    data = _data(path.removesuffix(".index"), shards, {e.shard for e in known.values()})
    try:
        arrays = {name: _array(name, entry, data) for name, entry in known.items()}
    except ValueError as error:
        raise ValueError(_said(path, error)) from None
    return contents.flat(
        "TensorFlow checkpoint",
        arrays,
        who="tensorflow_file",
        path=path,
        container=container,
        others=tuple(name for name in found if name not in known),
    )


def _said(path: str, error: ValueError) -> str:
    said = str(error)
    return (
        said
        if said.startswith("tensorflow_file: ")
        else (f"tensorflow_file: {path} {said}.")
    )


def _index(data: memoryview) -> tuple[int, dict[str, _Entry]]:
    """How many data files there are, and what each name stands for."""
    entries = sorted_table.entries(data)
    key, header = next(entries, (None, memoryview(b"")))
    if key != b"":
        raise ValueError("is the index of no checkpoint: its header is missing")
    facts = dict(fields(header))
    if facts.get(2, _LITTLE) != _LITTLE:
        raise ValueError("was written by a big-endian machine; save it on a common one")
    shards = facts.get(1, 0)
    if type(shards) is not int or not 0 < shards <= MOST_SHARDS:
        raise ValueError("has no plausible number of data files")
    found = {}
    for key, value in entries:
        if len(found) == MOST_ARRAYS:
            raise ValueError(f"has over {MOST_ARRAYS} arrays")
        name = key.decode("utf-8", "backslashreplace")
        found[name] = _entry(name, value)
    return shards, found


def _entry(name: str, value: memoryview) -> _Entry:
    facts = {"sliced": False, "shape": ()}
    names = {1: "dtype", 3: "shard", 4: "offset", 5: "size", 6: "checksum"}
    for number, held in fields(value):
        if number in names and type(held) is int:
            facts[names[number]] = held
        elif number == 2 and isinstance(held, memoryview):
            facts["shape"] = _shape(name, held)
        elif number == 7:
            facts["sliced"] = True
    entry = _Entry(**{field: facts.get(field, 0) for field in _Entry._fields})
    if entry.sliced:
        raise ValueError(
            f"has {shown(name)} cut into slices, as partitioned variables are; save it "
            "again from one whole variable"
        )
    return entry


def _shape(name: str, data: memoryview) -> tuple[int, ...]:
    """Sizes of the axes: a message of messages, whose first field is the size."""
    shape = []
    for number, axis in fields(data):
        if number == 2 and isinstance(axis, memoryview):
            size = dict(fields(axis)).get(1, 0)
            shape.append(signed(size) if type(size) is int else -1)
        elif number == 3 and axis:
            shape.append(-1)
    if len(shape) > _MOST_AXES or min(shape, default=0) < 0:
        raise ValueError(f"has {shown(name)} without a shape")
    if math.prod(max(n, 1) for n in shape) > 2**40:
        raise ValueError(f"has {shown(name)} with the shape {shape}")
    return tuple(shape)


def _require_apart(entries: Mapping[str, _Entry]) -> None:
    """Raises when two arrays claim the same bytes, as none ever do."""
    end = (-1, 0)
    for entry in sorted(entries.values(), key=lambda e: (e.shard, e.offset, e.size)):
        if (entry.shard, entry.offset) < end and entry.size:
            raise ValueError("has two arrays in the same place")
        if entry.size:
            end = (entry.shard, entry.offset + entry.size)


def _data(prefix: str, shards: int, wanted: Iterable[int]) -> dict[int, memoryview]:
    """The files with numbers."""
    return {
        shard: mapped(f"{prefix}.data-{shard:05}-of-{shards:05}", who="tensorflow_file")
        for shard in sorted(wanted)
        if shard < shards
    }


def _array(name: str, entry: _Entry, data: Mapping[int, memoryview]) -> np.ndarray:
    dtype, end = np.dtype(_DTYPES[entry.dtype]), entry.offset + entry.size
    if math.prod(entry.shape) * dtype.itemsize != entry.size:
        said = f"{dtype}{list(entry.shape)}"
        raise ValueError(f"has {shown(name)} as {said} in {entry.size} bytes")
    if end > len(data.get(entry.shard, b"")):
        raise ValueError(f"has {shown(name)} beyond the end of its data")
    part = data[entry.shard][entry.offset : end]
    if masked(crc32c(part)) != entry.checksum:
        raise ValueError(f"has {shown(name)} damaged: its checksum is another")
    return np.frombuffer(part, dtype).reshape(entry.shape)
