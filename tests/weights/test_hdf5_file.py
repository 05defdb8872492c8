"""Files of HDF5, as Keras writes them, and what in them may not be followed."""

import pathlib
import sys

import numpy as np
import pytest

from jaxgen.weights import hdf5_file
from jaxgen.weights.hdf5_file import begins, read

h5py = pytest.importorskip("h5py")
KERNEL = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "model.h5")


def keras(path, *, whole=False):
    """As `save_weights`, or `save` of a whole model, writes it."""
    with h5py.File(path, "w") as file:
        top = file.create_group("model_weights") if whole else file
        top.attrs["layer_names"] = [b"dense"]
        layer = top.create_group("dense/dense")
        layer["kernel:0"] = KERNEL
        layer.create_dataset("bias:0", data=np.zeros(3), compression="gzip")
        if whole:
            file["optimizer_weights/Adam/iterations:0"] = 7
            file["model_config"] = "text"
    return path


def test_weights_have_the_paths_that_keras_gave_them(path):
    found = read(keras(path))
    assert list(found.arrays) == ["dense/dense/bias:0", "dense/dense/kernel:0"]
    np.testing.assert_array_equal(found.arrays["dense/dense/kernel:0"], KERNEL)
    assert (found.kind, found.container) == ("HDF5 file", "")
    assert list(read(path, container="dense").arrays) == [
        "dense/bias:0",
        "dense/kernel:0",
    ]


def test_of_a_whole_model_the_weights_are_meant(path):
    found = read(keras(path, whole=True))
    assert list(found.arrays) == ["dense/dense/bias:0", "dense/dense/kernel:0"]
    assert found.container == "model_weights"
    assert set(found.others) == {"model_config", "optimizer_weights/Adam/iterations:0"}
    assert len(read(path, container="").arrays) == 3


def test_a_file_is_known_by_its_signature(path):
    assert begins(memoryview(pathlib.Path(keras(path)).read_bytes()))
    assert begins(memoryview(bytes(512) + hdf5_file.SIGNATURE))
    assert not begins(memoryview(b"")) and not begins(memoryview(bytes(1000)))


def refused(path, culprit):
    with pytest.raises(ValueError, match=culprit) as caught:
        read(path)
    said = str(caught.value)
    assert said.startswith(f"hdf5_file: {path} ") and "\n" not in said


@pytest.mark.parametrize(
    "link", [h5py.ExternalLink("/etc/passwd", "/x"), h5py.SoftLink("/a")]
)
def test_links_are_not_followed(path, link):
    with h5py.File(path, "w") as file:
        file["a"] = KERNEL
        file["b"] = link
    refused(path, "refers from 'b' to something elsewhere")


def test_numbers_in_other_files_are_not_read(path, tmp_path):
    (tmp_path / "secret").write_bytes(bytes(24))
    with h5py.File(path, "w") as file:
        where = [(str(tmp_path / "secret"), 0, 24)]
        file.create_dataset("a", (6,), "f4", external=where)
    refused(path, "keeps 'a' in other files")
    with h5py.File(path, "w") as file:
        layout = h5py.VirtualLayout((2, 3), "f4")
        layout[...] = h5py.VirtualSource(str(tmp_path / "other.h5"), "a", (2, 3))
        file.create_virtual_dataset("v", layout)
    refused(path, "keeps 'v' in other files")


def test_what_unpacks_to_many_times_the_file_is_refused(path, monkeypatch):
    monkeypatch.setattr(hdf5_file, "_LARGEST", 10**6)
    with h5py.File(path, "w") as file:
        file.create_dataset("a", (1000, 1000), "f8", compression="gzip")
    refused(path, "many times its size")
    with h5py.File(path, "w") as file:
        file.create_dataset("a", (2**40,), "f8", chunks=(1024,))
    refused(path, "many times its size")


def test_other_filters_are_refused(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("a", data=KERNEL, compression="lzf")
    refused(path, "packed in a way")


def test_a_group_in_itself_is_read_once(path):
    with h5py.File(path, "w") as file:
        file["a/w"] = KERNEL
        file["a/b"] = file["a"]
        file["a/top"] = file["/"]
    assert list(read(path).arrays) == ["a/w"]


def test_damage_and_missing_files_are_said(path, tmp_path):
    data = pathlib.Path(keras(path)).read_bytes()
    for kept in (8, 100, 800, len(data) - 10):
        pathlib.Path(path).write_bytes(data[:kept])
        refused(path, "cannot be read")
    with pytest.raises(FileNotFoundError, match="no file"):
        read(str(tmp_path / "none.h5"))


def test_without_the_library_the_error_says_what_to_install(path, monkeypatch):
    keras(path)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'jaxgen\[hdf5\]'"):
        read(path)
