"""Reads NumPy's archives of arrays, within the memory that their arrays need.

`numpy.load` believes what a header claims, and fails in many ways on damaged files.
"""

import math
import pathlib
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable

import numpy as np

_LARGEST = 2**31
_UNSUSPICIOUS, _LARGEST_RATIO = 2**26, 50
"""In bytes, and in times of the file: a few packed kilobytes can claim gigabytes."""

_START = struct.Struct("<6sBx")
_LENGTHS = {1: struct.Struct("<H"), 2: struct.Struct("<I")}
_HEADER = re.compile(
    rb"\s*{'descr': *'([<>=|]?(?:[biufcSU][0-9]{1,4}|\?))', *"
    rb"'fortran_order': *(True|False), *'shape': *\(([0-9L, ]{0,999})\),? *}\s*"
)
"""As `numpy.save` of all versions writes it; objects and records have other ones."""

_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError),
    *(KeyError, IndexError, TypeError, RuntimeError, OverflowError),
)
"""What the libraries raise for files that are damaged, encrypted or of newer kinds."""


def read(path: str, *, names: Iterable[str] | None = None) -> dict[str, np.ndarray]:
    """The arrays of a `.npz`, all or those among `names` that it has.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: when it is damaged, or holds objects or over two gigabytes.
    """
    if not pathlib.Path(path).is_file():
        raise FileNotFoundError(f"npz: there is no file {path}.")
    try:
        if pathlib.Path(path).stat().st_size > _LARGEST:
            raise ValueError("it has over two gigabytes")
        with zipfile.ZipFile(path) as archive:
            size = pathlib.Path(path).stat().st_size
            return _arrays(archive, None if names is None else set(names), size)
    except _DAMAGE as error:
        said = " ".join(str(error).split())[:200].rstrip(".")
        raise ValueError(f"npz: {path} cannot be read: {said}.") from None


def _arrays(
    archive: zipfile.ZipFile, names: set[str] | None, size: int
) -> dict[str, np.ndarray]:
    """All arrays that are wanted, from an archive of `size` bytes."""
    entries = {e.filename.removesuffix(".npy"): e for e in archive.infolist()}
    wanted = {k: e for k, e in entries.items() if names is None or k in names}
    claimed = sum(entry.file_size for entry in wanted.values())
    if claimed > _LARGEST:
        raise ValueError("its arrays have over two gigabytes")
    if claimed > max(_UNSUSPICIOUS, _LARGEST_RATIO * size):
        raise ValueError(f"its {size} bytes claim to unpack to {claimed}")
    return {name: _array(_content(archive, entry)) for name, entry in wanted.items()}


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> memoryview:
    """The bytes of one entry, and no more than it says it has."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError("it is compressed in a way that NumPy never does")
    with archive.open(entry) as file:
        return memoryview(file.read(entry.file_size))


def _array(data: memoryview) -> np.ndarray:
    """One array, once its header is known to agree with its bytes."""
    begins, version = _START.unpack_from(data)
    length = _LENGTHS.get(version)
    if begins != b"\x93NUMPY" or length is None:
        raise ValueError("it holds something that is no plain array")
    start = _START.size + length.size
    end = start + length.unpack_from(data, _START.size)[0]
    header = _HEADER.fullmatch(data[start:end])
    if header is None:
        raise ValueError("it holds objects, or something that is no plain array")
    dtype, axes = np.dtype(str(header[1], "ascii")), re.findall(rb"[0-9]+", header[3])
    shape = tuple(int(axis) for axis in axes)
    if math.prod(shape) * dtype.itemsize != len(data) - end:
        raise ValueError(f"an array {dtype}{list(shape)} has {len(data) - end} bytes")
    order = "F" if header[2] == b"True" else "C"
    return np.frombuffer(data[end:], dtype).reshape(shape, order=order)
