"""Writes checkpoints as TensorFlow does: LevelDB's table, protocol buffers, numbers.

After `table_format.md` of LevelDB and TensorFlow's `tensor_bundle.proto`; slow and
plain, with a checksum computed bit by bit.
"""

import pathlib
import struct

import ml_dtypes
import numpy as np

DTYPES = {
    **{"f4": 1, "f8": 2, "i4": 3, "u1": 4, "i2": 5, "i1": 6, "c8": 8, "i8": 9},
    **{"?": 10, "u2": 17, "c16": 18, "f2": 19, "u4": 22, "u8": 23},
}
NUMBERS = {np.dtype(name): number for name, number in DTYPES.items()}
NUMBERS[np.dtype(ml_dtypes.bfloat16)] = 14
MAGIC = 0xDB4775248B80FB57
INTERVAL = 16


def crc32c(data):
    """CRC-32C of RFC 3720, bit by bit."""
    register = 0xFFFFFFFF
    for byte in bytes(data):
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


def masked(data):
    """The checksum as it is stored."""
    checksum = crc32c(data)
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(number):
    """Seven bits a byte, the lowest first."""
    found = bytearray()
    number &= 2**64 - 1
    while number >= 0x80:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def field(number, value):
    """A field of a message: a whole number, or bytes; zero is left out."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value) if value else b""


def header(shards=1, *, endianness=0):
    """The entry of the empty key; the version of the producer is 1."""
    return field(1, shards) + field(2, endianness) + field(3, field(1, 1))


def entry(dtype, shape, shard, offset, size, checksum, *, slices=b""):
    """What and where an array is."""
    axes = b"".join(field(2, field(1, axis)) for axis in shape)
    parts = field(1, dtype) + field(2, axes) + field(3, shard)
    parts += field(4, offset) + field(5, size)
    return parts + varint(6 << 3 | 5) + struct.pack("<I", checksum) + slices


def block(entries, interval=INTERVAL):
    """Entries that share the starts of their keys, and where they start anew."""
    found, restarts, before = bytearray(), [], b""
    for place, (key, value) in enumerate(entries):
        shared = 0
        if place % interval == 0:
            restarts.append(len(found))
        else:
            while shared < min(len(key), len(before)) and key[shared] == before[shared]:
                shared += 1
        own = key[shared:]
        found += varint(shared) + varint(len(own)) + varint(len(value)) + own + value
        before = key
    restarts = restarts or [0]
    return bytes(found) + struct.pack(
        f"<{len(restarts) + 1}I", *restarts, len(restarts)
    )


def separator(last, after):
    """A short key not before the last of a block and before the first after it."""
    shared = 0
    while after is not None and shared < min(len(last), len(after)):
        if last[shared] != after[shared]:
            break
        shared += 1
    if shared < len(last) and last[shared] < 0xFF:
        short = last[:shared] + bytes([last[shared] + 1])
        if after is None or short < after:
            return short
    return last


def table(entries, *, per_block=100, kind=0):
    """A whole table of entries that are in order."""
    data, index = bytearray(), []

    def added(text):
        handle = varint(len(data)) + varint(len(text))
        data.extend(
            text + bytes([kind]) + struct.pack("<I", masked(text + bytes([kind])))
        )
        return handle

    for start in range(0, len(entries), per_block):
        part = entries[start : start + per_block]
        after = (
            entries[start + per_block][0] if start + per_block < len(entries) else None
        )
        index.append((separator(part[-1][0], after), added(block(part))))
    handles = added(block([])) + added(block(index, interval=1))
    return bytes(data) + handles.ljust(40, b"\0") + struct.pack("<Q", MAGIC)


def save(prefix, arrays, *, shards=1, texts=(), per_block=100):
    """Writes the files of a checkpoint; the arrays take turns between the shards."""
    numbers = [bytearray() for _ in range(shards)]
    entries = []
    for place, name in enumerate(sorted(arrays)):
        array, data = arrays[name], arrays[name].tobytes()
        shard = numbers[place % shards]
        where = (place % shards, len(shard), len(data), masked(data))
        entries.append(
            (name.encode(), entry(NUMBERS[array.dtype], array.shape, *where))
        )
        shard += data
    entries += [(name.encode(), entry(7, (), 0, 0, 0, 0)) for name in texts]
    save_table(
        prefix, table([(b"", header(shards)), *sorted(entries)], per_block=per_block)
    )
    for place, data in enumerate(numbers):
        path = f"{prefix}.data-{place:05}-of-{shards:05}"
        pathlib.Path(path).write_bytes(data)


def save_table(prefix, data):
    """Writes the index alone."""
    pathlib.Path(f"{prefix}.index").write_bytes(data)
