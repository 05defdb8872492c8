"""Files of safetensors, and what only looks like one."""

import json
import pathlib

import ml_dtypes
import numpy as np
import pytest

from jaxgen.weights.safetensors_file import begins, read

STATE = {
    "net.a": np.arange(6, dtype=np.float32).reshape(2, 3),
    "net.b": np.arange(3, dtype=np.int64),
    "half": np.arange(3).astype(ml_dtypes.bfloat16),
    "scalar": np.array(True),
    "empty": np.zeros((0, 2), np.float16),
}
NAMES = {"float32": "F32", "int64": "I64", "bfloat16": "BF16", "bool": "BOOL"}


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "model.safetensors")


def written(path, header, numbers=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    pathlib.Path(path).write_bytes(len(text).to_bytes(8, "little") + text + numbers)
    return path


def told(array, start):
    name = NAMES.get(str(array.dtype), "F16")
    place = [start, start + array.nbytes]
    return {"dtype": name, "shape": list(array.shape), "data_offsets": place}


def save(path, state, metadata=None):
    header, numbers = {"__metadata__": metadata} if metadata else {}, b""
    for name, array in state.items():
        header[name] = told(array, len(numbers))
        numbers += array.tobytes()
    return written(path, header, numbers)


def test_arrays_keep_numbers_shapes_and_dtypes(path):
    found = read(save(path, STATE, {"format": "pt"}))
    assert list(found.arrays) == list(STATE)
    for name, array in STATE.items():
        np.testing.assert_array_equal(found.arrays[name], array)
        assert found.arrays[name].dtype == array.dtype
        assert found.arrays[name].shape == array.shape
    assert (found.kind, found.others) == ("safetensors file", ("__metadata__/format",))
    assert list(read(path, container="net").arrays) == ["a", "b"]


def test_the_library_writes_what_is_read(path):
    library = pytest.importorskip("safetensors.numpy")
    state = {k: v for k, v in STATE.items() if k != "half"}
    library.save_file(state, path, metadata={"format": "np"})
    found = read(path)
    for name, array in state.items():
        np.testing.assert_array_equal(found.arrays[name], array)
    assert set(library.load_file(save(path, state))) == set(state)


def test_a_file_is_known_by_its_beginning(path):
    assert begins(memoryview(pathlib.Path(save(path, STATE)).read_bytes()))
    for other in (b"", b"\x02", bytes(8) + b"{", b"\xff" * 8 + b"{}", b"x" * 20):
        assert not begins(memoryview(other))


ONE = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}


@pytest.mark.parametrize(
    "header, culprit",
    [
        (b"{", "damaged"),
        (b"{" + b'"a":[' * 100_000, "damaged"),
        (b'{"a": "\xff"}', "damaged"),
        (b'{"a": 1, "a": 2}', "same name twice"),
        (b'{"a": ' + b"9" * 5000 + b"}", "5000 digits"),
        ({"__metadata__": [1]}, "metadata"),
        ({"a": 1}, "does not tell what 'a' is"),
        ({"a": {**ONE, "more": 1}}, "does not tell"),
        ({"a": {**ONE, "shape": [-1]}}, "does not tell"),
        ({"a": {**ONE, "shape": [1.0]}}, "does not tell"),
        ({"a": {**ONE, "shape": [1] * 33}}, "does not tell"),
        ({"a": {**ONE, "data_offsets": [0]}}, "does not tell"),
        ({"a": {**ONE, "data_offsets": [4, 0]}}, "overlap or leave gaps"),
        ({"a": {**ONE, "data_offsets": [1, 4]}}, "overlap or leave gaps"),
        ({"a": {**ONE, "data_offsets": [0, 8]}}, "its header tells of 8"),
        ({"a": ONE, "b": ONE}, "overlap or leave gaps"),
        ({"a": {**ONE, "shape": [2]}}, r"float32\[2\] in 4 bytes"),
        (
            {"a": ONE, "b": {**ONE, "shape": [0, 2**62], "data_offsets": [4, 4]}},
            "'b' as",
        ),
        ({"a": {**ONE, "dtype": "F4"}}, "unknown dtype 'F4'"),
        ({}, "4 bytes of numbers"),
    ],
)
def test_headers_that_lie_are_refused(path, header, culprit):
    with pytest.raises(ValueError, match=culprit) as caught:
        read(written(path, header, bytes(4)))
    said = str(caught.value)
    assert said.startswith(f"safetensors_file: {path} ") and "\n" not in said


def test_a_header_of_many_megabytes_is_not_parsed(path):
    written(path, b"{" + b" " * 2**23 + b"}")
    with pytest.raises(ValueError, match="has a header of"):
        read(path)


def test_a_file_that_was_cut_off_is_refused(path):
    data = pathlib.Path(save(path, STATE)).read_bytes()
    for kept in range(1, len(data)):
        pathlib.Path(path).write_bytes(data[:kept])
        with pytest.raises(ValueError, match="safetensors_file: "):
            read(path)
