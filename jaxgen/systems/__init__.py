"""The systems, found by name; each folder is one published system."""

import pkgutil
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from jaxgen.core import checks, lookup
from jaxgen.systems.base import System


def names() -> list[str]:
    """Every system there is."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if m.ispkg)


def build(name: str, model: Mapping[str, Any], dtype: str = "float32") -> System:
    """Makes a system from the fields of its dataclass.

    Args:
        name: a folder under `jaxgen/systems`.
        model: hyper-parameters; what is left out keeps the paper's value.
        dtype: compute type, `float32` or `bfloat16`; parameters stay float32.

    Raises:
        KeyError: for an unknown system or field; names the nearest.
        ValueError: from the system, for values that do not go together.
    """
    known = options(name)
    for key in model:
        checks.require_known(f"systems.{name}", "option", key, known)
    return _kind(name)(**model, dtype=dtype)


def options(name: str) -> dict[str, Any]:
    """Every field of a system's dataclass with its default, `dtype` left out.

    Raises:
        KeyError: for an unknown system.
    """
    return {f.name: f.default for f in fields(_kind(name)) if f.name != "dtype"}


def _kind(name: str) -> type:
    checks.require_known("systems", "system", name, names())
    return lookup.module("jaxgen.systems", name, "system").build
