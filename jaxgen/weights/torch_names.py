"""What the names in PyTorch's files stand for: dtypes, storages, and tensors as arrays.

Every function here is ours and takes nothing on trust.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np

from jaxgen.core import checks
from jaxgen.weights.pickle_machine import Named
from jaxgen.weights.pickle_names import NUMPY, PYTHON, stubs, whole_numbers


class Storage(NamedTuple):
    """A flat piece of a file, which tensors are views of.

    Attributes:
        data: its bytes.
        dtype: of the numbers in it; bytes where only its tensors know.
        spend: is told the bytes of every tensor, which may be far more than it has, and
            raises ValueError when it is too much.
    """

    data: memoryview
    dtype: np.dtype
    spend: Callable[[int], None]


class Budget:
    """How many bytes the tensors of a file may still claim."""

    def __init__(self, size: int):
        """Allows several times the `size` of the file: tensors may share bytes."""
        self._left = 4 * size + 2**26

    def spend(self, amount: int) -> None:
        """Counts the bytes of a tensor.

        Raises:
            ValueError: when it was too much, with a part of a sentence.
        """
        self._left -= amount
        if self._left < 0:
            raise ValueError("the tensors claim many times the bytes of the file")


def view(
    storage: Storage, dtype: np.dtype, offset: Any, shape: Any, strides: Any
) -> np.ndarray:
    """A part of a storage as an array; offset and strides count its numbers.

    Raises:
        ValueError: when they reach beyond it or fit in no other way, with a part of a
            sentence.
    """
    shape = whole_numbers(shape, "the size")
    strides = whole_numbers(strides, "the stride")
    if type(offset) is not int or offset < 0:
        # Never the text of what is no number or text: it may be endless.
        plain = isinstance(offset, int | float | str)
        said = checks.printable(str(offset)) if plain else type(offset).__name__
        raise ValueError(f"the offset is {said}")
    if len(shape) != len(strides) or min(shape, default=0) < 0:
        raise ValueError("size and stride do not fit together")
    if 0 in shape:
        return _empty(shape, dtype)
    storage.spend(math.prod(shape) * dtype.itemsize)
    strides = [s if n > 1 else 0 for n, s in zip(shape, strides, strict=True)]
    reach = [(n - 1) * s for n, s in zip(shape, strides, strict=True)]
    first = offset + sum(r for r in reach if r < 0)
    last = offset + sum(r for r in reach if r > 0)
    if first < 0 or (last + 1) * dtype.itemsize > len(storage.data):
        raise ValueError("the tensor reaches beyond its storage")
    steps = [s * dtype.itemsize for s in strides]
    return np.ndarray(shape, dtype, storage.data, offset * dtype.itemsize, steps)


def _empty(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    if math.prod(max(n, 1) for n in shape) > 2**40:
        raise ValueError("an axis of an empty tensor is too long")
    return np.empty(shape, dtype)


def _require_storage(value: Any) -> Storage:
    if not isinstance(value, Storage):
        raise ValueError("the tensor has no storage")
    return value


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> np.ndarray:
    """A tensor; what else a file says of it is about gradients."""
    storage = _require_storage(storage)
    return view(storage, storage.dtype, offset, shape, strides)


def _newer_tensor(
    storage: Any, offset: Any, shape: Any, strides: Any, *others: Any
) -> np.ndarray:
    """A tensor that tells its dtype itself, as those without a storage class do."""
    dtype = others[2].value if len(others) > 2 and type(others[2]) is Named else None
    if not isinstance(dtype, np.dtype):
        raise ValueError("the dtype is unknown")
    return view(_require_storage(storage), dtype, offset, shape, strides)


def _parameter(data: Any, *_: Any) -> np.ndarray:
    if not isinstance(data, np.ndarray):
        raise ValueError("the parameter is no tensor")
    return data


TENSORS = {
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _newer_tensor,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
}
"""Functions that make tensors, by their names there."""


def _attributed_tensor(function: Any, _: Any, arguments: Any, __: Any) -> np.ndarray:
    """A tensor of a subclass or with attributes, which are left out."""
    if type(function) is not Named or function.name not in TENSORS:
        raise ValueError("the tensor is made by no function for tensors")
    if type(arguments) is not tuple:
        raise ValueError("the tensor is made of nothing")
    return TENSORS[function.name](*arguments)


def _size(axes: Any) -> tuple[int, ...]:
    return whole_numbers(axes, "the size")


_DTYPES = {
    **{f"float{bits}": f"f{bits // 8}" for bits in (16, 32, 64)},
    **{f"int{bits}": f"i{bits // 8}" for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": f"u{bits // 8}" for bits in (8, 16, 32, 64)},
    **{f"complex{bits}": f"c{bits // 8}" for bits in (64, 128)},
    "bool": "?",
    "bfloat16": ml_dtypes.bfloat16,
    "float8_e4m3fn": ml_dtypes.float8_e4m3fn,
    "float8_e4m3fnuz": ml_dtypes.float8_e4m3fnuz,
    "float8_e5m2": ml_dtypes.float8_e5m2,
    "float8_e5m2fnuz": ml_dtypes.float8_e5m2fnuz,
}
STORAGES = {
    "DoubleStorage": "f8",
    "FloatStorage": "f4",
    "HalfStorage": "f2",
    "BFloat16Storage": ml_dtypes.bfloat16,
    "LongStorage": "i8",
    "IntStorage": "i4",
    "ShortStorage": "i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
    "ComplexFloatStorage": "c8",
    "ComplexDoubleStorage": "c16",
    "storage.UntypedStorage": "u1",
    "storage._UntypedStorage": "u1",
}
"""Classes of storages -> the dtype of their numbers."""

NAMES = {
    **PYTHON,
    **NUMPY,
    **TENSORS,
    "torch._tensor._rebuild_from_type_v2": _attributed_tensor,
    "torch.Size": _size,
    **stubs(["torch.device"]),
    **dict.fromkeys(["torch.Tensor", "torch.nn.parameter.Parameter"]),
    **{f"torch.{name}": np.dtype(d) for name, d in (_DTYPES | STORAGES).items()},
}
"""All that a file of `torch.save` may ask for."""
