"""Turns SciPy's sparse matrices and chumpy's arrays into NumPy's.

Both come out of pickles as stubs, so neither package is needed. Errors hold a part of a
sentence, such as "it is no array".
"""

from typing import Any

import numpy as np

from jaxgen.weights.pickle_names import PickledArray, Stub, stubs, whole_numbers

_LARGEST = 2**23
"""Numbers in a dense matrix: a sparse one may claim any size."""

_DEEPEST = 8
_SPARSE = {
    f"scipy.sparse.{module}.{kind}_{what}": kind
    for kind in ("csc", "csr")
    for module in (kind, f"_{kind}")
    for what in ("matrix", "array")
}
_LEAF = "chumpy.ch.Ch"
_SELECT = "chumpy.reordering.Select"
_RESHAPE = "chumpy.reordering.Reshape"

NAMES = stubs([*_SPARSE, _LEAF, _SELECT, _RESHAPE])
"""What such pickles ask for beyond NumPy's names."""


def unwrapped(value: Any) -> np.ndarray:
    """The array that a value of a pickle means.

    Args:
        value: an array, a sparse matrix by rows or columns, or a chumpy array, which
            may select from another and reshape it.

    Raises:
        ValueError: when it is none of these, or its parts do not fit together.
    """
    return _unwrapped(value, _DEEPEST)


def _unwrapped(value: Any, depth: int) -> np.ndarray:
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, PickledArray):
        return value.values
    if not isinstance(value, Stub) or not depth:
        raise ValueError("it is no array")
    if value.name in _SPARSE:
        return _from_sparse(value)
    if value.name == _LEAF:
        return _unwrapped(_attribute(value, "x"), depth - 1)
    array = _unwrapped(_attribute(value, "a"), depth - 1)
    if value.name == _SELECT:
        array = _selected(array.ravel(), _plain(value, "idxs"))
        shape = value.state.get("preferred_shape", array.shape)
    else:
        shape = _attribute(value, "newshape")
    try:
        return array.reshape(whole_numbers(shape, "its shape"))
    except ValueError:
        raise ValueError("its shape does not fit what is in it") from None


def _attribute(stub: Stub, key: str) -> Any:
    if key not in stub.state:
        raise ValueError(f"it is a {stub.name} without {key!r}")
    return stub.state[key]


def _plain(stub: Stub, key: str) -> np.ndarray:
    """An attribute that must be an array with one axis."""
    value = _attribute(stub, key)
    if not isinstance(value, PickledArray) or value.values.ndim != 1:
        raise ValueError(f"its {key!r} is no list of numbers")
    return value.values


def _selected(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    _require_places("idxs", places, values.size)
    return values[places]


def _require_places(what: str, places: np.ndarray, size: int) -> None:
    whole = places.dtype.kind in "iu"
    if not whole or places.min(initial=0) < 0 or places.max(initial=-1) >= size:
        raise ValueError(f"its {what!r} are no places among {size}")


def _from_sparse(matrix: Stub) -> np.ndarray:
    """A matrix compressed by rows or by columns; numbers at one place add up."""
    shape = whole_numbers(_attribute(matrix, "_shape"), "its shape")
    if len(shape) != 2 or min(shape) < 1 or shape[0] * shape[1] > _LARGEST:
        raise ValueError(f"its shape is {list(shape)}")
    by_rows = _SPARSE[matrix.name] == "csr"
    lines, width = shape if by_rows else shape[::-1]
    data, places = _plain(matrix, "data"), _plain(matrix, "indices")
    counts = _counts(_plain(matrix, "indptr"), lines, len(data))
    if len(places) != len(data):
        raise ValueError(f"it has {len(data)} numbers at {len(places)} places")
    _require_places("indices", places, width)
    dense = np.zeros((lines, width), data.dtype)
    np.add.at(dense, (np.repeat(np.arange(lines), counts), places), data)
    return dense if by_rows else dense.T


def _counts(starts: np.ndarray, lines: int, total: int) -> np.ndarray:
    """How many numbers each row or column has."""
    if starts.dtype.kind not in "iu" or len(starts) != lines + 1:
        raise ValueError(f"its 'indptr' are not {lines + 1} whole numbers")
    starts = starts.astype(np.int64)
    counts = np.diff(starts)
    if starts[0] != 0 or starts[-1] != total or counts.min() < 0:
        raise ValueError("its 'indptr' do not rise from 0 to the count of its numbers")
    return counts
