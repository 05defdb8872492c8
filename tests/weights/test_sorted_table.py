"""Tables as LevelDB writes them; `tests/reference/tensor_bundle.py` writes them too."""

import numpy as np
import pytest

from jaxgen.weights.sorted_table import entries
from tests.reference import tensor_bundle
from tests.reference.tensor_bundle import block, table

PAIRS = [(f"net/layer_{i:03}/w".encode(), bytes([i]) * (i % 5)) for i in range(90)]


def read(data):
    return [(key, bytes(value)) for key, value in entries(memoryview(data))]


@pytest.mark.parametrize("per_block", [1, 16, 17, 1000])
def test_keys_and_values_come_back_in_order(per_block):
    assert read(table(PAIRS, per_block=per_block)) == PAIRS


def test_a_block_byte_by_byte():
    """The entries of LevelDB's description: shared, own, size; then restarts."""
    data = block([(b"apple", b"1"), (b"apply", b"22")])
    assert data == b"\0\5\1apple1" + b"\4\1\2y22" + bytes(4) + b"\1\0\0\0"


@pytest.mark.parametrize(
    "data, culprit",
    [
        (b"", "no sorted table"),
        (bytes(60), "no sorted table"),
        (table(PAIRS, kind=1), "Snappy"),
        (table(PAIRS, kind=2), "the unknown way 2"),
        (table(PAIRS[::-1]), "out of order"),
        (table([PAIRS[0], PAIRS[0]]), "out of order"),
    ],
)
def test_other_tables_are_refused(data, culprit):
    with pytest.raises(ValueError, match=culprit):
        read(data)


def test_a_change_of_any_byte_is_noticed():
    data = table(PAIRS[:20], per_block=8)
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 + place % 255
        try:
            assert read(changed) == PAIRS[:20]
        except ValueError as error:
            assert "\n" not in str(error)


def test_a_file_that_was_cut_off_is_refused():
    data = table(PAIRS[:10])
    for kept in range(len(data)):
        with pytest.raises(ValueError):
            read(data[:kept])


def with_block(data):
    """A table whose only block of entries is given as bytes, its checksum right."""
    found = tensor_bundle.varint
    parts, handles = b"", []
    for text in (data, None, block([])):
        if text is None:
            text = block([(b"z", handles[0])])
        handles.append(found(len(parts)) + found(len(text)))
        checksum = tensor_bundle.masked(text + b"\0")
        parts += text + b"\0" + checksum.to_bytes(4, "little")
    magic = tensor_bundle.MAGIC.to_bytes(8, "little")
    return parts + (handles[2] + handles[1]).ljust(40, b"\0") + magic


@pytest.mark.parametrize(
    "data, culprit",
    [
        (b"", "without a list of restarts"),
        (bytes(4), "without a list of restarts"),
        (b"\xff" * 4, "without a list of restarts"),
        (b"\5\1\0x" + bytes(4) + b"\1\0\0\0", "beyond its block"),
        (b"\0\1\x7fx" + bytes(4) + b"\1\0\0\0", "beyond its block"),
        (b"\0\x7f\0x" + bytes(4) + b"\1\0\0\0", "beyond its block"),
        (b"\x80" * 12 + bytes(4) + b"\1\0\0\0", "cut off"),
    ],
)
def test_odd_blocks_are_refused(data, culprit):
    with pytest.raises(ValueError, match=culprit):
        read(with_block(data))


def test_a_block_that_is_listed_again_and_again_is_refused():
    data, found = block([]), tensor_bundle.varint
    parts = data + b"\0" + tensor_bundle.masked(data + b"\0").to_bytes(4, "little")
    handle = found(0) + found(len(data))
    index = block([(b"a", handle), (b"b", handle)])
    where = found(len(parts)) + found(len(index))
    checksum = tensor_bundle.masked(index + b"\0").to_bytes(4, "little")
    magic = tensor_bundle.MAGIC.to_bytes(8, "little")
    whole = parts + index + b"\0" + checksum + (handle + where).ljust(40, b"\0") + magic
    with pytest.raises(ValueError, match="blocks that are out of order"):
        read(whole)


def test_keys_that_grow_without_end_are_refused():
    """Each shares all of the key before: few bytes, much memory."""
    data, size = b"", 0
    for _ in range(6000):
        own = b"x" * 100
        data += tensor_bundle.varint(size) + b"\x64\0" + own
        size += 100
    data += bytes(4) + b"\1\0\0\0"
    with pytest.raises(ValueError, match="far more memory"):
        read(with_block(data))


def test_random_bytes_in_a_block_give_entries_or_a_sentence():
    rng = np.random.default_rng(0)
    for _ in range(50):
        data = rng.bytes(40) + bytes(4) + b"\1\0\0\0"
        try:
            read(with_block(data))
        except ValueError as error:
            assert "\n" not in str(error)
