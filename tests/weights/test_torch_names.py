"""Tensors as views of their storages, whatever a file says they are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxgen.weights.pickle_machine import Named
from jaxgen.weights.torch_names import NAMES, Storage

tensor = NAMES["torch._utils._rebuild_tensor_v2"]
newer = NAMES["torch._utils._rebuild_tensor_v3"]
parameter = NAMES["torch._utils._rebuild_parameter"]
attributed = NAMES["torch._tensor._rebuild_from_type_v2"]
NUMBERS = np.arange(10, dtype=np.float32)


def storage(limit=10**6):
    def spend(amount):
        if amount > limit:
            raise ValueError("too much")

    return Storage(memoryview(NUMBERS.tobytes()), NUMBERS.dtype, spend)


@pytest.mark.parametrize(
    "offset, shape, strides",
    [
        (0, (10,), (1,)),
        (3, (2, 3), (3, 1)),
        (3, (3, 2), (1, 3)),
        (0, (4, 4), (1, 1)),
        (9, (10,), (-1,)),
        (5, (2, 3), (4, -2)),
        (2, (5, 2), (0, 1)),
        (7, (), ()),
        (9, (1, 1), (10**30, -(10**30))),
        (99, (0, 3), (1, 1)),
    ],
)
def test_a_view_is_what_its_strides_say(offset, shape, strides):
    found = tensor(storage(), offset, shape, strides, False, {})
    assert found.shape == shape and found.dtype == np.float32
    for index in np.ndindex(shape):
        place = offset + sum(i * s for i, s in zip(index, strides, strict=True))
        assert found[index] == NUMBERS[place]


def test_a_view_copies_nothing_and_cannot_be_written():
    data = memoryview(NUMBERS.tobytes())
    found = tensor(storage()._replace(data=data), 2, (3,), (1,))
    assert np.shares_memory(found, np.frombuffer(data, np.uint8))
    assert not found.flags.writeable


def test_numbers_at_odd_addresses_are_views_too():
    data = memoryview(b"x" + NUMBERS.tobytes())[1:]
    found = tensor(storage()._replace(data=data), 0, (10,), (1,))
    assert np.shares_memory(found, np.frombuffer(data, "u1"))
    np.testing.assert_array_equal(found, NUMBERS)


@pytest.mark.parametrize(
    "arguments, culprit",
    [
        ((None, 0, (1,), (1,)), "no storage"),
        ((b"bytes", 0, (1,), (1,)), "no storage"),
        ((storage(), -5, (1,), (1,)), "offset is -5"),
        ((storage(), 1.0, (1,), (1,)), "offset is 1.0"),
        ((storage(), True, (1,), (1,)), "offset is True"),
        ((storage(), "1", (1,), (1,)), "offset is 1"),
        ((storage(), 0, [1], (1,)), "size is no tuple"),
        ((storage(), 0, (1.0,), (1,)), "size is no tuple"),
        ((storage(), 0, (1,), None), "stride is no tuple"),
        ((storage(), 0, (1,) * 33, (1,) * 33), "33 axes"),
        ((storage(), 0, (1, 1), (1,)), "do not fit"),
        ((storage(), 0, (-1,), (1,)), "do not fit"),
        ((storage(), 0, (-2, -5), (1, 1)), "do not fit"),
        ((storage(), 0, (11,), (1,)), "beyond its storage"),
        ((storage(), 10, (1,), (1,)), "beyond its storage"),
        ((storage(), 10, (), ()), "beyond its storage"),
        ((storage(), 2**70, (1,), (1,)), "beyond its storage"),
        ((storage(), 0, (2,), (2**70,)), "beyond its storage"),
        ((storage(), 0, (2,), (-1,)), "beyond its storage"),
        ((storage(), 3, (3, 2), (-2, 5)), "beyond its storage"),
        ((storage(), 0, (2**40,), (0,)), "too much"),
        ((storage(), 0, (2**62, 2**62), (0, 0)), "too much"),
        ((storage(), 0, (0, 2**62), (1, 1)), "too long"),
    ],
)
def test_odd_arguments_are_refused(arguments, culprit):
    for function in (tensor, NAMES["torch._utils._rebuild_tensor"]):
        with pytest.raises(ValueError, match=culprit):
            function(*arguments)


SMALL = st.integers(-12, 12)


@settings(max_examples=200, deadline=None)
@given(SMALL, st.lists(st.tuples(SMALL, SMALL), max_size=3))
def test_any_view_is_within_its_storage_or_refused(offset, axes):
    shape, strides = tuple(n for n, _ in axes), tuple(s for _, s in axes)
    try:
        found = tensor(storage(), offset, shape, strides)
    except ValueError:
        return
    assert found.shape == shape and set(found.ravel()) <= set(NUMBERS)


def test_newer_tensors_tell_their_dtype():
    data = storage()._replace(dtype=np.dtype("u1"))
    kind = Named("torch.uint16", np.dtype("u2"))
    found = newer(data, 1, (3,), (2,), False, {}, kind)
    np.testing.assert_array_equal(found, NUMBERS.view(np.uint16)[1:7:2])
    for wrong in ((), (False, {}), (False, {}, "u2"), (False, {}, Named("x", "u2"))):
        with pytest.raises(ValueError, match="dtype is unknown"):
            newer(data, 0, (1,), (1,), *wrong)


def test_parameters_and_attributed_tensors_are_their_tensors():
    assert parameter(NUMBERS, True, {}) is NUMBERS
    maker = Named("torch._utils._rebuild_parameter", parameter)
    kind = Named("torch.nn.parameter.Parameter", None)
    assert attributed(maker, kind, (NUMBERS, True, {}), {"note": 1}) is NUMBERS
    with pytest.raises(ValueError, match="no tensor"):
        parameter([1.0])
    for wrong in (None, parameter, Named("builtins.eval", eval)):
        with pytest.raises(ValueError, match="no function for tensors"):
            attributed(wrong, kind, (NUMBERS,), {})
    with pytest.raises(ValueError, match="of nothing"):
        attributed(maker, kind, [NUMBERS], {})
