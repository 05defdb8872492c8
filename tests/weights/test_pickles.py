"""Pickles of all protocols are read as Python reads them, and none runs anything."""

import argparse
import collections
import json
import pathlib
import pickle
import pickletools
import subprocess
import sys

import numpy as np
import pytest

from jaxgen.weights import pickles
from jaxgen.weights.pickle_names import NUMPY, PYTHON

NAMES = PYTHON | NUMPY
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def load(data, **options):
    return pickles.load(data, NAMES, file="a.pkl", **options)


def refusal(data, **options):
    """What the error says, which must be one sentence."""
    with pytest.raises(ValueError) as caught:
        load(data, **options)
    said = str(caught.value)
    assert said.startswith("pickles: a.pkl ") and said.endswith(".")
    assert "\n" not in said and len(said) < 400
    return said


def text(value):
    """The operation that puts a plain value on the stack."""
    return pickletools.optimize(pickle.dumps(value, 2))[2:-1]


PLAIN = {
    "numbers": [0, 1, -1, 255, 256, -70_000, 2**31, -(2**63), 2**70, 1.5, -0.0, 1e300],
    "texts": ["", "plain", "äöü €", "\U0001f600", "line\nbreak", "\ud800", "\\'\""],
    "bytes": [b"", b"xyz", bytes(range(256)), bytearray(b"abc")],
    "constants": [None, True, False],
    "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, (4,))],
    "sets": [set(), {1, "a"}, frozenset(), frozenset([b"b"])],
    "keys": {1: "a", "b": 2, b"c": 3, None: 4, 2.5: 5},
    "many": list(range(3000)),
    "classes": [collections.OrderedDict(a=1), collections.Counter("aab")],
    "default": collections.defaultdict(list, {"x": [1]}),
    "complex": 1 - 2j,
    "scalars": [np.float32(0.1), np.int64(7), np.bool_(True), np.complex64(1j)],
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", PLAIN)
def test_plain_values_are_read_as_python_reads_them(name, protocol):
    data = pickle.dumps(PLAIN[name], protocol)
    assert load(data) == pickle.loads(data) == PLAIN[name]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_shared_parts_stay_shared_and_circles_closed(protocol):
    inner = ["x"]
    value = {"a": inner, "b": inner}
    value["self"] = [value]
    found = load(pickle.dumps(value, protocol))
    assert found["a"] is found["b"] and found["self"][0] is found


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("dtype", ["f8", ">f4", "i2", "u1", "?", "c16", "f2"])
def test_arrays_keep_numbers_shape_and_dtype(dtype, protocol):
    for array in (
        np.arange(6).reshape(2, 3),
        np.arange(6).reshape(3, 2).T,
        np.array(3),
    ):
        array = array.astype(dtype, order="K")
        found = load(pickle.dumps(array, protocol)).values
        np.testing.assert_array_equal(found, array)
        assert found.dtype == array.dtype


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_options_of_a_script_are_kept_as_a_stub(protocol):
    found = load(pickle.dumps(argparse.Namespace(rate=0.1, name="x"), protocol))
    assert found.name == "argparse.Namespace"
    assert found.state == {"rate": 0.1, "name": "x"}


@pytest.mark.parametrize(
    "data, value",
    [
        (b"S'abc\\n\\x41\\101\\\\'\n.", "abc\nAA\\"),
        (b'S"it\'s"\n.', "it's"),
        (b"U\x02\xe9\xff.", "éÿ"),
        (b"T\x02\x00\x00\x00\xe9\xff.", "éÿ"),
        (b"I01\n.", True),
        (b"I00\n.", False),
        (b"I42\n.", 42),
        (b"L42L\n.", 42),
        (b"F1.5\n.", 1.5),
        (b"Vx\\u00e9\n.", "xé"),
        (b"(lp0\nI1\na.", [1]),
        (b"(dp0\nS'a'\nI1\ns.", {"a": 1}),
        (b"(I1\nI2\nt.", (1, 2)),
        (b"(I1\n1I2\n.", 2),
        (b"I1\nI2\n0.", 1),
        (b"I1\n(0.", 1),
        (b"I1\n2\x86.", (1, 1)),
        (b"(ccollections\nOrderedDict\no.", {}),
        (b"(icollections\nOrderedDict\n.", {}),
        (b"ccollections\nOrderedDict\n)\x81.", {}),
        (b"ccollections\nOrderedDict\n)}\x92.", {}),
    ],
)
def test_operations_of_old_and_rare_kinds(data, value):
    found = load(data)
    assert found == value and isinstance(found, type(value))


def test_a_name_that_is_not_called_stays_a_name():
    assert load(b"cnumpy\nndarray\n.").name == "numpy.ndarray"


def test_persistent_ids_are_given_to_the_reader():
    for data in (b"Pabc\n.", text("abc") + b"Q."):
        assert load(data, persistent=str.upper) == "ABC"
    assert "outside of it" in refusal(b"Pabc\n.")


# What must not run. `{}` is a shell command or Python source that leaves a trace.

SHELL = ["os.system", "posix.system", "nt.system", "subprocess.getoutput"]
SOURCE = ["builtins.eval", "builtins.exec", "__builtin__.eval", "numpy.f2py.compile"]
OTHER = [
    "builtins.getattr",
    "builtins.__import__",
    "operator.attrgetter",
    "importlib.import_module",
    "collections.OrderedDict.__init__",
    "collections.OrderedDict.__class__.__base__.__subclasses__",
    "numpy.load",
    "numpy.core.multiarray.fromfile",
    "torch.load",
    "pickle.loads",
    "marshal.loads",
    "types.CodeType",
    "jaxgen.weights.pickles.load",
    "",
    "os",
]


def called(name, argument):
    """All ways in which a pickle may call something."""
    module, _, attribute = name.rpartition(".")
    by_lines = f"c{module}\n{attribute}\n".encode()
    by_stack = b"\x80\x04" + text(module) + text(attribute) + b"\x93"
    inner = f"(i{module}\n{attribute}\n".encode()
    given = text(argument)
    return [
        by_lines + b"(" + given + b"tR.",
        by_stack + given + b"\x85R.",
        by_stack + given + b"\x85\x81.",
        by_stack + given + b"\x85}\x92.",
        b"(" + by_lines + given + b"o.",
        inner[:1] + given + inner[1:] + b".",
        by_lines + b".",
        b"ccopyreg\n_reconstructor\n" + by_lines + b"c__builtin__\nobject\nN\x87R.",
        text(module)
        + b"\x94"
        + text(attribute)
        + b"\x94h\x00h\x01\x93"
        + given
        + b"\x85R.",
    ]


def test_the_trap_works_for_who_walks_into_it(tmp_path):
    trace = tmp_path / "ran"
    for data in called("os.system", f"touch {trace}")[:2]:
        pickle.loads(data)
        assert trace.exists()
        trace.unlink()


@pytest.mark.parametrize("name", [*SHELL, *SOURCE, *OTHER])
def test_foreign_names_are_refused_and_nothing_runs(name, tmp_path):
    trace = tmp_path / "ran"
    argument = f"open({str(trace)!r}, 'w')" if name in SOURCE else f"touch {trace}"
    for data in called(name, argument):
        said = refusal(data)
        module, _, attribute = name.rpartition(".")
        assert repr(f"{module}.{attribute}") in said and "nothing of it was run" in said
    assert not trace.exists()


def test_the_error_names_what_was_asked_for():
    with pytest.raises(pickles.UnknownName) as caught:
        load(b"cos\nsystem\n.")
    assert caught.value.name == "os.system"


@pytest.mark.parametrize(
    "data, culprit",
    [
        (b"\x82\x05.", "number 5 of Python's extension registry"),
        (b"\x83\x05\x01.", "number 261 of Python's"),
        (b"\x84\x05\x00\x00\x00.", "extension registry"),
        (b"\x97.", "elsewhere"),
        (text("os") + text(1) + b"\x93.", "a name that is no text"),
        (text(["os"]) + text("system") + b"\x93.", "a name that is no text"),
        (text("x") + b")R.", "calls a str"),
        (b"cnumpy\nndarray\n)R.", "'numpy.ndarray', which is no function"),
        (b"c_codecs\nencode\n]R.", "without a tuple"),
        (b"c_codecs\nencode\n)R.", "'_codecs.encode'"),
        (b"c_codecs\nencode\n(I1\ntR.", "only text"),
        (b"c_codecs\nencode\n(" + text("x") + text("utf-8") + b"tR.", "by latin-1"),
        (b"ccollections\nOrderedDict\n)}" + text("a") + b"Ns\x92.", "named arguments"),
        (b"ccollections\nOrderedDict\n)]\x92.", "named arguments"),
        (b"(o.", "of nothing"),
        (b"}}b.", "fills a dict like a StandIn"),
        (text("x") + b"}b.", "fills a str"),
        (b"c__builtin__\nset\n}b.", "fills a Named"),
        (b"cargparse\nNamespace\n)\x81]b.", "the state is no dictionary"),
        (b"cargparse\nNamespace\n)\x81(NI1\ntb.", "the state is no dictionary"),
        (b"}]Ns.", "a key of type list"),
        (b"}(I1\n\x85Nu.", "a key of type tuple"),
        (b"}(I1\nu.", "a key without a value"),
        (b"(I1\nd.", "a key without a value"),
        (b"\x8f(]\x90.", "a key of type list"),
        (b"(]\x91.", "a key of type list"),
        (b"]I1\nI2\ns.", "like a dict"),
        (b"}I1\na.", "like a list"),
        (b")I1\na.", "like a list"),
        (b".", "none"),
        (b"0.", "none"),
        (b"2.", "none"),
        (b"R.", "none"),
        (b"(R.", "none"),
        (b"]((R.", "none"),
        (b"1.", "never opened"),
        (b"t.", "never opened"),
        (b"(a.", "none"),
        (b"I1\n(a.", "none"),
        (b"h\x00.", "memo"),
        (b"I1\np-1\n.", "memo"),
        (b"I1\np99999999999\n.", "memo"),
        (b"I1\npx\n.", "the number 'x'"),
        (b"Ix\n.", "the number 'x'"),
        (b"I" + b"9" * 5000 + b"\n.", "a number of 5000 digits"),
        (b"\x8b\xe8\x03\x00\x00" + b"1" * 1000 + b".", "a number of 1000 bytes"),
        (b"Sabc\n.", "without quotes"),
        (b"S'a\\q'\n.", "escape"),
        (b"X\x02\x00\x00\x00\xff\xff.", "not UTF-8"),
        (b"c\xff\xff\nx\n.", "not UTF-8"),
        (b"V\\uzzzz\n.", "not UTF-8"),
        (b"\x80\x06N.", "protocol 6"),
        (b"\x95\xff\x00\x00\x00\x00\x00\x00\x00N.", "ends early"),
        (b"N", "ends early"),
        (b"", "ends early"),
        (b"I1", "ends early"),
        (b"\x8e" + b"\xff" * 8 + b"x.", "ends early"),
        (b"T\xff\xff\xff\xffx.", "ends early"),
        (b"\xff.", "byte 0xff at 0"),
        (b"hello", "memo"),
    ],
)
def test_damage_and_tricks_end_in_one_sentence(data, culprit):
    assert culprit in refusal(data)


def laughs():
    """A tuple of tuples of tuples: two to the power of 60 leaves in 300 bytes."""
    return text("ha") + b"2\x86" * 60


def test_a_tower_of_shared_tuples_is_small():
    assert len(load(laughs() + b".")) == 2


COSTLY = {
    "hash of a tower": (b"}" + laughs() + b"Ns.", "tuple"),
    "set of a tower": (b"\x8f(" + laughs() + b"\x90.", "tuple"),
    "call with a tower": (b"c_codecs\nencode\n" + laughs() + b"R.", "encode"),
    "many marks": (b"(" * 100_000, "deeper than"),
    "endless pushes": (b"N" * 3_000_000, "operations"),
    "endless memo": (b"N" + b"\x94" * 3_000_000, "operations"),
    "many sets": (b"\x8f" * 900_000, "memory"),
    "copies of a text": (
        text("x" * 10**6) + b"q\x00" + b"c_codecs\nencode\nh\x00\x85R" * 5000,
        "memory",
    ),
    "copies of a list": (
        b"](" + b"N" * 10**5 + b"eq\x00" + b"c__builtin__\nset\nh\x00\x85R" * 5000,
        "memory",
    ),
    "endless line": (b"I" + b" " * 10**6, "ends early"),
    "nested tuples": (b"N" + b"\x85" * 900_000 + b".", ""),
    "nested lists": (b"]" * 400_000 + b"a" * 399_999 + b".", ""),
    "nested dictionaries": (b"}N" * 300_000 + b"}" + b"s" * 300_000 + b".", ""),
    "nested stubs": (
        b"cpathlib\nPath\nq\x00N" + b"q\x010h\x00h\x01\x85R" * 160_000 + b".",
        "",
    ),
}
METER = """
import json, pickle, re, sys, time
from jaxgen.weights import pickle_names, pickles
def peak():
    status = open("/proc/self/status").read()
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) / 1024
cases, said = pickle.load(open(sys.argv[1], "rb")), {}
before = peak()
for name, data in cases.items():
    start = time.process_time()
    try:
        pickles.load(data, pickle_names.PYTHON, file="a.pkl")
        error = ""
    except ValueError as refused:
        error = str(refused)
    said[name] = error, time.process_time() - start, peak() - before
print(json.dumps(said))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the memory")
def test_what_costs_too_much_ends_soon_and_takes_little_memory(tmp_path):
    """In a process without the tests' type checks, which cost more than the reading."""
    cases = tmp_path / "cases"
    cases.write_bytes(pickle.dumps({name: data for name, (data, _) in COSTLY.items()}))
    root = pathlib.Path(__file__).parents[2]
    command = [sys.executable, "-c", METER, str(cases)]
    found = json.loads(subprocess.check_output(command, cwd=root, timeout=120))
    for name, (_, culprit) in COSTLY.items():
        error, seconds, megabytes = found[name]
        assert culprit in error and bool(culprit) == bool(error), name
        assert seconds < 2 and megabytes < 200, (name, seconds, megabytes)


def mutations(rng, data, count):
    """Copies with bytes changed, cut out, doubled, or cut off."""
    for _ in range(count):
        found = bytearray(data)
        for _ in range(rng.integers(1, 4)):
            start = int(rng.integers(len(found)))
            stop = start + int(rng.integers(1, 8))
            piece = found[start:stop]
            kind = rng.integers(4)
            if kind == 0:
                found[start] = rng.integers(256)
            elif kind == 1:
                del found[start:stop]
            elif kind == 2:
                found[start:start] = piece
            elif kind == 3 and rng.random() < 0.2:
                del found[start + 1 :]
        yield bytes(found)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_damaged_pickles_give_a_value_or_a_sentence(protocol):
    rng = np.random.default_rng(protocol)
    value = {**PLAIN, "many": [1, 2], "array": np.arange(4.0), "s": np.float32(1)}
    value["options"] = argparse.Namespace(x=1)
    for data in mutations(rng, pickle.dumps(value, protocol), 250):
        try:
            load(data)
        except ValueError as error:
            assert str(error).startswith("pickles: a.pkl ")
