"""Checkpoints of TensorFlow, as its descriptions say they are written."""

import pathlib

import ml_dtypes
import numpy as np
import pytest

from jaxgen.weights.tensorflow_file import ends, read
from tests.reference import tensor_bundle
from tests.reference.tensor_bundle import entry, header, save, save_table, table

RNG = np.random.default_rng(0)
STATE = {
    "Pose_AE/G/Conv/weights": RNG.normal(size=(3, 3, 4, 2)).astype(np.float32),
    "Pose_AE/G/Conv/biases": np.zeros(2, np.float32),
    "UAEnoFC/G/Conv/weights": RNG.normal(size=(1, 1, 2, 2)).astype(np.float32),
    "step": np.array(7),
}


@pytest.fixture
def prefix(tmp_path):
    return str(tmp_path / "model.ckpt-0")


def assert_same(found, want):
    assert set(found) == set(want)
    for name, array in want.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype and found[name].shape == array.shape


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("per_block", [1, 100])
def test_arrays_keep_names_numbers_shapes_and_dtypes(prefix, shards, per_block):
    save(prefix, STATE, shards=shards, texts=["_GRAPH"], per_block=per_block)
    found = read(f"{prefix}.index")
    assert_same(found.arrays, STATE)
    assert (found.kind, found.others) == ("TensorFlow checkpoint", ("_GRAPH",))
    assert not found.arrays["step"].flags.owndata


def test_every_dtype(prefix):
    state = {str(d): np.arange(5).astype(d) for d in tensor_bundle.DTYPES}
    state["bfloat16"] = np.arange(5).astype(ml_dtypes.bfloat16)
    state["empty"] = np.zeros((0, 3), np.float32)
    save(prefix, state)
    assert_same(read(f"{prefix}.index").arrays, state)


def test_a_scope_is_a_container(prefix):
    save(prefix, STATE)
    found = read(f"{prefix}.index", container="Pose_AE/G")
    assert set(found.arrays) == {"Conv/weights", "Conv/biases"}
    with pytest.raises(KeyError, match="unknown container 'G'.*Pose_AE, UAEnoFC, step"):
        read(f"{prefix}.index", container="G")


def test_an_index_is_known_by_its_end(prefix):
    save(prefix, STATE)
    assert ends(memoryview(pathlib.Path(f"{prefix}.index").read_bytes()))
    assert not ends(memoryview(b"")) and not ends(memoryview(bytes(60)))
    pathlib.Path(f"{prefix}.index").rename(f"{prefix}.other")
    with pytest.raises(ValueError, match="must be called PREFIX.index"):
        read(f"{prefix}.other")


def test_a_missing_data_file_is_named(prefix):
    save(prefix, STATE, shards=2)
    pathlib.Path(f"{prefix}.data-00001-of-00002").unlink()
    with pytest.raises(FileNotFoundError, match="data-00001-of-00002"):
        read(f"{prefix}.index")


def test_a_damaged_number_is_noticed(prefix):
    save(prefix, STATE)
    path = pathlib.Path(f"{prefix}.data-00000-of-00001")
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="damaged: its checksum is another"):
        read(f"{prefix}.index")
    path.write_bytes(data[:-1])
    with pytest.raises(ValueError, match="beyond the end of its data|checksum"):
        read(f"{prefix}.index")


FLOATS = np.arange(4, dtype=np.float32).tobytes()
RIGHT = tensor_bundle.masked(FLOATS)
SLICES = tensor_bundle.field(7, b"")


def index(*entries, first=None):
    return table([(b"", header() if first is None else first), *entries])


@pytest.mark.parametrize(
    "data, culprit",
    [
        (table([(b"w", entry(1, (4,), 0, 0, 16, RIGHT))]), "header is missing"),
        (index(first=header(0)), "number of data files"),
        (index(first=header(10**6)), "number of data files"),
        (index(first=header(endianness=1)), "big-endian"),
        (index(first=b"\x0b"), "a field of kind 3"),
        (index((b"w", entry(1, (4,), 0, 0, 0, 0, slices=SLICES))), "cut into slices"),
        (index((b"w", entry(1, (5,), 0, 0, 16, RIGHT))), r"float32\[5\] in 16 bytes"),
        (index((b"w", entry(1, (-4,), 0, 0, 16, RIGHT))), "without a shape"),
        (index((b"w", entry(1, (1,) * 33, 0, 0, 4, RIGHT))), "without a shape"),
        (index((b"w", entry(1, (0, 2**50), 0, 0, 0, 0))), "with the shape"),
        (index((b"w", entry(1, (2**62, 4), 0, 0, 0, 0))), "with the shape"),
        (index((b"w", entry(1, (4,), 0, 1, 16, RIGHT))), "beyond the end"),
        (index((b"w", entry(1, (4,), 0, 2**60, 16, RIGHT))), "beyond the end"),
        (index((b"w", entry(1, (4,), 5, 0, 16, RIGHT))), "beyond the end"),
        (index((b"w", entry(1, (4,), 0, 0, 16, RIGHT ^ 1))), "checksum is another"),
        (
            index(
                (b"v", entry(1, (4,), 0, 0, 16, RIGHT)),
                (b"w", entry(1, (3,), 0, 4, 12, RIGHT)),
            ),
            "two arrays in the same place",
        ),
    ],
)
def test_hostile_indexes_are_refused(prefix, data, culprit):
    save_table(prefix, data)
    pathlib.Path(f"{prefix}.data-00000-of-00001").write_bytes(FLOATS)
    with pytest.raises(ValueError, match=culprit) as caught:
        read(f"{prefix}.index")
    said = str(caught.value)
    assert said.startswith(f"tensorflow_file: {prefix}.index ") and "\n" not in said
