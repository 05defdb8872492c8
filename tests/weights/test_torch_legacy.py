"""Files of `torch.save` from before 1.6, as torch writes and reads them."""

import pathlib
import pickle

import numpy as np
import pytest

from jaxgen.weights.torch_legacy import read
from tests.reference import golden, torch_golden, torch_old
from tests.reference.torch_old import plain, stream, stream_of
from tests.reference.torch_zip import named, tensor

GOLDEN = golden.FOLDER / "torch_files"
STATE = {
    "a.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "a.bias": np.arange(3, dtype=np.float16),
    "steps": np.array(7),
}
FLOATS = np.arange(4, dtype=np.float32)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "net.pth")


def written(path, data):
    pathlib.Path(path).write_bytes(data)
    return path


def assert_same(found, want):
    assert list(found) == list(want)
    for name, array in want.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype and found[name].shape == array.shape


def test_a_file_of_torch_has_the_values_that_torch_gave_it():
    found = read(str(GOLDEN / "legacy.pth"))
    want = dict(np.load(GOLDEN / "nested.npz"))
    assert set(found.arrays) == set(want)
    for name, array in found.arrays.items():
        known = np.float32(array) if name in torch_golden.FOREIGN else array
        np.testing.assert_array_equal(known, want[name])
        assert known.dtype == want[name].dtype and known.shape == want[name].shape
        assert not array.flags.writeable or not array.size
    assert (found.container, found.prefix) == ("net/state_dict", "module.")
    assert found.others[:3] == ("epoch", "args", "best")


def test_views_share_their_storage_and_nothing_is_copied():
    arrays = read(str(GOLDEN / "legacy.pth")).arrays
    assert np.shares_memory(arrays["whole"], arrays["transposed"])
    np.testing.assert_array_equal(arrays["whole"].reshape(4, 6).T, arrays["transposed"])


def test_torch_reads_what_the_tests_write(path):
    torch = pytest.importorskip("torch")
    value = {"state_dict": STATE, "epoch": 3}
    theirs = torch.load(written(path, stream(value)), weights_only=True)
    assert_same({k: v.numpy() for k, v in theirs["state_dict"].items()}, STATE)


def test_a_state_dict_in_a_container(path):
    found = read(written(path, stream({"state_dict": STATE, "epoch": 3})))
    assert_same(found.arrays, STATE)
    assert (found.container, found.others) == ("state_dict", ("epoch",))
    with pytest.raises(KeyError, match="unknown container 'G'"):
        read(path, container="G")


def program(parts):
    return b"\x80\x02}" + plain("w") + parts + b"s."


def test_views_of_a_storage_as_old_versions_wrote_them(path):
    view = plain(("5", 1, 2))
    part = tensor(FLOATS, 0, shape=(2,), strides=(1,), last=view)
    found = read(written(path, stream_of(program(part), [FLOATS]))).arrays["w"]
    np.testing.assert_array_equal(found, [1, 2])


@pytest.mark.parametrize(
    "parts, culprit",
    [
        (tensor(FLOATS, 0, last=plain(("5", 3, 2))), "reaches beyond its storage"),
        (tensor(FLOATS, 0, last=plain(("5", -1, 2))), "view of a storage is none"),
        (tensor(FLOATS, 0, last=plain((5, 0, 2))), "view of a storage is none"),
        (tensor(FLOATS, 0), "six parts"),
        (tensor(FLOATS, 1, last=b"N"), "the storage '0', which nothing uses"),
        (tensor(FLOATS, 0, last=b"N", kind="torch.Tensor"), "type of the storage"),
        (tensor(FLOATS, 0, last=b"N", shape=(5,)), "beyond its storage"),
        (tensor(FLOATS, 0, last=b"N", offset=-1), "offset is -1"),
        (
            tensor(FLOATS, 0, last=b"N", shape=(10**12,), strides=(0,)),
            "many times the bytes",
        ),
        (named("torch._utils._rebuild_tensor_v2") + b")R", "_rebuild_tensor_v2"),
        (named("torch._utils._rebuild_qtensor"), "_rebuild_qtensor"),
        (named("torch.storage._load_from_bytes"), "_load_from_bytes"),
        (named("models.Net") + b")\x81", "torch.save(model.state_dict()"),
    ],
)
def test_odd_tensors_are_refused(path, parts, culprit):
    storages = [FLOATS] if b"storage" in parts.partition(b"FloatStorage")[0] else []
    with pytest.raises(ValueError) as caught:
        read(written(path, stream_of(program(parts), storages)))
    said = str(caught.value)
    assert culprit in said and path in said and "\n" not in said


@pytest.mark.parametrize(
    "changes, culprit",
    [
        ({"version": 1002}, "does not begin"),
        ({"magic": 5}, "does not begin"),
        ({"facts": [1]}, "does not begin"),
        ({"facts": {**torch_old.FACTS, "little_endian": False}}, "big-endian"),
        ({"keys": ["0", "0"]}, "which nothing uses"),
        ({"keys": ["1"]}, "which nothing uses"),
        ({"keys": [0]}, "which nothing uses"),
        ({"keys": {}}, "lists no storages"),
        ({"keys": []}, "storage '0' is missing"),
    ],
)
def test_other_beginnings_and_lists_are_refused(path, changes, culprit):
    part = tensor(FLOATS, 0, last=b"N")
    with pytest.raises(ValueError, match=culprit):
        read(written(path, stream_of(program(part), [FLOATS], **changes)))


@pytest.mark.parametrize("count", [-1, 5, 2**62])
def test_a_storage_that_claims_more_than_there_is_is_refused(path, count):
    data = bytearray(stream_of(program(tensor(FLOATS, 0, last=b"N")), [FLOATS]))
    data[-24:-16] = count.to_bytes(8, "little", signed=True)
    with pytest.raises(ValueError, match="ends within a storage"):
        read(written(path, data))


def test_a_file_that_was_cut_off_anywhere_is_refused(path):
    data = stream({"state_dict": STATE, "epoch": 3})
    for kept in range(1, len(data)):
        with pytest.raises(ValueError, match="net.pth "):
            read(written(path, data[:kept]))


@pytest.mark.parametrize("name", ["os.system", "subprocess.Popen", "builtins.eval"])
@pytest.mark.parametrize("place", range(4))
def test_foreign_functions_are_refused_wherever_they_are(path, name, place, tmp_path):
    trace = tmp_path / "ran"
    call = b"\x80\x02" + named(name) + plain((f"touch {trace}",)) + b"R."
    parts = [pickle.dumps(p, 2) for p in (torch_old.MAGIC, 1001, torch_old.FACTS, {})]
    parts += [pickle.dumps([], 2)]
    parts[place + 1] = call
    with pytest.raises(ValueError, match=f"asks for '{name}'"):
        read(written(path, b"".join(parts)))
    assert not trace.exists()
