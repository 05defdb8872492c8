"""States of real pictures, kept in the cache under everything that they depend on.

They depend on no system, so what was gathered once is read the next time.
"""

import hashlib
import json
import pathlib
import uuid
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxgen.data.builders.cache import cache_folder

_VERSION = 1
"""Raised when states, or the features in them, come to mean something else."""


def fingerprint(facts: Mapping[str, object]) -> str:
    """A name for a state: equal for equal facts alone."""
    text = json.dumps([_VERSION, dict(facts)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def load(name: str, gathers: type) -> Any:
    """A state that was saved; None when it was not, or when its file is damaged.

    Args:
        name: a `fingerprint`.
        gathers: the class of the state, see `metrics.base.State`.
    """
    path = _path(name)
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return gathers.from_arrays(dict(arrays))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None  # It is gathered again, and written anew.


def save(name: str, state: Any) -> None:
    """Writes a state whole or not at all."""
    path = _path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{name}.{uuid.uuid4().hex[:8]}.npz")
    try:
        with temporary.open("wb") as file:
            np.savez(file, **state.arrays())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _path(name: str) -> pathlib.Path:
    return cache_folder() / "statistics" / f"{name}.npz"
