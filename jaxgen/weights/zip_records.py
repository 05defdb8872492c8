"""Finds the records of a zip file that lie in it as they are, without copying any.

Written after PKWARE's APPNOTE.TXT, version 6.3.10, sections 4.3 and 4.5.3.
"""

import struct

MOST_RECORDS = 100_000

_END = struct.Struct("<4s4H2LH")
_LOCATOR_64 = struct.Struct("<4sLQL")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_HEADER = struct.Struct("<4s5H3L2H")
_LONGEST_COMMENT = 2**16 - 1
_ENCRYPTED = 1
_WIDE = 2**32 - 1
"""Stands for a number of 64 bits, which is in the entry's extra field."""


def records(data: memoryview) -> dict[str, memoryview | None]:
    """Maps the name of each record to its bytes; None for one that is compressed.

    Args:
        data: the whole file; the records are views of it.

    Raises:
        ValueError: with a part of a sentence, such as "is no zip file".
    """
    count, position = _directory(data)
    if count > MOST_RECORDS:
        raise ValueError(f"lists {count} records; the most that are read is 100000")
    found = {}
    for _ in range(count):
        name, record, position = _entry(data, position)
        found[name] = record
    return found


def _directory(data: memoryview) -> tuple[int, int]:
    """How many entries there are and where the first is, from the end of the file."""
    start = max(len(data) - _END.size - _LONGEST_COMMENT, 0)
    end = start + bytes(data[start:]).rfind(b"PK\5\6")
    if end < start:
        raise ValueError("is no zip file, or it was cut off")
    fields = _fields(_END, data, end, b"PK\5\6")
    place = end - _LOCATOR_64.size
    if place < 0 or data[place : place + 4] != b"PK\6\7":
        return fields[4], fields[6]
    place = _fields(_LOCATOR_64, data, place, b"PK\6\7")[2]
    fields = _fields(_END_64, data, place, b"PK\6\6")
    return fields[7], fields[9]


def _entry(data: memoryview, position: int) -> tuple[str, memoryview | None, int]:
    """One entry of the directory: name, bytes, and where the next entry is."""
    fields = _fields(_ENTRY, data, position, b"PK\1\2")
    flags, method, lengths = fields[3], fields[4], fields[10:13]
    position += _ENTRY.size
    name = str(_part(data, position, lengths[0]), "utf-8", "replace")
    extra = _part(data, position + lengths[0], lengths[1])
    packed, size, header = _widened(extra, fields[8], fields[9], fields[16])
    plain = method == 0 and packed == size and not flags & _ENCRYPTED
    record = _part(data, _body(data, header), size) if plain else None
    return name, record, position + sum(lengths)


def _widened(extra: memoryview, packed: int, size: int, header: int) -> tuple:
    """The three numbers, each of 64 bits if it does not fit into 32."""
    wide = _wide_numbers(extra)
    size, packed, header = (  # The order in which the extra field has them.
        next(wide, value) if value == _WIDE else value
        for value in (size, packed, header)
    )
    return packed, size, header


def _wide_numbers(extra: memoryview):
    """The numbers in the extra field's part for them, which has the tag 1."""
    position = 0
    while position + 4 <= len(extra):
        tag, length = struct.unpack_from("<2H", extra, position)
        part = extra[position + 4 :][:length]
        if tag == 1:
            yield from (n for (n,) in struct.iter_unpack("<Q", part[: length & ~7]))
        position += 4 + length


def _body(data: memoryview, header: int) -> int:
    """Where the bytes of a record begin, after its own header."""
    fields = _fields(_HEADER, data, header, b"PK\3\4")
    return header + _HEADER.size + fields[9] + fields[10]


def _fields(
    layout: struct.Struct, data: memoryview, position: int, begins: bytes
) -> tuple:
    fields = layout.unpack(_part(data, position, layout.size))
    if fields[0] != begins:
        raise ValueError("has a damaged list of records")
    return fields


def _part(data: memoryview, position: int, length: int) -> memoryview:
    if position + length > len(data):
        raise ValueError("was cut off, or its list of records is damaged")
    return data[position : position + length]
