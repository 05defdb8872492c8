"""A file is told by what it holds, whatever its name."""

import json
import os
import pathlib
import pickle
import subprocess
import sys

import numpy as np
import pytest

from jaxgen.weights import files
from tests.reference import (
    golden,
    nvidia_pickle,
    tensor_bundle,
    torch_old,
    torch_zip,
)

ROOT = pathlib.Path(__file__).parents[2]
BODY = golden.FOLDER / "smpl" / "model.pkl"
ARRAY = np.arange(6, dtype=np.float32).reshape(2, 3)
STATE = {"a": ARRAY}


def numpy_archive(path):
    with open(path, "wb") as file:
        np.savez(file, **STATE)


def zip_of_torch(path):
    torch_zip.save(path, {"G_ema": STATE, "G": STATE})


def stream_of_torch(path):
    path.write_bytes(torch_old.stream({"G_ema": STATE, "G": STATE}))


def tar_of_torch(path):
    inner = b"}" + torch_old.plain("a") + torch_old.reference(5) + b"s"
    value = b"}" + b"".join(torch_old.plain(k) + inner + b"s" for k in ("G_ema", "G"))
    tensors = {5: (1, (2, 3), (3, 1), 0)}
    path.write_bytes(torch_old.tar(value, {1: ARRAY}, tensors=tensors))


def nvidia(path):
    networks = {k: nvidia_pickle.Network("Net", STATE) for k in ("G_ema", "G")}
    path.write_bytes(nvidia_pickle.dumps(networks))


def plain_pickle(path):
    path.write_bytes(pickle.dumps({"G_ema": STATE, "G": STATE}))


def safetensors(path):
    pytest.importorskip("safetensors.numpy").save_file(STATE, str(path))


def hdf5(path):
    with pytest.importorskip("h5py").File(path, "w") as file:
        file["a"] = ARRAY


KINDS = {
    "NumPy archive": numpy_archive,
    "PyTorch file": zip_of_torch,
    "PyTorch file (before 1.6)": stream_of_torch,
    "PyTorch file (0.1)": tar_of_torch,
    "NVIDIA network pickle": nvidia,
    "pickle of arrays": plain_pickle,
    "safetensors file": safetensors,
    "HDF5 file": hdf5,
}
FLAT = {"NumPy archive", "safetensors file", "HDF5 file"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["x", "x.pth", "x.npz", "x.index"])
def test_each_kind_is_known_whatever_its_name(tmp_path, kind, name):
    KINDS[kind](tmp_path / name)
    found = files.read(str(tmp_path / name))
    assert found.kind == kind
    assert found.container == ("" if kind in FLAT else "G_ema")
    np.testing.assert_array_equal(found.arrays["a"], ARRAY)


@pytest.mark.parametrize("kind", KINDS)
def test_another_container_can_be_asked_for(tmp_path, kind):
    path = tmp_path / "x"
    KINDS[kind](path)
    if kind not in FLAT:
        assert files.read(str(path), container="G").container == "G"
    with pytest.raises(KeyError, match="unknown container 'D'"):
        files.read(str(path), container="D")


def test_a_checkpoint_of_tensorflow_is_named_by_its_prefix_or_its_index(tmp_path):
    prefix = str(tmp_path / "model.ckpt-0")
    tensor_bundle.save(prefix, {"G/a": ARRAY})
    for path in (prefix, f"{prefix}.index"):
        assert files.read(path).kind == "TensorFlow checkpoint"
        assert list(files.read(path, container="G").arrays) == ["a"]
    with pytest.raises(ValueError, match="give that file instead"):
        files.read(f"{prefix}.data-00000-of-00001")


def test_a_body_is_read_as_one():
    found = files.read(str(BODY))
    assert found.kind == "SMPL body"
    assert found.arrays["v_template"].shape == (320, 3)


@pytest.mark.parametrize(
    "text", [b"", b"#!/bin/sh", b"PK", b"PK\x03\x04 cut", b"\x80\x02N.", bytes(600)]
)
def test_what_is_no_weights_file_is_refused(tmp_path, text):
    (tmp_path / "x").write_bytes(text)
    with pytest.raises(ValueError, match=": .*x "):
        files.read(str(tmp_path / "x"))


def test_a_missing_file_is_named(tmp_path):
    for missing in (tmp_path / "nowhere.pth", tmp_path):
        with pytest.raises(FileNotFoundError, match="there is no file"):
            files.read(str(missing))


def test_an_archive_of_objects_is_refused(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.array([{}], object))
    with pytest.raises(ValueError, match="x.npz"):
        files.read(str(tmp_path / "x.npz"))


CANARY = """
import os, sys
from tests.benchmarks.fuzz_readers import Canary
canary = Canary()
canary.armed = True
eval("1")
os.system("true")
open(os.devnull, "w")
canary.armed = False
eval("1")
print(sorted(canary.seen))
"""


def python(*arguments):
    """What a process of its own prints, for audit hooks stay for ever."""
    command = [sys.executable, *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.check_output(command, cwd=ROOT, env=environment, timeout=120)


def test_the_canary_sees_who_runs_something():
    assert eval(python("-c", CANARY)) == ["compile", "exec", "open", "os.system"]


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_two_thousand_damaged_files_give_arrays_or_a_sentence():
    """Nothing in them runs, none takes long or much memory."""
    command = ["tests/benchmarks/fuzz_readers.py", "--files", "2000"]
    report = json.loads(python(*command))
    assert report["findings"] == {} and report["foreign_calls"] == {}
    assert report["results"] + report["errors"] == 2000
    assert min(report["results"], report["errors"]) > 100
    assert report["slowest_ms"] < 2000 and report["peak_growth_mb"] < 128


METER = """
import json, os, re, sys
from jaxgen.weights import files
try:
    import h5py
except ModuleNotFoundError:
    pass
def memory(kind):
    text = open("/proc/self/status").read()
    return int(re.search(kind + r":\\s+(\\d+) kB", text)[1]) * 1024
for path in sys.argv[1:]:
    if not os.fork():
        before = memory("VmRSS")
        arrays = files.read(path).arrays
        print(json.dumps([path, memory("VmHWM") - before]), flush=True)
        os._exit(0)
    os.wait()
"""
VIEWED = {*KINDS} - {"NumPy archive", "HDF5 file"}


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the memory")
def test_reading_takes_no_more_than_the_file_and_often_nothing(tmp_path, monkeypatch):
    large = np.random.default_rng(0).random((2048, 4096), np.float32)
    monkeypatch.setitem(globals(), "STATE", {"a": large})
    monkeypatch.setitem(globals(), "ARRAY", large.reshape(-1)[:6])
    paths = {}
    for kind in KINDS:
        if kind not in ("PyTorch file (0.1)", "HDF5 file"):  # Written of ARRAY.
            KINDS[kind](tmp_path / kind)
            paths[str(tmp_path / kind)] = kind
    told = python("-c", METER, *paths).decode().splitlines()
    grown = {paths[path]: n / large.nbytes for path, n in map(json.loads, told)}
    assert set(grown) == set(paths.values())
    for kind, times in grown.items():
        assert times < (0.3 if kind in VIEWED else 1.2), (kind, times)


def by_stack(name):
    """The name by way of the memo and the stack, as protocol 4 asks for it."""
    module, _, attribute = name.rpartition(".")
    texts = torch_old.plain(module) + b"q\x051" + torch_old.plain(attribute) + b"q\x060"
    return b"(" + texts.replace(b"q\x051", b"q\x050") + b"1h\x05h\x06\x93"


COMMAND = torch_old.plain(("touch ran",))
TRICKS = {
    "a call": (torch_zip.named("os.system") + COMMAND + b"R", "'os.system'"),
    "a call by the stack": (by_stack("os.system") + COMMAND + b"R", "'os.system'"),
    "a new object": (torch_zip.named("subprocess.Popen") + COMMAND + b"\x81", "Popen"),
    "an instance": (b"(ios\nsystem\n", "'os.system'"),
    "an object": (b"(" + torch_zip.named("builtins.eval") + b"No", "builtins.eval"),
    "a deep name": (
        by_stack("torch._utils._rebuild_tensor.__globals__"),
        "_rebuild_tensor.__globals__",
    ),
    "a call of what was made": (
        torch_zip.named("argparse.Namespace") + b")R)R",
        "calls a Stub",
    ),
    "a hostile state": (
        torch_zip.named("argparse.Namespace") + b")R]b",
        "state is no dictionary",
    ),
    "odd arguments": (
        torch_zip.named("torch._utils._rebuild_tensor_v2") + b"(NNNNtR",
        "has no storage",
    ),
    "an odd parameter": (
        torch_zip.named("torch._utils._rebuild_parameter") + b"(]I1\ntR",
        "parameter is no tensor",
    ),
    "an odd type": (
        torch_zip.named("torch._tensor._rebuild_from_type_v2") + b"(NNNNtR",
        "no function for tensors",
    ),
    "a registered extension": (b"\x82\x05", "extension registry"),
    "no memo": (b"h\xff", "memo"),
}


def inner_stream(program):
    data = torch_old.stream_of(b"\x80\x02" + program + b".", [])
    return b"\x80\x03" + nvidia_pickle.loaded(data) + b"."


PLACES = {
    "zip": lambda path, x: torch_zip.save_program(path, b"\x80\x02" + x + b"."),
    "stream": lambda path, x: path.write_bytes(
        torch_old.stream_of(b"\x80\x02" + x + b".", [])
    ),
    "tar": lambda path, x: path.write_bytes(torch_old.tar(x, {}, tensors={})),
    "pickle": lambda path, x: path.write_bytes(b"\x80\x03" + x + b"."),
    "within a tensor": lambda path, x: path.write_bytes(inner_stream(x)),
    "within a module": lambda path, x: path.write_bytes(
        b"\x80\x03"
        + nvidia_pickle.persistent("Net", {"x": "here"}).replace(
            torch_old.plain("here"), x
        )
        + b"."
    ),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("trick", TRICKS)
def test_tricks_are_refused_by_name_in_every_format(
    tmp_path, monkeypatch, place, trick
):
    monkeypatch.chdir(tmp_path)
    program, culprit = TRICKS[trick]
    PLACES[place](tmp_path / "x", program)
    with pytest.raises(ValueError) as caught:
        files.read(str(tmp_path / "x"))
    said = str(caught.value)
    assert culprit in said and str(tmp_path / "x") in said and "\n" not in said
    assert not (tmp_path / "ran").exists()
