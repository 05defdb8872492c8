"""Reads the fields of protocol buffers, as far as TensorFlow's files need them.

All errors are ValueErrors that hold a part of a sentence, such as "ends early".
"""

from collections.abc import Iterator

_LONGEST = 10


def varint(data: memoryview, position: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends.

    Raises:
        ValueError: when it has over 64 bits or is cut off.
    """
    value = 0
    for count, byte in enumerate(data[position : position + _LONGEST]):
        value |= (byte & 0x7F) << 7 * count
        if byte < 0x80:
            if value >= 2**64:
                break
            return value, position + count + 1
    raise ValueError("has a number that is cut off or too long")


def signed(value: int) -> int:
    """A number of 64 bits that may be negative."""
    return value - 2**64 if value >= 2**63 else value


def fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Numbers and contents of the fields: whole numbers, or bytes.

    Raises:
        ValueError: when they are damaged or of a kind given up long ago.
    """
    position = 0
    while position < len(data):
        tag, position = varint(data, position)
        kind = tag & 7
        if kind == 0:
            value, position = varint(data, position)
        elif kind in (1, 5):
            position, start = position + (8 if kind == 1 else 4), position
            value = int.from_bytes(data[start:position], "little")
        elif kind == 2:
            size, position = varint(data, position)
            value, position = data[position : position + size], position + size
        else:
            raise ValueError(f"has a field of kind {kind}")
        if position > len(data):
            raise ValueError("ends within a field")
        yield tag >> 3, value
