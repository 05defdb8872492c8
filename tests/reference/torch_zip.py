"""Writes what `torch.save` would, with NumPy alone: a zip of plain records."""

import pickle
import struct
import zipfile
from collections import OrderedDict

import ml_dtypes
import numpy as np

STORAGES = {
    np.dtype("f8"): "DoubleStorage",
    np.dtype("f4"): "FloatStorage",
    np.dtype("f2"): "HalfStorage",
    np.dtype(ml_dtypes.bfloat16): "BFloat16Storage",
    np.dtype("i8"): "LongStorage",
    np.dtype("i4"): "IntStorage",
    np.dtype("i2"): "ShortStorage",
    np.dtype("i1"): "CharStorage",
    np.dtype("u1"): "ByteStorage",
    np.dtype("?"): "BoolStorage",
    np.dtype("c8"): "ComplexFloatStorage",
    np.dtype("c16"): "ComplexDoubleStorage",
}


def save(path, value):
    """Writes nested dicts, lists, plain values and arrays; each array has a storage."""
    storages = []
    program = b"\x80\x02" + spelled(value, storages) + b"."
    save_program(path, program, [x.tobytes() for x in storages])


def save_program(path, program, storages=(), *, folder="archive", others=()):
    """Writes a file whose `data.pkl` is a pickle given as bytes."""
    records = {
        "data.pkl": program,
        "byteorder": b"little",
        **{f"data/{i}": data for i, data in enumerate(storages)},
        "version": b"3\n",
        **dict(others),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in records.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}")
            start = archive.fp.tell() + 30 + len(entry.filename) + 4
            fill = -start % 64
            entry.extra = b"FB" + struct.pack("<H", fill) + bytes(fill)
            archive.writestr(entry, data)


def spelled(value, storages, *, last=b""):
    """The operations of a pickle that put a value on the stack.

    Args:
        value: nested dicts, lists, plain values and arrays.
        storages: is told the arrays, in order.
        last: what the references to storages have at their end, in older formats.
    """
    if isinstance(value, np.ndarray):
        storages.append(value)
        return tensor(storages[-1], len(storages) - 1, last=last)
    if isinstance(value, OrderedDict):
        start = named("collections.OrderedDict") + b")R"
        return start + _items(value, storages, last)
    if isinstance(value, dict):
        return b"}" + _items(value, storages, last)
    if isinstance(value, list | tuple):
        parts = b"".join(spelled(v, storages, last=last) for v in value)
        return b"](" + parts + b"e" if isinstance(value, list) else b"(" + parts + b"t"
    return pickle.dumps(value, 2)[2:-1]  # Without the protocol and the stop.


def _items(value, storages, last):
    pairs = (part for item in value.items() for part in item)
    return b"(" + b"".join(spelled(p, storages, last=last) for p in pairs) + b"u"


def named(name):
    """The operation that asks for `module.attribute`."""
    module, _, attribute = name.rpartition(".")
    return f"c{module}\n{attribute}\n".encode()


def storage(kind, key, count, *, last=b""):
    """The operations that refer to a storage; `last` are those of a further part."""
    parts = ["storage", kind, str(key), "cpu", count]
    spelt = [named(p) if p is kind else pickle.dumps(p, 2)[2:-1] for p in parts]
    return b"(" + b"".join(spelt) + last + b"tQ"


def tensor(
    array,
    key,
    *,
    offset=0,
    shape=None,
    strides=None,
    kind=None,
    count=None,
    last=b"",
):
    """The operations for a tensor; what is given differs from the array's own."""
    kind = kind or f"torch.{STORAGES[array.dtype]}"
    shape = array.shape if shape is None else shape
    if strides is None:
        strides = tuple(
            s // array.itemsize for s in np.zeros(shape, array.dtype).strides
        )
    count = array.size if count is None else count
    parts = [
        storage(kind, key, count, last=last),
        *(pickle.dumps(part, 2)[2:-1] for part in (offset, shape, strides, False)),
        named("collections.OrderedDict") + b")R",
    ]
    return named("torch._utils._rebuild_tensor_v2") + b"(" + b"".join(parts) + b"tR"
