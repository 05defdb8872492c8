"""The checksum of TensorFlow's files: CRC-32C (Castagnoli), many bytes at a time.

A checksum of this kind is linear over bits: that of a long text is put together from
those of its pieces, which are computed side by side.
"""

from functools import cache

import numpy as np

_POLYNOMIAL = 0x82F63B78
"""Of RFC 3720, its bits reflected."""

_LARGEST = 22
"""Binary logarithm of the most bytes that are taken at once."""

_SMALLEST = 12


def crc32c(data: memoryview) -> int:
    """The checksum of some bytes, as RFC 3720 defines it."""
    register, left = 0xFFFFFFFF, len(data)
    while left >= 2**_SMALLEST:
        size = min(left.bit_length() - 1, _LARGEST)
        piece = np.frombuffer(data[len(data) - left :][: 2**size], "<u2")
        register = _after_zeros(register, size) ^ _register(piece, size)
        left -= 2**size
    table = _table(8).tolist()
    for byte in data[len(data) - left :]:
        register = table[(register ^ byte) & 0xFF] ^ register >> 8
    return register ^ 0xFFFFFFFF


def masked(checksum: int) -> int:
    """A checksum as it is stored, so that one of bytes with a checksum is no 0."""
    turned = (checksum >> 15 | checksum << 17) & 0xFFFFFFFF
    return (turned + 0xA282EAD8) & 0xFFFFFFFF


@cache
def _table(bits: int) -> np.ndarray:
    """What each value of the lowest bits does to a register that is moved past them."""
    registers = np.arange(2**bits, dtype=np.uint32)
    for _ in range(bits):
        registers = registers >> 1 ^ (registers & 1) * np.uint32(_POLYNOMIAL)
    return registers


def _register(words: np.ndarray, size: int) -> int:
    """The register after 2**size bytes, from 0: pieces side by side, then in pairs."""
    length = size // 2 - 2  # Binary logarithm of the bytes in a piece.
    columns = np.ascontiguousarray(words.reshape(-1, 2 ** (length - 1)).T)
    registers, table = np.zeros(columns.shape[1], np.uint32), _table(16)
    for words in columns:
        registers = table[(registers ^ words) & 0xFFFF] ^ registers >> 16
    for level in range(length, size):
        registers = _moved(_zeros(level), registers[::2]) ^ registers[1::2]
    return int(registers[0])


@cache
def _zeros(size: int) -> np.ndarray:
    """What 2**size bytes of zeros make of each bit of a register."""
    if size:
        half = _zeros(size - 1)
        return _moved(half, half)
    bits = np.uint32(1) << np.arange(32, dtype=np.uint32)
    return _table(8)[bits & 0xFF] ^ bits >> 8


def _moved(operator: np.ndarray, registers: np.ndarray) -> np.ndarray:
    """Registers after the zeros that an operator stands for."""
    found = np.zeros_like(registers)
    for bit in range(32):
        found ^= (registers >> bit & 1) * operator[bit]
    return found


def _after_zeros(register: int, size: int) -> int:
    return int(_moved(_zeros(size), np.array([register], np.uint32))[0])
