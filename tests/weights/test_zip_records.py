import io
import zipfile

import numpy as np
import pytest

from jaxgen.weights import zip_records


def archive(records, **options):
    """The bytes of a zip as Python writes it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **options) as writer:
        for name, data in records.items():
            writer.writestr(name, data)
    return file.getvalue()


RECORDS = {"a/data.pkl": b"xyz", "a/data/0": bytes(range(100)), "ä/empty": b""}


def read(data):
    return zip_records.records(memoryview(data))


def test_records_are_those_that_python_finds():
    assert {name: bytes(r) for name, r in read(archive(RECORDS)).items()} == RECORDS


def test_a_record_is_a_view_of_the_file():
    data = bytearray(archive({"a": b"abc"}))
    found = read(data)["a"]
    data[data.index(b"abc")] = ord("X")
    assert bytes(found) == b"Xbc"


def test_comments_and_a_preamble_are_passed_over():
    file = io.BytesIO(archive(RECORDS))
    with zipfile.ZipFile(file, "a") as writer:
        writer.comment = b"PK and more" * 50
    assert set(read(file.getvalue())) == set(RECORDS)


def test_numbers_of_64_bits_are_read():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as writer:
        with writer.open("a", "w", force_zip64=True) as record:
            record.write(b"abc")
    data = bytearray(file.getvalue())
    entry = data.index(b"PK\1\2")
    wide = b"\1\0\x18\0" + b"".join(n.to_bytes(8, "little") for n in (3, 3, 0))
    data[entry + 20 : entry + 28] = b"\xff" * 8
    data[entry + 42 : entry + 46] = b"\xff" * 4
    data[entry + 30 : entry + 32] = len(wide).to_bytes(2, "little")
    end = data.index(b"PK\5\6")
    data[end:end] = wide
    end += len(wide)
    big = (44, 45, 45, 0, 0, 1, 1, end - entry, entry)
    large_end = zip_records._END_64.pack(b"PK\6\6", *big)
    locator = zip_records._LOCATOR_64.pack(b"PK\6\7", 0, end, 1)
    data[end + 8 : end + 20] = b"\xff" * 12
    data[end:end] = large_end + locator
    assert bytes(read(data)["a"]) == b"abc"
    assert zipfile.ZipFile(io.BytesIO(data)).read("a") == b"abc"


def test_compressed_and_encrypted_records_are_none():
    data = archive(RECORDS, compression=zipfile.ZIP_DEFLATED)
    assert set(read(data).values()) == {None}
    data = bytearray(archive({"a": b"abc"}))
    data[data.index(b"PK\1\2") + 8] |= 1
    assert read(data) == {"a": None}


@pytest.mark.parametrize("kept", [0, 1, 21, 22, 60, -1, -30, -200])
def test_a_file_that_was_cut_off_is_refused(kept):
    with pytest.raises(ValueError, match="cut off|damaged"):
        read(archive(RECORDS)[:kept])


def test_what_is_no_zip_is_refused():
    for data in (b"", b"hello", b"PK\5\6", b"\x80\x02}.", bytes(100_000)):
        with pytest.raises(ValueError, match="no zip file|cut off"):
            read(data)


def test_a_list_of_millions_is_refused_before_it_is_read():
    data = bytearray(archive({"a": b""}))
    end = data.index(b"PK\5\6")
    locator = zip_records._LOCATOR_64.pack(b"PK\6\7", 0, end, 1)
    big = zip_records._END_64.pack(b"PK\6\6", 44, 45, 45, 0, 0, 10**9, 10**9, 0, 0)
    data[end:end] = big + locator
    with pytest.raises(ValueError, match="lists 1000000000 records"):
        read(data)


def test_any_change_of_a_byte_gives_records_or_a_sentence():
    data = archive(RECORDS)
    rng = np.random.default_rng(0)
    for position in range(len(data)):
        for value in rng.integers(0, 256, 3):
            changed = bytearray(data)
            changed[position] = value
            try:
                found = read(changed)
            except ValueError:
                continue
            assert sum(len(r) for r in found.values() if r is not None) <= 3 * len(data)
