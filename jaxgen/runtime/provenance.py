"""What a result came from: versions, commit, data, devices."""

import importlib.metadata
import json
import pathlib
import platform
import subprocess
from collections.abc import Mapping

import jax
from etils import epath

import jaxgen
from jaxgen.runtime.experiment import write_text

_PACKAGES = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "grain", "numpy")


def provenance(facts: Mapping[str, str]) -> dict:
    """Versions, commit and devices, joined with the given facts."""
    return {
        "jaxgen": jaxgen.__version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in _PACKAGES},
        "platform": platform.platform(),
        "devices": sorted({device.device_kind for device in jax.devices()}),
        "device_count": jax.device_count(),
        "process_count": jax.process_count(),
        **facts,
    }


def write_provenance(workdir: str, facts: Mapping[str, str]) -> None:
    """Adds an entry to a workdir's `provenance.json`: one for each start of the run."""
    path = epath.Path(workdir) / "provenance.json"
    history = json.loads(path.read_text()) if path.exists() else []
    write_text(path, json.dumps([*history, provenance(facts)], indent=1))


def _commit() -> str:
    """The git commit of the checkout that the package runs from, if it is one."""
    root = pathlib.Path(jaxgen.__file__).parent.parent
    if not (root / ".git").exists():
        return "installed"
    command = ["git", "-C", str(root), "rev-parse", "HEAD"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or "unknown"
