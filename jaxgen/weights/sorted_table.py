"""Reads LevelDB's sorted tables, in which TensorFlow keeps the names of its arrays.

Blocks of entries whose keys leave out what they share with the key before, an index of
these blocks, and a footer; each block has a checksum. After the description
`table_format.md` of LevelDB. All errors are ValueErrors that hold a part of a sentence.
"""

import struct
from collections.abc import Iterator

from jaxgen.weights.crc32c import crc32c, masked
from jaxgen.weights.protocol_buffers import varint

MAGIC = struct.pack("<Q", 0xDB4775248B80FB57)
"""The last bytes of such a file."""

_FOOTER = 48
_TRAILER = 5
_PLAIN, _SNAPPY = 0, 1
_MOST_RESTARTS = 2**20


def entries(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Keys and values in the order of the keys.

    Args:
        data: the whole file; the values are views of it.

    Raises:
        ValueError: when it is no such file, damaged, or compressed.
    """
    if len(data) < _FOOTER or data[-len(MAGIC) :] != MAGIC:
        raise ValueError("is no sorted table")
    footer = data[len(data) - _FOOTER :]
    _, position = _handle(footer, 0)
    index, _ = _handle(footer, position)
    before, budget, reached = None, 16 * len(data) + 2**20, 0
    for _, place in _block(data, *index):
        (offset, size), _ = _handle(place, 0)
        if offset < reached:
            raise ValueError("has blocks that are out of order")
        reached = offset + size + _TRAILER
        for key, value in _block(data, offset, size):
            budget -= len(key)
            if budget < 0:
                raise ValueError("has keys that take far more memory than its size")
            if before is not None and key <= before:
                raise ValueError("has keys that are out of order")
            before = key
            yield key, value


def _handle(data: memoryview, position: int) -> tuple[tuple[int, int], int]:
    """Offset and size of a block, and where this pair ends."""
    offset, position = varint(data, position)
    size, position = varint(data, position)
    return (offset, size), position


def _block(
    data: memoryview, offset: int, size: int
) -> Iterator[tuple[bytes, memoryview]]:
    """The entries of one block."""
    end = offset + size
    if end + _TRAILER > len(data):
        raise ValueError("has a block beyond its end")
    kind, checksum = struct.unpack_from("<BI", data, end)
    if kind == _SNAPPY:
        raise ValueError(
            "is compressed with Snappy, which TensorFlow's own checkpoints never are; "
            "write it again without compression"
        )
    if kind != _PLAIN:
        raise ValueError(f"has a block that is compressed in the unknown way {kind}")
    if masked(crc32c(data[offset : end + 1])) != checksum:
        raise ValueError("is damaged: the checksum of a block is another")
    yield from _pairs(data[offset:end])


def _pairs(block: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """The entries of a block; the list at its end is for those who search in it."""
    restarts = int.from_bytes(block[-4:], "little") if len(block) >= 4 else 0
    end = len(block) - 4 * (restarts + 1)
    if not 0 < restarts < _MOST_RESTARTS or end < 0:
        raise ValueError("has a block without a list of restarts")
    position, key = 0, b""
    while position < end:
        shared, position = varint(block, position)
        own, position = varint(block, position)
        size, position = varint(block, position)
        if shared > len(key) or position + own + size > end:
            raise ValueError("has an entry that reaches beyond its block")
        key = key[:shared] + bytes(block[position : position + own])
        position += own
        yield key, block[position : position + size]
        position += size
