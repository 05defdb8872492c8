import io
import pathlib
import zipfile

import numpy as np
import pytest

from jaxgen.weights import npz

ARRAYS = {
    "a": np.arange(6.0).reshape(2, 3),
    "b": np.asfortranarray(np.arange(6, dtype=">i2").reshape(2, 3)),
    "c/d": np.float32(1),
    "empty": np.zeros((0, 3)),
    "text": np.array(["x", "yz"]),
}


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "a.npz")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_are_those_that_were_saved(path, save):
    save(path, **ARRAYS)
    found = npz.read(path)
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


def test_only_the_names_that_are_wanted_are_read(path):
    np.savez(path, objects=np.array([{}], object), **ARRAYS)
    assert set(npz.read(path, names=("a", "empty", "missing"))) == {"a", "empty"}


def test_objects_are_refused(path):
    np.savez(path, objects=np.array([{}], object))
    with pytest.raises(ValueError, match="npz: .*objects"):
        npz.read(path)


def record(header, data=b""):
    return b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header + data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93NUMPY\x09\0",
        record(b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}"),
        record(b"{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", bytes(8)),
        record(
            b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1)}", bytes(8)
        ),
        record(b"{'descr': '<V0', 'fortran_order': False, 'shape': (2,)}"),
        record(b"{'descr': 'x', 'fortran_order': False, 'shape': ()}", bytes(8)),
        record(b"-" * 9000 + b"1"),
        record(b"(" * 9000),
        record(b"__import__('os').system('true')"),
    ],
)
def test_headers_that_claim_what_is_not_there_are_refused(path, data):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", data)
    with pytest.raises(ValueError, match="npz: .* cannot be read"):
        npz.read(path)


def test_a_bomb_is_not_unpacked(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", bytes(10**7))
    data = bytearray(pathlib.Path(path).read_bytes())
    entry = data.index(b"PK\1\2")
    data[entry + 24 : entry + 28] = (2**31 + 1).to_bytes(4, "little")
    pathlib.Path(path).write_bytes(data)
    with pytest.raises(ValueError, match="two gigabytes"):
        npz.read(path)


def test_what_unpacks_to_many_times_the_file_is_refused(path, monkeypatch):
    np.savez_compressed(path, a=np.zeros(10**6, np.uint8))
    assert npz.read(path)["a"].shape == (10**6,)
    monkeypatch.setattr(npz, "_UNSUSPICIOUS", 10**5)
    with pytest.raises(ValueError, match="bytes claim to unpack to 1000128"):
        npz.read(path)


def test_other_compressions_and_other_files_are_refused(path, tmp_path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        file = io.BytesIO()
        np.save(file, np.zeros(3))
        archive.writestr("a.npy", file.getvalue())
    with pytest.raises(ValueError, match="NumPy never does"):
        npz.read(path)
    pathlib.Path(path).write_bytes(b"PK\3\4 and no more")
    with pytest.raises(ValueError, match="cannot be read"):
        npz.read(path)
    with pytest.raises(FileNotFoundError):
        npz.read(str(tmp_path / "none.npz"))
