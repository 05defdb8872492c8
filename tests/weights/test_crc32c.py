import numpy as np
import pytest

from jaxgen.weights.crc32c import crc32c, masked
from tests.reference import tensor_bundle


@pytest.mark.parametrize(
    "data, checksum",
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
)
def test_published_checksums(data, checksum):
    """RFC 3720, appendix B.4."""
    assert crc32c(memoryview(data)) == checksum


@pytest.mark.parametrize("size", [1, 4095, 4096, 4097, 8192, 12289, 70_001])
def test_all_lengths_agree_with_the_checksum_bit_by_bit(size):
    data = np.random.default_rng(size).bytes(size)
    assert crc32c(memoryview(data)) == tensor_bundle.crc32c(data)
    assert masked(crc32c(memoryview(data))) == tensor_bundle.masked(data)


def test_every_bit_of_a_long_text_matters():
    data = bytearray(2**13)
    found = {crc32c(memoryview(data))}
    for place in range(0, 2**13, 1021):
        data[place] ^= 1 << place % 8
        found.add(crc32c(memoryview(data)))
    assert len(found) == 10
