"""What the usual names in weights files stand for: tables for `pickles.load`.

Every function here is ours and takes nothing on trust.
"""

import math
import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from jaxgen.weights.pickle_literals import shown
from jaxgen.weights.pickle_machine import Named, StandIn
from jaxgen.weights.pickles import require_key

_MOST_AXES = 32
_PLAIN_DTYPE = re.compile(r"[<>=|]?(b1|[iu][1248]|f[248]|c8|c16)")


class Dictionary(dict, StandIn):
    """A dictionary of a class that may carry attributes, which are left out."""

    def build(self, state: Any) -> None:
        """Leaves the attributes out: state dicts have `_metadata`, of no use here."""


class Stub(StandIn):
    """An object of a foreign class: its name, arguments and attributes, inert."""

    def __init__(self, name: str, *arguments: Any):
        """Keeps what the class would have been called with."""
        self.name, self.arguments, self.state = name, arguments, {}

    def build(self, state: Any) -> None:
        """Keeps the attributes, those in slots too.

        Raises:
            ValueError: when they come in no dictionary.
        """
        pair = type(state) is tuple and len(state) == 2
        self.state = {}
        for part in state if pair else (state,):
            if not isinstance(part, dict | None):
                raise ValueError("the state is no dictionary")
            self.state |= part or {}


def stubs(names: Iterable[str]) -> dict[str, Callable[..., Stub]]:
    """A table of classes whose objects are kept as stubs."""
    return {name: _stub(name) for name in names}


def _stub(name: str) -> Callable[..., Stub]:
    return lambda *arguments: Stub(name, *arguments)


class PickledDtype(StandIn):
    """A NumPy dtype of plain numbers."""

    def __init__(self, code: Any, align: Any = False, copy: Any = True):
        """Takes a code such as `f4`.

        Raises:
            ValueError: for anything but whole numbers, floats, complex and bool.
        """
        if type(code) is not str or not _PLAIN_DTYPE.fullmatch(code):
            # Never the text of what is no text: it may be endless.
            said = shown(code) if type(code) is str else type(code).__name__
            raise ValueError(f"arrays hold plain numbers, not dtype {said}")
        self.dtype = np.dtype(code)

    def build(self, state: Any) -> None:
        """Takes the byte order; a plain dtype has nothing else.

        Raises:
            ValueError: for fields, subarrays and the like.
        """
        if type(state) is not tuple or len(state) not in (8, 9):
            raise ValueError("the state of a dtype has eight parts")
        order, parts = state[1], state[2:5]
        if type(order) is not str or order not in ("<", ">", "|", "="):
            raise ValueError("the byte order is none")
        if any(part is not None for part in parts):
            raise ValueError("a dtype of plain numbers has no fields")
        self.dtype = self.dtype.newbyteorder(order)


class PickledArray(StandIn):
    """A NumPy array of plain numbers, empty until it is built."""

    def __init__(self, values: np.ndarray | None = None):
        """Holds `values`, or nothing yet."""
        self._values = values

    @property
    def values(self) -> np.ndarray:
        """The array; it may share the bytes of the file.

        Raises:
            ValueError: when the file never said what is in it.
        """
        if self._values is None:
            raise ValueError("the array was never filled")
        return self._values

    def build(self, state: Any) -> None:
        """Takes version, shape, dtype, order and bytes.

        Raises:
            ValueError: when they do not make an array together.
        """
        if type(state) is not tuple or len(state) != 5:
            raise ValueError("the state of an array has five parts")
        _, shape, dtype, by_columns, data = state
        self._values = _array(data, dtype, shape, "F" if by_columns is True else "C")


def whole_numbers(values: Any, what: str) -> tuple[int, ...]:
    """A foreign value that must be a tuple of whole numbers, as a shape is.

    Raises:
        ValueError: with a part of a sentence, beginning with `what`.
    """
    if type(values) is not tuple or any(type(v) is not int for v in values):
        raise ValueError(f"{what} is no tuple of whole numbers")
    if len(values) > _MOST_AXES:
        raise ValueError(f"{what} has {len(values)} axes")
    return values


def _array(data: Any, dtype: Any, shape: Any, order: Any) -> np.ndarray:
    """Bytes, or what Python 2 took for text, as an array."""
    if not isinstance(dtype, PickledDtype):
        raise ValueError("an array has no dtype")
    if type(data) is str:
        data = data.encode("latin1")
    if type(data) not in (bytes, bytearray, memoryview):
        raise ValueError(f"the bytes of an array are a {type(data).__name__}")
    shape = whole_numbers(shape, "the shape")
    fits = math.prod(shape) * dtype.dtype.itemsize == len(data)
    if not fits or min(shape, default=0) < 0 or max(shape, default=0) > 2**40:
        raise ValueError(f"an array {dtype.dtype}{list(shape)} has {len(data)} bytes")
    if order not in ("C", "F"):
        raise ValueError("the order of an array is neither C nor F")
    return np.frombuffer(data, dtype.dtype).reshape(shape, order=order)


def _reconstruct(kind: Any, shape: Any, code: Any) -> PickledArray:
    if not isinstance(kind, Named) or kind.name != "numpy.ndarray":
        raise ValueError("only plain arrays are known")
    return PickledArray()


def _from_buffer(data: Any, dtype: Any, shape: Any, order: Any) -> PickledArray:
    return PickledArray(_array(data, dtype, shape, order))


def _scalar(dtype: Any, data: Any) -> int | float | complex | bool:
    return _array(data, dtype, (), "C").item()


def _dictionary(pairs: Any = ()) -> Dictionary:
    """An ordered dictionary, which Python 2 writes with its pairs as arguments."""
    if isinstance(pairs, dict):
        return Dictionary(pairs)
    found = Dictionary()
    for pair in _items(pairs):
        if type(pair) not in (list, tuple) or len(pair) != 2:
            raise ValueError("a dictionary is made of pairs")
        require_key(pair[0])
        found[pair[0]] = pair[1]
    return found


def _items(values: Any) -> list | tuple:
    if type(values) not in (list, tuple):
        raise ValueError(f"a {type(values).__name__} is no list")
    return values


def _default_dictionary(default: Any = None, pairs: Any = ()) -> Dictionary:
    return _dictionary(pairs)


def _set(values: Any = ()) -> set:
    for value in _items(values):
        require_key(value)
    return set(values)


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    """How protocol 2 writes bytes."""
    if type(text) is not str or encoding not in ("latin1", "latin-1"):
        raise ValueError("only text becomes bytes, by latin-1")
    return text.encode("latin1")


def _bytes(values: Any = b"", encoding: Any = "latin1") -> bytes | memoryview:
    if type(values) in (bytes, memoryview):
        return values
    return _encode(values or "", encoding)


def _byte_array(values: Any = b"", encoding: Any = "latin1") -> bytearray | memoryview:
    """A copy, but of long bytes, which stay views and so cannot be multiplied."""
    found = _bytes(values, encoding)
    return found if isinstance(found, memoryview) else bytearray(found)


def _complex(real: Any, imaginary: Any) -> complex:
    if type(real) is not float or type(imaginary) is not float:
        raise ValueError("a complex number has two floats")
    return complex(real, imaginary)


def _by_protocol_0(kind: Any, base: Any, state: Any) -> Any:
    """An object as protocols 0 and 1 make it: class, base, state of the base."""
    bare = isinstance(base, Named) and base.name.endswith(".object") and state is None
    if not bare or not isinstance(kind, Named) or kind.value is _by_protocol_0:
        raise ValueError("only plain objects are known")
    if not callable(kind.value):
        raise ValueError(f"{kind.name!r} is no class")
    return kind.value()


_BUILTIN = {
    "object": None,
    "set": _set,
    "frozenset": lambda values=(): frozenset(_set(values)),
    "bytes": _bytes,
    "bytearray": _byte_array,
    "complex": _complex,
    **dict.fromkeys(("int", "float", "str", "list", "dict", "tuple", "bool")),
}

PYTHON = {
    **{f"builtins.{name}": value for name, value in _BUILTIN.items()},
    **{f"__builtin__.{name}": value for name, value in _BUILTIN.items()},
    "copyreg._reconstructor": _by_protocol_0,
    "copy_reg._reconstructor": _by_protocol_0,
    "_codecs.encode": _encode,
    "collections.OrderedDict": _dictionary,
    "collections.Counter": _dictionary,
    "collections.defaultdict": _default_dictionary,
    **stubs(
        (
            "argparse.Namespace",
            "pathlib.Path",
            "pathlib.PosixPath",
            "pathlib.PurePosixPath",
            "pathlib.WindowsPath",
            "pathlib.PureWindowsPath",
        )
    ),
}
"""Containers and bytes, and the options that training scripts save beside weights."""

NUMPY = {
    "numpy.ndarray": None,
    "numpy.dtype": PickledDtype,
    **{
        f"numpy.{core}.{name}": function
        for core in ("core", "_core")
        for name, function in (
            ("multiarray._reconstruct", _reconstruct),
            ("multiarray.scalar", _scalar),
            ("numeric._frombuffer", _from_buffer),
        )
    },
}
"""Arrays and scalars of plain numbers, as `PickledArray` and Python's own numbers."""
