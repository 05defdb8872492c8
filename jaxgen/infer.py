"""Python's way in: a trained workdir as an object that takes and gives NumPy arrays."""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from jaxgen.core import checks
from jaxgen.data.builders.cache import cache_folder
from jaxgen.runtime import compilation, evaluation, experiment, tasks
from jaxgen.systems.base import Task


def load(workdir: str, checkpoint: str | int = "latest") -> "Model":
    """Opens a workdir that `train` wrote.

    Args:
        workdir: the folder.
        checkpoint: `latest`, `best` or a step.

    Raises:
        FileNotFoundError: when it is no workdir or has no such checkpoint.
    """
    compilation.enable_cache(cache_folder() / "compiled")
    return Model(experiment.open_workdir(workdir, checkpoint))


class Model:
    """A trained system.

    Attributes:
        experiment: config, system, networks and step.
    """

    def __init__(self, opened: experiment.Experiment):
        """Takes an opened workdir; compiles at the first use."""
        self.experiment = opened
        self._predict = evaluation.make_predict(opened.system, opened.mesh)
        self._show = evaluation.make_show(opened.system, opened.mesh)
        self._tasks = tasks.make_tasks(opened.system)

    @property
    def image_size(self) -> tuple[int, int]:
        """Height and width that the system takes and gives."""
        return self.experiment.config.model.image_size

    @property
    def tasks(self) -> Mapping[str, Task]:
        """What a person can do with it, by name."""
        return self.experiment.system.tasks()

    def predict(self, **features: np.ndarray) -> dict[str, np.ndarray]:
        """Answers to a batch.

        Args:
            **features: arrays as `system.batch_spec` names them: uint8 images
                [b, h, w, 3], float32 keypoints [b, k, 2] in pixels, NaN for missing.
                What only training needs (the target picture) may be left out.

        Returns:
            Name -> uint8 [b, h, w, 3]; `image` is the answer.

        Raises:
            KeyError: for a feature the system does not know.
            ValueError: for an array of another shape or dtype.
        """
        return jax.device_get(self._run(self._predict, features))

    def panels(self, **features: np.ndarray) -> dict[str, np.ndarray]:
        """The system's pictures side by side, for the same features as `predict`."""
        return self._run(self._show, features)

    def run_task(self, name: str, **inputs: Any) -> dict[str, np.ndarray]:
        """One picture of a task.

        Args:
            name: of `tasks`.
            **inputs: as the task lists them; those with defaults may be left out.

        Returns:
            Name -> uint8 [h, w, 3].

        Raises:
            KeyError: for an unknown task or input, or a required one left out.
            ValueError: for a picture or keypoints of another shape or dtype.
        """
        checks.require_known("load", "task", name, self.tasks)
        task = self.tasks[name]
        given = tasks.complete("load", name, task, inputs, self.image_size)
        return self._tasks[name](self.experiment.nets, given, jax.random.key(0))

    def _checked(self, features: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        if not features:
            raise KeyError("load: give at least one feature.")
        size = len(next(iter(features.values())))
        if size == 0:
            raise ValueError("load: the batch is empty; give at least one sample.")
        spec = self.experiment.system.batch_spec(size)
        for name in features:
            checks.require_known("load", "feature", name, spec)
        arrays = {name: np.asarray(value) for name, value in features.items()}
        checks.require_arrays("load", {name: spec[name] for name in arrays}, arrays)
        return arrays

    def _run(self, function, features: Mapping[str, np.ndarray]):
        nets, key = self.experiment.nets, jax.random.key(0)
        return function(nets, self._checked(features), key)
