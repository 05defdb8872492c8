"""Reads safetensors: a header of JSON, then the numbers.

After the format's description by Hugging Face. Arrays are views of the mapped file.
"""

import json
import math
import struct
from typing import Any

import ml_dtypes
import numpy as np

from jaxgen.weights import contents
from jaxgen.weights.contents import Contents
from jaxgen.weights.mapped_file import mapped
from jaxgen.weights.pickle_literals import shown

LONGEST_HEADER = 2**22
"""In bytes: about twenty thousand arrays."""

_LENGTH = struct.Struct("<Q")
_METADATA = "__metadata__"
_DTYPES: dict[str, type | str] = {
    **{f"F{bits}": f"f{bits // 8}" for bits in (16, 32, 64)},
    **{f"I{bits}": f"i{bits // 8}" for bits in (8, 16, 32, 64)},
    **{f"U{bits}": f"u{bits // 8}" for bits in (8, 16, 32, 64)},
    "BOOL": "?",
    "C64": "c8",
    "BF16": ml_dtypes.bfloat16,
    "F8_E4M3": ml_dtypes.float8_e4m3fn,
    "F8_E5M2": ml_dtypes.float8_e5m2,
}


def begins(data: memoryview) -> bool:
    """Whether a file begins as these do: a length that fits, then a brace."""
    if len(data) < _LENGTH.size + 2:
        return False
    (length,) = _LENGTH.unpack_from(data)
    return length <= len(data) and data[_LENGTH.size] == ord("{")


def read(path: str, *, container: str | None = None) -> Contents:
    """Reads all arrays of a file, or those below one part of their names.

    Args:
        path: of the file.
        container: the start of the names of the wanted arrays, up to a `.`.

    Raises:
        FileNotFoundError: when there is no such file.
        KeyError: when no name starts so.
        ValueError: when it is damaged.
    """
    data = mapped(path, who="safetensors_file")
    try:
        header, numbers = _header(data)
        others = tuple(
            f"{_METADATA}/{key}" for key in sorted(header.pop(_METADATA, None) or {})
        )
        _require_tiled(header, len(numbers))
        arrays = {name: _array(name, told, numbers) for name, told in header.items()}
    except ValueError as error:
        raise ValueError(f"safetensors_file: {path} {error}.") from None
    return contents.flat(
        "safetensors file",
        arrays,
        who="safetensors_file",
        path=path,
        container=container,
        others=others,
    )


def _header(data: memoryview) -> tuple[dict[str, Any], memoryview]:
    """What each array is and where, all of the right types; and the numbers."""
    if not begins(data):
        raise ValueError("does not begin with a header")
    end = _LENGTH.size + _LENGTH.unpack_from(data)[0]
    if end > min(len(data), LONGEST_HEADER):
        raise ValueError(f"has a header of {end} bytes")
    try:
        text = str(data[_LENGTH.size : end], "utf-8")
        header = json.loads(text, object_pairs_hook=_pairs, parse_int=_int)
    except (RecursionError, UnicodeError, json.JSONDecodeError):
        raise ValueError("has a header that is damaged") from None
    metadata = header.get(_METADATA, {})
    if not isinstance(metadata, dict):
        raise ValueError("has metadata that are no dictionary")
    for name, told in header.items():
        if name != _METADATA and not _is_whole(told):
            raise ValueError(f"does not tell what {shown(name)} is")
    return header, data[end:]


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("has a header with the same name twice")
    return found


def _int(digits: str) -> int:
    if len(digits) > 20:
        raise ValueError(f"has a number of {len(digits)} digits")
    return int(digits)


def _is_whole(told: Any) -> bool:
    """Whether the header has dtype, shape and place of an array."""
    if not isinstance(told, dict) or set(told) != {"dtype", "shape", "data_offsets"}:
        return False
    shape, place = told["shape"], told["data_offsets"]
    if type(told["dtype"]) is not str or type(shape) is not list:
        return False
    if type(place) is not list or len(place) != 2 or len(shape) > 32:
        return False
    numbers = [*shape, *place]
    return all(type(n) is int and 0 <= n < 2**63 for n in numbers)


def _require_tiled(header: dict[str, Any], size: int) -> None:
    """Raises unless the arrays follow each other and fill the rest of the file."""
    reached = 0
    for start, end in sorted(told["data_offsets"] for told in header.values()):
        if start != reached or end < start:
            raise ValueError("has arrays that overlap or leave gaps")
        reached = end
    if reached != size:
        raise ValueError(f"has {size} bytes of numbers, its header tells of {reached}")


def _array(name: str, told: dict[str, Any], numbers: memoryview) -> np.ndarray:
    if told["dtype"] not in _DTYPES:
        raise ValueError(
            f"has {shown(name)} in the unknown dtype {told['dtype'][:20]!r}"
        )
    dtype, shape = np.dtype(_DTYPES[told["dtype"]]), tuple(told["shape"])
    start, end = told["data_offsets"]
    absurd = math.prod(max(n, 1) for n in shape) > 2**40
    if absurd or math.prod(shape) * dtype.itemsize != end - start:
        said = f"{dtype}{list(shape)}"
        raise ValueError(f"has {shown(name)} as {said} in {end - start} bytes")
    return np.frombuffer(numbers[start:end], dtype).reshape(shape)
