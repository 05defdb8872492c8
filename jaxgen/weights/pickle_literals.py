"""Numbers and texts as pickles of all protocols spell them."""

import pickle  # For the codes of the operations; nothing of it is called.
import re
import struct
from collections.abc import Callable
from typing import Any

from jaxgen.weights.pickle_machine import Machine

LONGEST_NUMBER = 255
"""In bytes, or in digits: reading a longer one takes quadratic time."""

LONGEST_COPY = 4096
"""Bytes that are this many or more are views of the pickle."""


def shown(text: str) -> str:
    """Foreign text for a message: quoted, and not longer than a line."""
    return repr(text if len(text) <= 80 else text[:77] + "...")


def number_line(machine: Machine, kind: Callable[[bytes], Any] = int) -> Any:
    """The next line as a number."""
    line = machine.line()
    if len(line) > LONGEST_NUMBER:
        raise ValueError(f"has a number of {len(line)} digits")
    try:
        return kind(line)
    except ValueError:
        raise ValueError(f"has the number {shown(line.decode('latin1'))}") from None


def text_line(machine: Machine) -> str:
    """The next line as UTF-8."""
    return machine.line().decode()


def _int(line: bytes) -> int | bool:
    if line in (b"00", b"01"):  # How protocols 0 and 1 write False and True.
        return line == b"01"
    return int(line.removesuffix(b"L"))


_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|.)", re.DOTALL)
_ESCAPED = dict(zip(b"\\'\"abfnrtv", b"\\'\"\a\b\f\n\r\t\v", strict=True))


def _unescaped(match: re.Match) -> bytes:
    found = match[1]
    if found[:1].isdigit():
        return bytes([int(found, 8) % 256])
    if len(found) == 3:
        return bytes([int(found[1:], 16)])
    if found[0] not in _ESCAPED:
        raise ValueError(f"has a text with the escape {shown(str(found)[1:])}")
    return bytes([_ESCAPED[found[0]]])


def _quoted(line: bytes) -> str:
    """Text of Python 2 as its source would have it."""
    if len(line) < 2 or line[:1] not in (b"'", b'"') or line[:1] != line[-1:]:
        raise ValueError("has a text without quotes")
    return _ESCAPE.sub(_unescaped, line[1:-1]).decode("latin1")


def _utf8(data: memoryview) -> str:
    return str(data, "utf-8", "surrogatepass")


def _latin1(data: memoryview) -> str:
    return str(data, "latin1")


def _whole(data: memoryview) -> int:
    if len(data) > LONGEST_NUMBER:
        raise ValueError(f"has a number of {len(data)} bytes")
    return int.from_bytes(data, "little", signed=True)


def _bytes(data: memoryview) -> bytes | memoryview:
    """A copy of short bytes; long ones stay where they are."""
    return bytes(data) if len(data) < LONGEST_COPY else data


def _constant(value: Any) -> Callable[[Machine], Any]:
    return lambda machine: value


def _packed(layout: str) -> Callable[[Machine], Any]:
    packed = struct.Struct(layout)
    return lambda machine: packed.unpack(machine.take(packed.size))[0]


def _sized(size: int, convert: Callable[[memoryview], Any]) -> Callable[[Machine], Any]:
    """A value after its length, which has `size` bytes itself."""
    return lambda machine: convert(machine.take(machine.integer(size)))


LITERALS: dict[bytes, Callable[[Machine], Any]] = {
    pickle.NONE: _constant(None),
    pickle.NEWTRUE: _constant(True),
    pickle.NEWFALSE: _constant(False),
    pickle.INT: lambda machine: number_line(machine, _int),
    pickle.LONG: lambda machine: number_line(machine, _int),
    pickle.FLOAT: lambda machine: number_line(machine, float),
    pickle.BININT: _packed("<i"),
    pickle.BININT1: _packed("<B"),
    pickle.BININT2: _packed("<H"),
    pickle.BINFLOAT: _packed(">d"),
    pickle.LONG1: _sized(1, _whole),
    pickle.LONG4: _sized(4, _whole),
    pickle.STRING: lambda machine: _quoted(machine.line()),
    pickle.SHORT_BINSTRING: _sized(1, _latin1),
    pickle.BINSTRING: _sized(4, _latin1),
    pickle.UNICODE: lambda machine: str(machine.line(), "raw-unicode-escape"),
    pickle.SHORT_BINUNICODE: _sized(1, _utf8),
    pickle.BINUNICODE: _sized(4, _utf8),
    pickle.BINUNICODE8: _sized(8, _utf8),
    pickle.SHORT_BINBYTES: _sized(1, _bytes),
    pickle.BINBYTES: _sized(4, _bytes),
    pickle.BINBYTES8: _sized(8, _bytes),
    pickle.BYTEARRAY8: _sized(8, bytearray),
}
"""Code of an operation -> what gives the value that it puts on the stack."""
