"""Tasks of a system: what may be given to them, and what they answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from jaxgen.core import checks
from jaxgen.core.arrays import Nets
from jaxgen.core.skeleton import JOINTS
from jaxgen.runtime.measuring import Answers, Samples, Use
from jaxgen.runtime.pictures import named_bytes
from jaxgen.systems.base import REQUIRED, System, Task, picture_size


def complete(
    who: str, name: str, task: Task, given: Mapping[str, Any], size: tuple[int, int]
) -> dict[str, Any]:
    """Inputs of a task, those left out at their defaults.

    Args:
        who: starts the message of an error.
        name: of the task.
        task: what takes them.
        given: input -> value.
        size: height and width of the system's pictures.

    Raises:
        KeyError: for an unknown input, or a required one left out.
        ValueError: for a picture, keypoints or a number of another kind or shape.
    """
    for key in given:
        checks.require_known(f"{who}: task {name!r}", "input", key, task.inputs)
    filled = {key: entry.default for key, entry in task.inputs.items()} | dict(given)
    for key, value in filled.items():
        entry = task.inputs[key]
        if value is REQUIRED:
            raise KeyError(f"{who}: task {name!r} needs {key!r}: {entry.about}.")
        if key in given and (wanted := _unfitting(entry.kind, value, size)):
            raise ValueError(
                f"{who}: task {name!r} takes {key!r} as {wanted}, got {_told(value)}."
            )
    return filled


def _unfitting(kind: str, value: Any, size: tuple[int, int]) -> str:
    """What should have come in place of a value; empty if it fits."""
    array = _array(value)
    shape, letter = array.shape, array.dtype.kind
    if kind == "image" and (shape != (*size, 3) or array.dtype != np.uint8):
        return f"uint8 {[*size, 3]}"
    if kind == "keypoints" and (shape != (JOINTS, 2) or letter not in "fiu"):
        return (
            f"numbers [{JOINTS}, 2] (core.skeleton.translate brings other schemas to "
            "that order)"
        )
    if kind == "number" and (shape != () or letter not in "fiu"):
        return "a number"
    return ""


def _array(value: Any) -> np.ndarray:
    try:
        return np.asarray(value)
    except ValueError:  # Rows of different lengths.
        return np.asarray(None)


def _told(value: Any) -> str:
    array = _array(value)
    return f"{array.dtype} {list(array.shape)}" if array.shape else repr(value)


@dataclass(frozen=True)
class Runner:
    """A task, compiled when it is first used.

    Attributes:
        task: what it runs.
        frame: of the task, compiled; gives bytes.
    """

    task: Task
    frame: Callable

    def __call__(
        self, nets: Nets, inputs: Mapping[str, Any], key: jax.Array
    ) -> dict[str, np.ndarray]:
        """The panels of the first frame, uint8 [h, w, 3], on the host, in order.

        Args:
            nets: of the system.
            inputs: all of them, as `complete` gives them.
            key: for tasks that draw.
        """
        cache = self.task.prepare(nets, inputs, key)
        return self.frame(nets, cache, 0.0, _live(self.task, inputs))


def make_tasks(system: System) -> dict[str, Runner]:
    """Every task of a system by name."""
    return {
        name: Runner(task, named_bytes(task.frame))
        for name, task in system.tasks().items()
    }


def _live(task: Task, inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: inputs[name] for name, entry in task.inputs.items() if entry.live}


def task_outputs(who: str, use: Use, system: System) -> list[str]:
    """What a task gives for samples, found without computing it.

    Args:
        who: starts the message of an error.
        use: of the task; inputs that it does not give are features of a batch.
        system: whose task.

    Raises:
        KeyError: for an unknown task or input, or one that is neither a feature nor
            given.
        ValueError: for an input of another kind or shape.
    """
    tasks, spec = system.tasks(), system.batch_spec(1)
    checks.require_known(who, "task", use.task, tasks)
    task, size = tasks[use.task], picture_size(spec)
    features = {
        name: np.zeros(spec[name].shape[1:], spec[name].dtype)
        for name in set(spec) & set(task.inputs)
    }
    inputs = complete(who, use.task, task, features | dict(use.inputs), size)

    def frame(key, time, live):
        nets = system.init(key)
        return task.frame(nets, task.prepare(nets, inputs, key), time, live)

    shapes = jax.eval_shape(frame, jax.random.key(0), 0.0, _live(task, inputs))
    return sorted({*shapes, "image"})


def task_answers(
    runner: Runner, use: Use, nets: Nets, samples: Samples, key: jax.Array
) -> Answers:
    """What a task gives for every sample; its last panel is also the `image`.

    Args:
        runner: of the task.
        use: which inputs are the same for every sample.
        nets: networks to use.
        samples: padded batches with the names of their real samples.
        key: for tasks that draw; the same for every sample.

    Yields:
        Outputs, batch and names, without the padding.
    """
    inputs, same = runner.task.inputs, dict(use.inputs)
    constants = {name: entry.default for name, entry in inputs.items()} | same
    for batch, names in samples:
        kept = {name: value[: len(names)] for name, value in batch.items()}
        drawn = []
        for row in range(len(names)):
            mine = {name: kept[name][row] for name in set(inputs) & set(kept)}
            with jax.transfer_guard("allow"):  # A copy that we mean.
                panels = runner(nets, constants | mine | same, key)
            drawn.append(panels | {"image": list(panels.values())[-1]})
        yield {n: np.stack([d[n] for d in drawn]) for n in drawn[0]}, kept, names
