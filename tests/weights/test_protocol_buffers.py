import pytest

from jaxgen.weights.protocol_buffers import fields, signed, varint
from tests.reference import tensor_bundle


@pytest.mark.parametrize("number", [0, 1, 127, 128, 300, 2**32, 2**64 - 1])
def test_numbers_of_all_lengths(number):
    data = b"x" + tensor_bundle.varint(number) + b"y"
    assert varint(memoryview(data), 1) == (number, len(data) - 1)


def test_negative_numbers_have_64_bits():
    assert signed(2**64 - 1) == -1 and signed(2**63) == -(2**63) and signed(5) == 5


def test_fields_of_all_kinds():
    data = b"\x08\x96\x01" + b"\x12\x02ab" + b"\x1d\1\0\0\0" + b"\x21\2\0\0\0\0\0\0\0"
    found = [
        (n, v if isinstance(v, int) else bytes(v)) for n, v in fields(memoryview(data))
    ]
    assert found == [(1, 150), (2, b"ab"), (3, 1), (4, 2)]


@pytest.mark.parametrize(
    "data, culprit",
    [
        (b"\x80", "cut off"),
        (b"\xff" * 11, "too long"),
        (b"\xff" * 9 + b"\x7f", "too long"),
        (b"\x08", "cut off"),
        (b"\x12\x05ab", "ends within a field"),
        (b"\x1d\1\0", "ends within a field"),
        (b"\x0b", "a field of kind 3"),
    ],
)
def test_damage_is_refused(data, culprit):
    with pytest.raises(ValueError, match=culprit):
        list(fields(memoryview(data)))
