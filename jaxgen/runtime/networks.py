"""A folder that holds one network, for runs that start from it."""

import json
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp
from etils import epath

from jaxgen.core.arrays import Net
from jaxgen.runtime.experiment import write_text

ABOUT, _VARIABLES = "network.json", "variables"


def write_network(folder: str, net: Net, about: Mapping[str, Any]) -> None:
    """Writes a network into an empty folder; `network.json`, the last, completes it.

    Args:
        folder: that exists.
        net: its variables.
        about: where they come from, for JSON.
    """
    with ocp.StandardCheckpointer() as checkpointer:
        # NumPy arrays: others are bound to the devices that they were written from.
        net = jax.tree.map(np.asarray, net)
        checkpointer.save(epath.Path(folder).absolute() / _VARIABLES, net)
    write_text(epath.Path(folder) / ABOUT, json.dumps(about, indent=1))


def holds_network(folder: str) -> bool:
    """Whether a folder is one that `write_network` wrote."""
    return (epath.Path(folder) / ABOUT).exists()


def read_network(folder: str) -> Net:
    """The variables in a folder, as NumPy arrays.

    Raises:
        FileNotFoundError: when it holds no network.
    """
    if not holds_network(folder):
        raise FileNotFoundError(f"networks: {folder} holds no network.")
    with ocp.StandardCheckpointer() as checkpointer:
        return checkpointer.restore(epath.Path(folder).absolute() / _VARIABLES)
