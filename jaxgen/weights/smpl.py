"""Reads the files that SMPL bodies come in, and writes the plain one.

There are three: `.npz` with dense arrays; the cleaned pickle, with NumPy's arrays and
SciPy's sparse matrices; and the pickle as published, whose arrays are wrapped in
chumpy, which cannot be imported beside a recent NumPy. All use SMPL's own names for the
arrays of doi:10.1145/2816795.2818013; HMR's variant adds `cocoplus_regressor`.
"""

import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxgen.core import checks
from jaxgen.core.skeleton import SMPL_PARENTS
from jaxgen.weights import npz, pickles, wrapped_arrays
from jaxgen.weights.pickle_names import NUMPY, PYTHON

BETAS = 10
"""Columns of `shapedirs` that are read; later files have up to 300."""

_REQUIRED = {
    *("v_template", "f", "shapedirs", "posedirs", "J_regressor", "weights"),
    "kintree_table",
}
_KNOWN = {*_REQUIRED, "cocoplus_regressor"}
_WHOLE = {"f", "kintree_table"}
_UNSIGNED_ROOT = 2**32 - 1
_LARGEST_FILE = 2**30
_NAMES = PYTHON | NUMPY | wrapped_arrays.NAMES


def read_body(path: str) -> dict[str, np.ndarray]:
    """Reads a body of n vertices; nothing in the file is run.

    Returns:
        v_template [n 3] in metres, f [f 3], shapedirs [n 3 10], posedirs [n 3 207],
        J_regressor [24 n], weights [n 24], and cocoplus_regressor [19 n] where the file
        has it. f is int32, all others are float32.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: when it is damaged, asks for foreign code, or is no body of SMPL's.
    """
    values = _values(path)
    try:
        if missing := _REQUIRED - set(values):
            raise ValueError(f"is no SMPL body, it lacks {checks.listed(missing)}")
        return _body({k: _array(k, v) for k, v in values.items() if k in _KNOWN})
    except ValueError as error:
        raise ValueError(f"smpl: {path} {error}.") from None


def _values(path: str) -> Mapping[str, Any]:
    """What a file has by name, none of it checked."""
    if not pathlib.Path(path).is_file():
        raise FileNotFoundError(f"smpl: there is no file {path}.")
    if pathlib.Path(path).stat().st_size > _LARGEST_FILE:
        raise ValueError(f"smpl: {path} has over a gigabyte, which no body needs.")
    data = pathlib.Path(path).read_bytes()
    if data.startswith(b"PK"):
        return npz.read(path, names=_KNOWN)
    value = pickles.load(data, _NAMES, file=path)
    if not isinstance(value, dict):
        raise ValueError(f"smpl: {path} holds no dictionary of arrays.")
    return value


def _array(name: str, value: Any) -> np.ndarray:
    try:
        return wrapped_arrays.unwrapped(value)
    except ValueError as error:
        raise ValueError(f"has {name!r} that cannot be used: {error}") from None


def _body(values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays of a file as ours, if they fit together."""
    for name, shape in _shapes(values).items():
        _require(name, values[name], shape)
    _require_tree(values["kintree_table"])
    body = {k: _floats(k, v) for k, v in values.items() if k not in _WHOLE}
    if np.abs(body["weights"].sum(1, np.float64) - 1).max() > 1e-3:
        raise ValueError("has 'weights' whose rows do not sum to 1")
    body["shapedirs"] = body["shapedirs"][..., :BETAS].copy()
    body["f"] = _faces(values["f"], len(body["v_template"]))
    return body


def _shapes(values: Mapping[str, np.ndarray]) -> dict[str, tuple[int, ...]]:
    """The shapes that go with as many vertices, faces and betas as a file has."""
    vertices, faces = (max(values[k].size // 3, 1) for k in ("v_template", "f"))
    betas = max(values["shapedirs"].size // (3 * vertices), BETAS)
    joints = len(SMPL_PARENTS)
    shapes = {
        "v_template": (vertices, 3),
        "f": (faces, 3),
        "shapedirs": (vertices, 3, betas),
        "posedirs": (vertices, 3, 9 * (joints - 1)),
        "J_regressor": (joints, vertices),
        "weights": (vertices, joints),
        "kintree_table": (2, joints),
        "cocoplus_regressor": (19, vertices),
    }
    return {name: shape for name, shape in shapes.items() if name in values}


def _require(name: str, values: np.ndarray, shape: tuple[int, ...]) -> None:
    kinds, want = ("iu", "whole numbers") if name in _WHOLE else ("f", "floats")
    if values.shape != shape or values.dtype.kind not in kinds:
        got = f"{values.dtype}{list(values.shape)}"
        raise ValueError(f"has {name!r} as {got}, expected {want} {list(shape)}")


def _require_tree(table: np.ndarray) -> None:
    parents, joints = table.astype(np.int64)
    parents = np.where(parents == _UNSIGNED_ROOT, -1, parents)
    expected = np.stack([SMPL_PARENTS, np.arange(len(SMPL_PARENTS))])
    if (np.stack([parents, joints]) != expected).any():
        raise ValueError("has its joints in another tree than SMPL ('kintree_table')")


def _floats(name: str, values: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        floats = np.ascontiguousarray(values, np.float32)
    if not np.isfinite(floats).all():
        raise ValueError(f"has {name!r} with numbers that are not finite")
    return floats


def _faces(faces: np.ndarray, vertices: int) -> np.ndarray:
    if not 0 <= faces.min() <= faces.max() < vertices:
        raise ValueError(f"has faces with corners beyond its {vertices} vertices")
    return np.ascontiguousarray(faces, np.int32)
