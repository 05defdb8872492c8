"""NVIDIA's pickles give the arrays of `state_dict()`, and their source never runs."""

import pathlib
import pickle
import time

import numpy as np
import pytest

from jaxgen.weights import nvidia
from jaxgen.weights.nvidia import read
from tests.reference import golden
from tests.reference.nvidia_pickle import (
    Easy,
    Network,
    dumps,
    held,
    loaded,
    named,
    persistent,
    plain,
    storage,
    tensor,
)
from tests.reference.torch_old import stream, stream_of
from tests.reference.torch_zip import save_program

GOLDEN = golden.FOLDER / "torch_files"
RNG = np.random.default_rng(0)


def floats(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def generator():
    layers = {f"fc{i}": Network("Layer", {"weight": floats(3, 2)}) for i in range(2)}
    mapping = Network("Mapping", {}, {"w_avg": floats(2)}, layers, num_layers=2)
    return Network(
        "Generator", {"const": floats(4, 4, 2)}, {}, {"mapping": mapping}, z=8
    )


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "network.pkl")


def written(path, data):
    pathlib.Path(path).write_bytes(data)
    return path


def assert_same(found, want):
    assert list(found) == list(want)
    for name, array in want.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


def test_a_pickle_that_python_wrote_of_torchs_modules_has_their_values():
    found = read(str(GOLDEN / "network.pkl"))
    assert_same(found.arrays, dict(np.load(GOLDEN / "network.npz")))
    assert found.kind == "NVIDIA network pickle" and found.container == "G_ema"
    assert found.options == {"width": 3, "mapping_kwargs": {"num_layers": 2}}
    assert found.others == (
        *("training_set_kwargs", "G", "D", "augment_pipe"),
        "G/init_kwargs (width=3, mapping_kwargs={'num_layers': 2})",
        "D/init_kwargs (width=2, bias=True)",
        "G_ema/init_kwargs (width=3, mapping_kwargs={'num_layers': 2})",
    )


def test_the_golden_source_is_a_trap_for_who_runs_it():
    with pytest.raises((SystemExit, ModuleNotFoundError)):
        pickle.loads((GOLDEN / "network.pkl").read_bytes())


def test_each_network_can_be_asked_for(path):
    networks = {"G": generator(), "D": generator(), "G_ema": generator()}
    written(path, dumps({"training_set_kwargs": Easy(path="x"), **networks}))
    assert_same(read(path).arrays, networks["G_ema"].state_dict())
    for name, network in networks.items():
        found = read(path, container=name)
        assert_same(found.arrays, network.state_dict())
        assert found.options == {"z": 8}
    with pytest.raises(KeyError, match="unknown container 'E'"):
        read(path, container="E")


def test_a_network_alone_and_none_beside_it(path):
    assert read(written(path, dumps(generator()))).container == ""
    value = {"G": None, "G_ema": generator(), "augment_pipe": None}
    assert read(written(path, dumps(value))).container == "G_ema"


def test_numbers_are_views_of_the_file_and_shared_parameters_shared(path):
    shared = tensor(floats(2000)) + b"q\x07"
    layers = [
        persistent("Layer", {"_parameters": {}}).replace(
            plain("_parameters") + b"}(u", plain("_parameters") + b"}(" + pair + b"u"
        )
        for pair in (plain("w") + shared, plain("w") + b"h\x07")
    ]
    state = {"_modules": {}}
    whole = persistent("Net", state).replace(
        plain("_modules") + b"}(u",
        plain("_modules")
        + b"}("
        + plain("a")
        + layers[0]
        + plain("b")
        + layers[1]
        + b"u",
    )
    arrays = read(written(path, b"\x80\x03" + whole + b".")).arrays
    assert list(arrays) == ["a.w", "b.w"] and arrays["a.w"] is arrays["b.w"]
    assert not arrays["a.w"].flags.owndata and not arrays["a.w"].flags.writeable


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_plain_pickles_of_arrays_are_read(path, protocol):
    value = {"epoch": 3, "model": {"w": floats(3, 3000), "b": floats(3)}}
    found = read(written(path, pickle.dumps(value, protocol)))
    assert_same(found.arrays, value["model"])
    assert (found.kind, found.container) == ("pickle of arrays", "model")


def tensorflow(variables, components=None):
    """A network as the TensorFlow version of StyleGAN2 pickled it."""
    state = {"version": 4, "static_kwargs": {"resolution": 16}}
    state |= {"variables": variables, "components": components or {}}
    state["build_module_src"] = "raise SystemExit"
    return state


class Tagged:
    """Stands for `dnnlib.tflib.network.Network` while a test writes a pickle."""

    def __init__(self, state):
        self.__dict__ = state


def test_networks_of_tensorflow_give_their_variables(path):
    inner = Tagged(tensorflow([("w", floats(2))]))
    whole = tensorflow([("lod", np.float32(0)), ("dlatent_avg", floats(3))])
    whole["components"] = {"mapping": inner}
    value = tuple(Tagged(dict(whole)) for _ in "GDs")
    mark = f"c{Tagged.__module__}\nTagged\n".encode()
    data = pickle.dumps(value, 2).replace(mark, named(nvidia._TENSORFLOW))
    with pytest.raises(ValueError, match="'lod' that is no array"):
        read(written(path, data))
    whole["variables"][0] = ("lod", np.array(0, np.float32))
    value = tuple(Tagged(dict(whole)) for _ in "GDs")
    data = pickle.dumps(value, 2).replace(mark, named(nvidia._TENSORFLOW))
    found = read(written(path, data))
    assert list(found.arrays) == ["lod", "dlatent_avg", "mapping/w"]
    assert (found.container, found.options) == ("Gs", {"resolution": 16})


# What is refused.


def of(state, **options):
    return b"\x80\x03" + persistent("Net", state, **options) + b"."


def circle():
    """A module that is its own child, as only a hostile file makes it."""
    state = b"}q\x01" + plain("_modules") + b"}q\x02s"
    meta = b"}(" + plain("type") + plain("class") + plain("class_name") + plain("Net")
    meta += plain("state") + state + b"u"
    made = (
        named("torch_utils.persistence._reconstruct_persistent_obj") + meta + b"\x85R"
    )
    return b"\x80\x03" + made + b"q\x03h\x02" + plain("x") + b"h\x03s0."


def tower():
    """Modules each of which is twice in the next: a thousand million arrays."""
    data = b"\x80\x03" + persistent("Net", {}) + b"q\x64"
    for level in range(30):
        inner = b"h" + bytes([100 + level])
        children = b"}(" + plain("a") + inner + plain("b") + inner + b"u"
        module = persistent("Net", {"_modules": {}})
        data += module.replace(plain("_modules") + b"}(u", plain("_modules") + children)
        data += b"q" + bytes([101 + level])
    return data + b"."


@pytest.mark.parametrize(
    "data, culprit",
    [
        (of({}, kind="function"), "describes no class"),
        (of([]), "without a name or a state"),
        (of({"_parameters": [1]}), "no dictionary"),
        (of({"_parameters": {1: None}}), "no names"),
        (of({"_buffers": {"x": 5}}), "'x' that is no array"),
        (of({"_modules": {"x": {"y": 1}}}), "'x' that is no module"),
        (of({"_non_persistent_buffers_set": 5, "_buffers": {"x": None}}), "no set"),
        (of({"_buffers": {"x" * 501: None}}), "a name of 501 letters"),
        (circle(), "over 50 deep"),
        (tower(), "over 100000 parts"),
        (b"\x80\x03" + persistent("Net", {}) + b"}b.", "fills a Module"),
        (b"\x80\x03" + persistent("Net", {}) + b")R.", "calls a Module"),
        (b"\x80\x03" + persistent("Net", {}) + b".", "no arrays with names"),
        (dumps({"a": 1}), "no arrays with names"),
        (
            b"\x80\x03" + named("torch_utils.persistence._src_to_module") + b".",
            "torch_utils.persistence._src_to_module",
        ),
        (b"\x80\x03" + named(nvidia._MODULE) + b"]\x85R.", "describes no class"),
    ],
)
def test_hostile_modules_are_refused(path, data, culprit):
    with pytest.raises(ValueError) as caught:
        read(written(path, data))
    said = str(caught.value)
    assert culprit in said and path in said and "\n" not in said


def again(value, times=400):
    """A dictionary of dictionaries of ..., all the same: times ** 3 places."""
    data = b"\x80\x03" + value + b"q\x64"
    for level in range(3):
        inner = b"h" + bytes([100 + level])
        pairs = b"".join(plain(f"k{i}") + inner for i in range(times))
        data += b"}(" + pairs + b"uq" + bytes([101 + level])
    return data + b"."


def test_what_is_shared_many_times_costs_little(path):
    start = time.process_time()
    shared = tower()[2:-1]
    with pytest.raises(ValueError, match="over 100000 parts"):
        read(written(path, again(shared)))
    state = {"_parameters": {"w": floats(2)}, "_init_kwargs": {}}
    with pytest.raises(ValueError, match="no arrays with names"):
        read(written(path, again(persistent("Net", state))))
    with pytest.raises(ValueError, match="no arrays with names"):
        read(written(path, again(b"}")))
    assert time.process_time() - start < 20


def test_options_that_have_no_end_are_refused(path):
    level = b"N"
    for _ in range(4):
        level = b"]q\x64(" + level + b"2" * 99 + b"e"
    state = persistent("Net", {"_init_kwargs": {}}).replace(
        plain("_init_kwargs") + b"}(u",
        plain("_init_kwargs") + b"}" + plain("a") + level + b"s",
    )
    with pytest.raises(ValueError, match="over 100000 parts"):
        read(written(path, b"\x80\x03" + state + b"."))


def nested(levels):
    """A tensor's file in a tensor's file in ...: each must hold a storage alone."""
    data = stream_of(b"\x80\x02N.", [])
    for _ in range(levels):
        data = stream_of(b"\x80\x02" + loaded(data) + b".", [])
    return b"\x80\x03" + loaded(data) + b"."


@pytest.mark.parametrize(
    "data, culprit",
    [
        (nested(0), "holds no storage"),
        (nested(1), "_load_from_bytes"),
        (nested(1000), "_load_from_bytes"),
        (b"\x80\x03" + loaded(stream({"a": 1})) + b".", "holds no storage"),
        (b"\x80\x03" + loaded(b"PK") + b".", "no zip file"),
        (b"\x80\x03" + loaded(b"") + b".", "does not begin"),
        (
            b"\x80\x03"
            + named("torch.storage._load_from_bytes")
            + plain(5)
            + b"\x85R.",
            "in no bytes",
        ),
        (
            b"\x80\x03"
            + held(stream_of(b"\x80\x02N.", []))
            + b"q\x00"
            + (named("torch.storage._load_from_bytes") + b"h\x00\x85R") * 9
            + b".",
            "holds no storage",
        ),
    ],
)
def test_hostile_storages_are_refused(path, data, culprit):
    with pytest.raises(ValueError) as caught:
        read(written(path, data))
    said = str(caught.value)
    assert culprit in said and path in said and "\n" not in said


def test_the_same_bytes_are_not_read_again_and_again(path):
    inner = storage(floats(500))
    text = inner.partition(b"B")[2][:-2]
    again = named("torch.storage._load_from_bytes") + b"h\x00\x85R0"
    data = b"\x80\x03B" + text + b"q\x000" + again * 50 + b"N."
    with pytest.raises(ValueError, match="more bytes than the file has"):
        read(written(path, data))


def test_a_storage_may_be_a_zip_file_too(path, tmp_path):
    values = floats(4)
    program = b"\x80\x02(" + plain("storage") + named("torch.FloatStorage")
    program += plain("0") + plain("cpu") + plain(4) + b"tQ."
    save_program(tmp_path / "inner", program, [values.tobytes()])
    data = (tmp_path / "inner").read_bytes()
    found = tensor(values).replace(storage(values), loaded(data))
    written(path, b"\x80\x03}" + plain("w") + found + b"s.")
    np.testing.assert_array_equal(read(path).arrays["w"], values)


@pytest.mark.parametrize("name", ["os.system", "builtins.exec", "builtins.eval"])
def test_foreign_functions_are_refused_and_nothing_runs(path, name, tmp_path):
    trace = tmp_path / "ran"
    command = f"touch {trace}" if name == "os.system" else f"open({str(trace)!r}, 'w')"
    call = named(name) + plain((command,)) + b"R"
    for data in (
        call,
        b"}" + plain("G_ema") + call + b"s",
        persistent("Net", {}).replace(plain("_x"), call) + call,
        loaded(stream_of(b"\x80\x02" + call + b".", [])),
    ):
        with pytest.raises(ValueError, match=f"asks for '{name}'"):
            read(written(path, b"\x80\x03" + data + b"."))
    assert not trace.exists()


def test_a_source_that_would_leave_a_trace_does_not(path, tmp_path):
    trace = tmp_path / "ran"
    state = {"_parameters": {"w": floats(2)}}
    data = of(state, source=f"open({str(trace)!r}, 'w')")
    assert list(read(written(path, data)).arrays) == ["w"]
    assert not trace.exists()


def test_a_file_that_was_cut_off_is_refused(path):
    data = dumps({"G_ema": generator()})
    for kept in range(1, len(data), 37):
        with pytest.raises(ValueError, match="network.pkl "):
            read(written(path, data[:kept]))
