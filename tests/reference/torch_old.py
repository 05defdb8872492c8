"""Writes files as `torch.save` did before version 1.6, and as it did at first.

Values are spelled as in `torch_zip`, with the references that these formats have.
"""

import io
import pickle
import struct
import tarfile

from tests.reference.torch_zip import STORAGES, named, spelled

MAGIC = 0x1950A86A20F9469CFC6C
FACTS = {
    "protocol_version": 1001,
    "little_endian": True,
    "type_sizes": {"short": 2, "int": 4, "long": 4},
}


def stream(value, **changes):
    """A file from before 1.6 of nested dicts, lists, plain values and arrays."""
    storages = []
    program = spelled(value, storages, last=b"N")
    return stream_of(b"\x80\x02" + program + b".", storages, **changes)


def stream_of(program, storages, *, magic=MAGIC, version=1001, facts=FACTS, keys=None):
    """A file whose pickle is given as bytes and whose storages are arrays."""
    keys = [str(i) for i in range(len(storages))] if keys is None else keys
    head = [pickle.dumps(part, 2) for part in (magic, version, facts)]
    tail = [struct.pack("<q", x.size) + x.tobytes() for x in storages]
    return b"".join([*head, program, pickle.dumps(keys, 2), *tail])


def plain(value):
    """The operations of a pickle for a plain value."""
    return pickle.dumps(value, 2)[2:-1]


def tar(value, arrays, *, storages=None, views=(), tensors=None, extra=()):
    """A file of the first versions.

    Args:
        value: a pickle's operations, in which tensor i is called `reference(i)`.
        arrays: of the storages, by their keys.
        storages: replaces the whole stream.
        views: (key, root, offset, count) of storages within storages.
        tensors: key -> (storage, shape, strides, offset).
        extra: further members, names and bytes.
    """
    file = io.BytesIO()
    members = {
        "storages": storages or _storages(arrays, views),
        "tensors": _tensors(tensors, arrays),
        "pickle": b"\x80\x02" + value + b".",
        **dict(extra),
    }
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return file.getvalue()


def reference(key):
    """The operations that refer to a tensor."""
    return plain(str(key)) + b"Q"


def _storages(arrays, views):
    parts = [pickle.dumps(len(arrays), 2)]
    for key, array in arrays.items():
        kind = named(f"torch.{STORAGES[array.dtype]}")
        told = b"\x80\x02" + plain(key) + plain("cpu") + kind + b"\x87."
        parts += [told, struct.pack("<q", array.size), array.tobytes()]
    return b"".join(parts) + pickle.dumps(list(views), 2)


def _tensors(tensors, arrays):
    parts = [pickle.dumps(len(tensors), 2)]
    for key, (storage, shape, strides, offset) in tensors.items():
        kind = STORAGES[arrays[storage].dtype] if storage in arrays else "FloatStorage"
        name = named("torch." + kind.replace("Storage", "Tensor"))
        parts.append(b"\x80\x02" + plain(key) + plain(storage) + name + b"\x87.")
        parts.append(struct.pack("<i4x", len(shape)))
        numbers = (*shape, *strides, offset)
        parts.append(struct.pack(f"<{len(numbers)}q", *numbers))
    return b"".join(parts)
