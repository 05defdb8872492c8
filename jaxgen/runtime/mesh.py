"""One mesh with axes `data` and `model`; where batches and weights lie on it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from jaxgen.core import trees

Rules = Sequence[tuple[str, int]]


def make_mesh(
    *, data: int = -1, model: int = 1, devices: Sequence | None = None
) -> Mesh:
    """A mesh over all devices, those of one process side by side.

    Then the samples of a batch lie in the same order on any number of processes.

    Args:
        data: devices along `data`; -1 takes what `model` leaves.
        model: devices along `model`.
        devices: by default every device there is.

    Raises:
        ValueError: when the product is not the number of devices.
    """
    devices = jax.devices() if devices is None else devices
    devices = sorted(devices, key=lambda device: (device.process_index, device.id))
    if model < 1 or data == 0 or data < -1:
        raise ValueError(f"mesh: data={data} and model={model} should be from 1 on.")
    data = len(devices) // model if data == -1 else data
    if data * model != len(devices):
        raise ValueError(
            f"mesh: data={data} times model={model} should be the number of devices, "
            f"{len(devices)}."
        )
    # Without Auto recent JAX makes axes explicit, and reshapes of a batch then fail.
    types = (AxisType.Auto, AxisType.Auto)
    grid = np.array(devices).reshape(data, model)
    return Mesh(grid, ("data", "model"), axis_types=types)


def replicated(mesh: Mesh) -> NamedSharding:
    """The same on every device."""
    return NamedSharding(mesh, P())


def place(tree: Any, mesh: Mesh, rules: Rules = ()) -> Any:
    """A sharding for every leaf: replicated, or split over `model` by a rule.

    Args:
        tree: arrays or their shapes.
        mesh: of `make_mesh`.
        rules: pairs of a regular expression on the leaf's path and the axis to split;
            the first that is found wins, where that axis divides.
    """

    def one(name: str, leaf: Any) -> NamedSharding:
        for pattern, axis in rules:
            if re.search(pattern, name) and -leaf.ndim <= axis < leaf.ndim:
                if leaf.shape[axis] % mesh.shape["model"] == 0:
                    spec = [None] * leaf.ndim
                    spec[axis] = "model"
                    return NamedSharding(mesh, P(*spec))
        return replicated(mesh)

    return trees.map_named(one, tree)


def part(mesh: Mesh) -> tuple[int, int]:
    """Which part of every batch this process makes, and of how many parts.

    Processes that share the devices along `model` make the same part.

    Raises:
        ValueError: when some processes would need other parts than others.
    """
    owners = [{device.process_index for device in row} for row in mesh.devices]
    return part_of(jax.process_index(), owners)


def part_of(process: int, owners: Sequence[set[int]]) -> tuple[int, int]:
    """See `part`.

    Args:
        process: whose part.
        owners: for each place along `data` the processes that have devices there.
    """
    mine = [place for place, own in enumerate(owners) if process in own]
    size = len(mine)
    groups = [owners[at : at + size] for at in range(0, len(owners), size)]
    even = all(list(group) == [group[0]] * size for group in groups)
    if not even or sum(len(group[0]) for group in groups) > len(set().union(*owners)):
        raise ValueError(
            "mesh: the devices along model should be of one process or of whole "
            "processes; choose another config.mesh.model."
        )
    return mine[0] // size, len(groups)


def put(batch: Mapping[str, np.ndarray], mesh: Mesh) -> dict[str, jax.Array]:
    """This process's part of a batch to its devices, as part of the global batch."""
    sharding = NamedSharding(mesh, P("data"))
    with jax.transfer_guard("allow"):  # The one copy that we mean.
        return {
            name: jax.make_array_from_process_local_data(sharding, value)
            for name, value in batch.items()
        }


def mesh_key(seed: int, mesh: Mesh) -> jax.Array:
    """A random key that lies on every device of the mesh."""
    return jax.jit(lambda: jax.random.key(seed), out_shardings=replicated(mesh))()


def require_divisible(batch_size: int, microbatches: int, mesh: Mesh) -> None:
    """Raises when a batch cannot be shared out evenly.

    Raises:
        ValueError: naming the numbers.
    """
    parts = mesh.shape["data"] * microbatches
    if min(batch_size, microbatches) < 1 or batch_size % parts:
        raise ValueError(
            f"train: batch_size {batch_size} is not divisible by "
            f"{mesh.shape['data']} devices times {microbatches} microbatches."
        )


@contextmanager
def guarded(mesh: Mesh) -> Iterator[None]:
    """The mesh is set, and copies between host and devices are only those we wrote."""
    with jax.set_mesh(mesh), jax.transfer_guard("disallow"):
        yield
