"""The functions behind the usual names take nothing on trust."""

import pickle

import numpy as np
import pytest

from jaxgen.weights import pickles
from jaxgen.weights.pickle_names import (
    NUMPY,
    PYTHON,
    PickledArray,
    PickledDtype,
    Stub,
    stubs,
    whole_numbers,
)
from tests.reference.torch_zip import named

NAMES = PYTHON | NUMPY | stubs(["their.Class"])
F4 = PickledDtype("f4")


def load(data):
    return pickles.load(data, NAMES, file="a.pkl")


def text(value):
    return pickle.dumps(value, 2)[2:-1]


@pytest.mark.parametrize(
    "code", ["O", "O8", "|O8", "V8", "U4", "S3", "M8", "m8[s]", "f4,f4", "f3", "(9,)f4"]
)
def test_arrays_of_anything_but_plain_numbers_are_refused(code):
    with pytest.raises(ValueError, match="plain numbers"):
        PickledDtype(code)
    with pytest.raises(ValueError, match="numpy.dtype.*plain numbers"):
        load(named("numpy.dtype") + text((code, False, True)) + b"R.")


@pytest.mark.parametrize("code", [None, 5, b"f4", "V" + "9" * 10**6, ["f4"], F4])
def test_a_dtype_is_a_short_text(code):
    with pytest.raises(ValueError, match="plain numbers"):
        PickledDtype(code)


@pytest.mark.parametrize(
    "state",
    [
        None,
        (),
        (3, "<", None, None, None),
        (3, "x", None, None, None, -1, -1, 0),
        (3, None, None, None, None, -1, -1, 0),
        (3, "<", (F4, (10**9,)), None, None, -1, -1, 0),
        (3, "<", None, ("a",), {"a": (F4, 0)}, 4, 1, 0),
    ],
)
def test_a_dtype_takes_a_byte_order_and_no_fields(state):
    with pytest.raises(ValueError):
        PickledDtype("f4").build(state)


def test_the_byte_order_counts():
    for order in "<>":
        dtype = PickledDtype("i4")
        dtype.build((3, order, None, None, None, -1, -1, 0))
        assert dtype.dtype == np.dtype(f"{order}i4")


@pytest.mark.parametrize(
    "state, culprit",
    [
        (None, "five parts"),
        ((1, (2,), F4, False), "five parts"),
        ((1, (2,), "f4", False, bytes(8)), "no dtype"),
        ((1, (2,), np.dtype("f4"), False, bytes(8)), "no dtype"),
        ((1, (2,), F4, False, [0.0, 0.0]), "the bytes of an array are a list"),
        ((1, (2,), F4, False, "\u0100" * 8), "latin-1"),
        ((1, (2,), F4, False, bytes(7)), "has 7 bytes"),
        ((1, (3,), F4, False, bytes(8)), "has 8 bytes"),
        ((1, (10**18,), F4, False, bytes(8)), "has 8 bytes"),
        ((1, (2**62, 4), F4, False, b""), "has 0 bytes"),
        ((1, (0, 2**62), F4, False, b""), "has 0 bytes"),
        ((1, (-1, -2), F4, False, bytes(8)), "has 8 bytes"),
        ((1, (-2,), F4, False, bytes(8)), "has 8 bytes"),
        ((1, [2], F4, False, bytes(8)), "no tuple of whole numbers"),
        ((1, (2.0,), F4, False, bytes(8)), "no tuple of whole numbers"),
        ((1, (True, 2), F4, False, bytes(8)), "no tuple of whole numbers"),
        ((1, (1,) * 33, F4, False, bytes(4)), "33 axes"),
    ],
)
def test_shape_dtype_and_bytes_of_an_array_must_agree(state, culprit):
    with pytest.raises(ValueError, match=culprit):
        PickledArray().build(state)


def test_an_array_that_was_never_filled_says_so():
    with pytest.raises(ValueError, match="never filled"):
        _ = PickledArray().values


def test_object_arrays_and_subclasses_are_refused():
    objects = pickle.dumps(np.array([{}, None], object), 2)
    with pytest.raises(ValueError, match="plain numbers, not dtype 'O8'"):
        load(objects)
    with pytest.raises(pickles.UnknownName, match="numpy.ma.core._mareconstruct"):
        load(pickle.dumps(np.ma.masked_array([1.0]), 2))


def test_only_arrays_are_reconstructed():
    start = named("numpy.core.multiarray._reconstruct")
    for kind in (named("numpy.dtype"), named("collections.OrderedDict"), b"N"):
        with pytest.raises(ValueError, match="only plain arrays"):
            load(start + kind + text((0,)) + text("b") + b"\x87R.")


@pytest.mark.parametrize(
    "data",
    [
        named("collections.OrderedDict") + text(([[1]],)) + b"R.",
        named("collections.OrderedDict") + text((["ab"],)) + b"R.",
        named("collections.OrderedDict") + text((5,)) + b"R.",
        named("collections.OrderedDict") + text(([[(1,), 2]],)) + b"R.",
        named("builtins.set") + text(([[]],)) + b"R.",
        named("builtins.set") + text(("abc",)) + b"R.",
        named("builtins.bytearray") + text((10**12,)) + b"R.",
        named("builtins.bytes") + text((10**12,)) + b"R.",
        named("builtins.complex") + text(("1", "2")) + b"R.",
        named("numpy.core.multiarray.scalar") + text(("f4", "abcd")) + b"R.",
    ],
)
def test_odd_arguments_are_refused(data):
    with pytest.raises(ValueError, match="what it cannot take"):
        load(data)


@pytest.mark.parametrize(
    "kind, base, state",
    [
        ("collections.OrderedDict", "builtins.set", None),
        ("collections.OrderedDict", "builtins.object", 1),
        ("copyreg._reconstructor", "builtins.object", None),
        ("numpy.ndarray", "builtins.object", None),
    ],
)
def test_only_plain_objects_are_made_by_protocol_0(kind, base, state):
    data = named("copyreg._reconstructor") + named(kind) + named(base)
    with pytest.raises(ValueError, match="what it cannot take"):
        load(data + text(state) + b"\x87R.")


def test_a_stub_keeps_arguments_and_attributes_and_runs_nothing():
    made = named("their.Class") + text((1, "a")) + b"\x81"
    found = load(made + text({"x": 1, "__class__": "int", "__setstate__": "f"}) + b"b.")
    assert type(found) is Stub and found.name == "their.Class"
    assert found.arguments == (1, "a")
    assert found.state == {"x": 1, "__class__": "int", "__setstate__": "f"}
    slots = load(made + text((None, {"y": 2})) + b"b.")
    assert slots.state == {"y": 2}


def test_attributes_of_a_dictionary_are_left_out():
    data = named("collections.OrderedDict") + b")R" + text({"_metadata": 1, "get": 2})
    assert load(data + b"b.") == {}


def test_shapes_are_tuples_of_whole_numbers():
    assert whole_numbers((1, 2), "it") == (1, 2)
    for value in ([1], (1.0,), (True,), None, ((1,),)):
        with pytest.raises(ValueError, match="it is no tuple"):
            whole_numbers(value, "it")


@pytest.mark.parametrize("levels", [60, 20_000])
@pytest.mark.parametrize("shared", [True, False])
def test_what_a_message_would_show_may_be_endless(levels, shared):
    """A list of itself twice, over and over, as the code of a dtype."""
    again = b"h\x00" if shared else b""
    value = b"]q\x00" + (b"](h\x00" + again + b"eq\x00") * levels
    program = b"\x80\x02" + value + b"cnumpy\ndtype\nh\x00\x85R."
    with pytest.raises(ValueError, match="plain numbers, not dtype list"):
        pickles.load(program, NUMPY, file="x")
