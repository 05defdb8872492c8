"""Answers of a system to test samples, and looks at it during training."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from jaxgen.core.arrays import Nets
from jaxgen.ops import image as pixels
from jaxgen.runtime import mesh as meshes
from jaxgen.runtime.measuring import (
    Answers,
    Evaluation,
    Samples,
    Use,
    measure_all,
    real_states,
)
from jaxgen.runtime.pictures import named_bytes
from jaxgen.runtime.tasks import make_tasks, task_answers
from jaxgen.systems.base import System


def make_predict(system: System, mesh: Mesh, *, quantised: bool = True) -> Callable:
    """Compiles `predict(nets, batch, key) -> outputs`, the pictures among them.

    Args:
        system: whose.
        mesh: of the run.
        quantised: whether to uint8; or as they are, in [-1, 1].
    """

    @partial(jax.jit, out_shardings=meshes.replicated(mesh))
    def predict(nets, batch, key):
        outputs = system.predict(nets, system.inputs(nets, batch), key)
        images = {name: v for name, v in outputs.items() if v.ndim == 4}
        return jax.tree.map(pixels.to_bytes, images) if quantised else images

    return predict


def make_show(system: System, mesh: Mesh) -> Callable:
    """Compiles `show(nets, batch, key) -> panels`: uint8, on the host, in order."""

    def draw(nets, batch, key):
        batch = system.inputs(nets, batch)
        return system.panels(batch, system.predict(nets, batch, key))

    return named_bytes(draw, out_shardings=meshes.replicated(mesh))


def share_out(batch: Mapping[str, np.ndarray], mesh: Mesh) -> dict[str, jax.Array]:
    """A batch that every process holds whole, split over the mesh."""
    sharding = NamedSharding(mesh, P("data"))
    with jax.transfer_guard("allow"):  # A copy that we mean.
        return {
            name: jax.make_array_from_callback(value.shape, sharding, value.__getitem__)
            for name, value in batch.items()
        }


def answers(
    predict: Callable, nets: Nets, samples: Samples, key: jax.Array, mesh: Mesh
) -> Answers:
    """The outputs for every sample.

    Args:
        predict: of `make_predict`.
        nets: networks to use.
        samples: padded batches with the names of their real samples.
        key: for systems that draw; the same for every batch.
        mesh: of the run.

    Yields:
        Outputs, batch and names, without the padding.
    """
    for batch, names in samples:
        outputs = jax.device_get(predict(nets, share_out(batch, mesh), key))
        real = len(names)
        yield (
            {name: image[:real] for name, image in outputs.items()},
            {name: value[:real] for name, value in batch.items()},
            names,
        )


class Judge:
    """Looks at networks during training: some pictures, and numbers over many.

    The samples are the same every time.
    """

    def __init__(
        self,
        system: System,
        evaluations: Mapping[str, Evaluation],
        once: Callable[..., Samples],
        mesh: Mesh,
        key: jax.Array,
    ):
        """Takes what it needs; compiles at the first look.

        Args:
            system: whose answers to judge.
            evaluations: of `config.evals`.
            once: `once(split=..., samples=...)` gives padded batches.
            mesh: of the run.
            key: for systems that draw.
        """
        self._evaluations, self._once = evaluations, once
        self._mesh, self._key = mesh, key
        self._predict = make_predict(system, mesh)
        self._show = make_show(system, mesh)
        self._tasks = make_tasks(system)
        self._real: dict[str, Any] | None = None

    def panels(self, nets: Nets, *, split: str, samples: int) -> dict[str, np.ndarray]:
        """The system's panels for the first few samples, uint8 [n, h, w, 3]."""
        shown = []
        for batch, names in self._once(split=split, samples=samples):
            panels = self._show(nets, share_out(batch, self._mesh), self._key)
            shown.append({k: image[: len(names)] for k, image in panels.items()})
        return {name: np.concatenate([s[name] for s in shown]) for name in shown[0]}

    def numbers(self, nets: Nets) -> dict[str, float]:
        """Every evaluation by name: of pairs the mean.

        A metric of several numbers has one for each, as "name recall"; under the name
        alone stands the first, for `config.best`.
        """

        def draw(*, use: Use | None, **which) -> Answers:
            found = self._once(**which)
            if use is None:
                return answers(self._predict, nets, found, self._key, self._mesh)
            return task_answers(self._tasks[use.task], use, nets, found, self._key)

        if self._real is None:
            self._real = real_states(self._evaluations, self._once)
        kept = measure_all(self._evaluations, draw)
        found: dict[str, float] = {}
        for name, entry in self._evaluations.items():
            mine = entry.numbers(name, kept[name], self._real.get(name))
            found |= {name: next(iter(mine.values()))} | mine
        return found
