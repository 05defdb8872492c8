"""Modules found by name inside a package, so that adding one touches nothing else."""

import importlib
import pkgutil
from types import ModuleType

from jaxgen.core.checks import require_known


def names(package: str) -> list[str]:
    """The public modules and folders directly inside `package`, sorted."""
    path = importlib.import_module(package).__path__
    return sorted(m.name for m in pkgutil.iter_modules(path) if m.name[0] != "_")


def module(package: str, name: str, kind: str) -> ModuleType:
    """Imports `package.name`.

    Raises:
        KeyError: when there is no such module; the message lists those there are.
    """
    require_known(package.rpartition(".")[2], kind, name, names(package))
    return importlib.import_module(f"{package}.{name}")
