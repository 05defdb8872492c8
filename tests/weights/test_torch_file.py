"""Files of PyTorch are read with the values that torch reads, and run nothing."""

import pathlib
import pickle
import subprocess
import sys
import zipfile
from collections import OrderedDict

import ml_dtypes
import numpy as np
import pytest

from jaxgen.weights import torch_file
from jaxgen.weights.torch_file import read
from tests.reference import torch_golden
from tests.reference.torch_zip import named, save, save_program, storage, tensor

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "torch_files"
RNG = np.random.default_rng(0)
STATE = {
    "stem.weight": RNG.normal(size=(4, 3, 3, 3)).astype(np.float32),
    "stem.bias": np.zeros(4, np.float32),
    "norm.num_batches_tracked": np.array(7),
}


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "net.pth")


def assert_same(found, want):
    assert list(found) == list(want)
    for name, array in want.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype and found[name].shape == array.shape


def test_a_file_of_torch_has_the_values_that_torch_gave_it():
    found = read(str(GOLDEN / "nested.pth"))
    want = dict(np.load(GOLDEN / "nested.npz"))
    assert set(found.arrays) == set(want) and len(want) > 30
    for name, array in found.arrays.items():
        known = np.float32(array) if name in torch_golden.FOREIGN else array
        np.testing.assert_array_equal(known, want[name])
        assert known.dtype == want[name].dtype and known.shape == want[name].shape
        assert not array.flags.writeable or not array.size
    assert found.arrays["bfloat16"].dtype == ml_dtypes.bfloat16


def test_the_container_and_all_else_is_reported():
    found = read(str(GOLDEN / "nested.pth"))
    assert (found.container, found.prefix) == ("net/state_dict", "module.")
    assert found.others == (
        *("epoch", "args", "best", "optimizer"),
        *("net/dtype", "net/size"),
    )


def test_torch_reads_what_the_tests_write_and_the_package_what_torch_writes(tmp_path):
    torch = pytest.importorskip("torch")
    path = str(tmp_path / "ours.pth")
    state = {
        str(d): RNG.normal(size=(2, 3)).astype(d)
        for d in ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u1", "?", "c8", "c16")
    }
    save(path, {"state_dict": OrderedDict(state), "epoch": 3, "list": [1, ("a", None)]})
    theirs = torch.load(path, weights_only=True)
    assert (theirs["epoch"], theirs["list"]) == (3, [1, ("a", None)])
    assert_same({k: v.numpy() for k, v in theirs["state_dict"].items()}, state)
    torch_golden.write(tmp_path)
    found = read(str(tmp_path / "nested.pth")).arrays
    theirs = torch.load(tmp_path / "nested.pth", weights_only=False)
    theirs = theirs["net"]["state_dict"]
    assert set(theirs) == {f"module.{name}" for name in found}
    for name, array in found.items():
        value = theirs[f"module.{name}"].detach()
        assert str(value.dtype) == f"torch.{array.dtype}"
        assert tuple(value.shape) == array.shape
        if "complex" not in name:
            value, array = value.double(), array.astype(np.float64)
        np.testing.assert_array_equal(array, value.numpy())


def test_a_state_dict_alone_needs_no_container(path):
    save(path, OrderedDict(STATE))
    found = read(path)
    assert_same(found.arrays, STATE)
    assert (found.container, found.others, found.prefix) == ("", (), "")


def with_scale(factor):
    return {name: np.asarray(array * factor) for name, array in STATE.items()}


@pytest.mark.parametrize(
    "value, container, others",
    [
        ({"state_dict": STATE, "epoch": 1}, "state_dict", ("epoch",)),
        ({"G": with_scale(2), "D": with_scale(3), "G_ema": STATE}, "G_ema", ("G", "D")),
        ({"g": with_scale(2), "g_ema": STATE, "args": None}, "g_ema", ("g", "args")),
        ({"g_ema": STATE, "latent_avg": np.zeros(3)}, "g_ema", ("latent_avg",)),
        ({"generator": STATE, "steps": 5}, "generator", ("steps",)),
        ({"epoch": 1, **STATE}, "", ("epoch",)),
        ({"a": {"model": STATE, "b": 1}, "c": 2}, "a/model", ("c", "a/b")),
        ({1: 2, "model": STATE, None: 3}, "model", ("1", "None")),
    ],
)
def test_weights_are_found_wherever_files_keep_them(path, value, container, others):
    save(path, value)
    found = read(path)
    assert (found.container, found.others) == (container, others)
    assert_same(found.arrays, STATE)


def test_another_container_can_be_asked_for(path):
    save(path, {"G": with_scale(2), "D": STATE, "mean": np.zeros(3), "G_ema": STATE})
    assert_same(read(path, container="G").arrays, with_scale(2))
    assert list(read(path, container="").arrays) == ["mean"]
    with pytest.raises(KeyError, match="unknown container 'E'.*there is , D, G, G_ema"):
        read(path, container="E")


@pytest.mark.parametrize(
    "value",
    [
        {"G": STATE, "D": STATE},
        {"G": {"state_dict": STATE}, "D": {"state_dict": STATE}},
    ],
)
def test_several_sets_of_weights_are_not_chosen_between(path, value):
    save(path, value)
    with pytest.raises(ValueError, match="several sets of weights.*'D.*'G"):
        read(path)


@pytest.mark.parametrize("value", [STATE["stem.bias"], [STATE], {}, {"epoch": 3}, None])
def test_what_has_no_named_arrays_is_refused(path, value):
    save(path, value)
    with pytest.raises(ValueError, match="no arrays with names"):
        read(path)


def test_the_prefix_of_data_parallel_is_taken_off_only_from_all(path):
    save(path, {f"module.{name}": array for name, array in STATE.items()})
    assert_same(read(path).arrays, STATE)
    assert read(path).prefix == "module."
    mixed = {"module.a": STATE["stem.bias"], "b": STATE["stem.bias"]}
    save(path, mixed)
    assert list(read(path).arrays) == ["module.a", "b"]


def test_a_circle_is_walked_once(path):
    array = tensor(np.zeros(2, np.float32), 0)
    around = b"}q\x00X\x01\x00\x00\x00ah\x00sX\x01\x00\x00\x00w" + array + b"s."
    save_program(path, around, [bytes(8)])
    assert list(read(path).arrays) == ["w"]


# What is refused.


def test_a_missing_file_and_a_folder_are_said_to_be_missing(tmp_path):
    for missing in (tmp_path / "none.pth", tmp_path):
        with pytest.raises(FileNotFoundError, match="torch_file: there is no file"):
            read(str(missing))


@pytest.mark.parametrize(
    "data, culprit",
    [
        (b"", "is empty"),
        (b"hello", "no zip file"),
        (b"PK\3\4" + bytes(100), "no zip file, or it was cut off"),
        (pickle.dumps({}, 2), "no zip file"),
    ],
)
def test_other_files_are_refused(path, data, culprit):
    pathlib.Path(path).write_bytes(data)
    with pytest.raises(ValueError, match=culprit):
        read(path)


def test_a_file_that_was_cut_off_anywhere_is_refused(path):
    save(path, STATE)
    data = pathlib.Path(path).read_bytes()
    for kept in range(0, len(data), 97):
        pathlib.Path(path).write_bytes(data[:kept])
        with pytest.raises(ValueError, match="^torch_file: .*net.pth "):
            read(path)


def test_other_zips_are_refused(path):
    for names in ([], ["a.txt"], ["data.pkl"], ["a/data.pkl", "b/data.pkl"]):
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, b"N.")
        with pytest.raises(ValueError, match="torch.save did not write it"):
            read(path)


def test_compressed_records_are_refused(path):
    save(path, STATE)
    packed = path + ".zip"
    with zipfile.ZipFile(path) as plain:
        for name in ("archive/data.pkl", "archive/data/0"):
            with zipfile.ZipFile(packed, "w") as archive:
                for entry in plain.namelist():
                    kind = zipfile.ZIP_DEFLATED if entry == name else zipfile.ZIP_STORED
                    archive.writestr(entry, plain.read(entry), kind)
            with pytest.raises(ValueError, match="no plain record|compressed"):
                read(packed)


def test_programs_and_big_endian_files_are_refused(path):
    save_program(path, b"N.", others={"constants.pkl": b""})
    with pytest.raises(ValueError, match="TorchScript"):
        read(path)
    save_program(path, b"N.", others={"byteorder": b"big"})
    with pytest.raises(ValueError, match="big-endian"):
        read(path)


@pytest.mark.parametrize(
    "name", ["__main__.Net", "models.networks.Generator", "torch.nn.modules.Linear"]
)
def test_a_whole_model_is_refused_with_the_way_out(path, name):
    save_program(path, named(name) + b")\x81}b.")
    with pytest.raises(ValueError) as caught:
        read(path)
    said = str(caught.value)
    assert repr(name) in said and "torch.save(model.state_dict()" in said


@pytest.mark.parametrize("name", ["os.system", "subprocess.Popen", "builtins.eval"])
def test_foreign_functions_are_refused_and_nothing_runs(path, name, tmp_path):
    trace = tmp_path / "ran"
    command = pickle.dumps((f"touch {trace}",), 2)[2:-1]
    save_program(path, named(name) + command + b"R.")
    with pytest.raises(ValueError, match=f"asks for '{name}', which no weights file"):
        read(path)
    assert not trace.exists()


FLOATS = np.zeros(4, np.float32)


@pytest.mark.parametrize(
    "program, culprit",
    [
        (tensor(FLOATS, 1), "record '1' is missing"),
        (tensor(FLOATS, "../version"), "is missing"),
        (tensor(FLOATS, 0, count=5), "record '0' has 16 of 20 bytes"),
        (tensor(FLOATS, 0, count=-1), "record '0' has 16 of -4 bytes"),
        (tensor(FLOATS, 0, count=2**70), "record '0' has 16 of"),
        (tensor(FLOATS, 0, count=1.0), "that of no storage"),
        (tensor(FLOATS, 0, kind="torch.Tensor"), "type of the storage is unknown"),
        (tensor(FLOATS, 0, kind="numpy.dtype"), "type of the storage is unknown"),
        (tensor(FLOATS, 0, kind="torch.QInt8Storage"), "torch.QInt8Storage"),
        (tensor(FLOATS, 0, shape=(5,)), "beyond its storage"),
        (tensor(FLOATS, 0, offset=-1), "offset is -1"),
        (tensor(FLOATS, 0, strides=(2,)), "beyond its storage"),
        (tensor(FLOATS, 0, shape=(10**12,), strides=(0,)), "many times the bytes"),
        (b"X\x07\x00\x00\x00storageQ", "five parts"),
        (b"(NNNNNtQ", "that of no storage"),
        (b"Pstorage\n", "five parts"),
        (named("torch._utils._rebuild_tensor_v2") + b")R", "_rebuild_tensor_v2"),
        (named("torch._utils._rebuild_qtensor"), "_rebuild_qtensor"),
        (named("torch._utils._rebuild_sparse_tensor"), "_rebuild_sparse_tensor"),
        (named("torch.Size") + b"](I1\ne\x85R", "'torch.Size'"),
    ],
)
def test_odd_tensors_are_refused(path, program, culprit):
    save_program(path, b"}X\x01\x00\x00\x00w" + program + b"s.", [FLOATS.tobytes()])
    with pytest.raises(ValueError) as caught:
        read(path)
    said = str(caught.value)
    assert culprit in said and path in said and "\n" not in said


def test_a_thousand_views_of_one_storage_are_too_many(path):
    one = tensor(np.zeros(10**5, np.float32), 0)
    save_program(path, b"](" + one * 1000 + b"e.", [bytes(4 * 10**5)])
    with pytest.raises(ValueError, match="many times the bytes"):
        read(path)


def test_storages_are_shared_and_never_copied(path):
    first = storage("torch.FloatStorage", 0, 4)
    shape = pickle.dumps((2, 2), 2)[2:-1]
    two = b"".join(
        b"X\x01\x00\x00\x00"
        + name
        + named("torch._utils._rebuild_tensor")
        + b"("
        + first
        + b"K\x00"
        + shape
        + strides
        + b"tRs"
        for name, strides in ((b"a", b"K\x02K\x01\x86"), (b"b", b"K\x01K\x02\x86"))
    )
    save_program(path, b"}" + two + b".", [np.arange(4, dtype="f4").tobytes()])
    found = read(path).arrays
    np.testing.assert_array_equal(found["a"], found["b"].T)
    assert np.shares_memory(found["a"], found["b"])


METER = """
import re, sys
import numpy as np
from jaxgen.weights import torch_file
def peak():
    status = open("/proc/self/status").read()
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) * 1024
start = peak()
arrays = torch_file.read(sys.argv[1]).arrays
print(peak() - start, sum(a.nbytes for a in arrays.values()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the memory")
def test_a_large_file_is_not_read_before_it_is_used(path):
    save(path, {f"w{i}": np.zeros(2**20, np.float32) for i in range(16)})
    root = pathlib.Path(torch_file.__file__).parents[2]
    command = [sys.executable, "-c", METER, path]
    used, size = map(int, subprocess.check_output(command, cwd=root).split())
    assert size == 2**26 and used < 2**24


@pytest.mark.parametrize("golden, count", [(True, 100), (False, 400)])
def test_damaged_files_give_arrays_or_a_sentence(path, golden, count):
    if golden:
        data = (GOLDEN / "nested.pth").read_bytes()
    else:
        save(path, {"state_dict": STATE, "epoch": 1})
        data = pathlib.Path(path).read_bytes()
    rng = np.random.default_rng(golden)
    names = (b"PK\1\2", b"PK\3\4", b"PK\5\6", b"data.pkl", b"torch", b"storage")
    hot = [i for name in names for i in range(len(data)) if data.startswith(name, i)]
    for _ in range(count):
        changed = bytearray(data)
        for _ in range(rng.integers(1, 4)):
            start = rng.choice(hot) if rng.random() < 0.7 else rng.integers(len(data))
            changed[min(start + rng.integers(60), len(data) - 1)] = rng.integers(256)
        pathlib.Path(path).write_bytes(changed)
        try:
            arrays = read(path).arrays
        except ValueError as error:
            assert path in str(error) and "\n" not in str(error)
        else:
            assert sum(array.nbytes for array in arrays.values()) < 10 * len(data)
