"""Answers to test samples, and what metrics say of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from jaxgen.core.arrays import Nets
from jaxgen.metrics.base import PairedMetric
from jaxgen.ops import image as pixels
from jaxgen.runtime import mesh as meshes
from jaxgen.systems.base import System

Samples = Iterable[tuple[Mapping[str, np.ndarray], list[str]]]
Answers = Iterator[tuple[dict[str, np.ndarray], Mapping[str, np.ndarray], list[str]]]


@dataclass(frozen=True)
class Evaluation:
    """One entry of `config.evals`: which number, over which people, of which output.

    Attributes:
        metric: what to compute.
        split: of the dataset.
        samples: how many.
        output: of `System.predict`.
    """

    metric: PairedMetric
    split: str = "test"
    samples: int = 200
    output: str = "image"


def make_predict(system: System, mesh: Mesh) -> Callable:
    """Compiles `predict(nets, batch, key) -> outputs`, quantised to uint8."""

    @partial(jax.jit, out_shardings=meshes.replicated(mesh))
    def predict(nets, batch, key):
        outputs = system.predict(nets, system.inputs(nets, batch), key)
        return {k: pixels.to_bytes(v) for k, v in outputs.items() if v.ndim == 4}

    return predict


def make_show(system: System, mesh: Mesh) -> Callable:
    """Compiles `show(nets, batch, key) -> panels`: uint8, on the host, in order."""

    def draw(nets, batch, key):
        batch = system.inputs(nets, batch)
        return system.panels(batch, system.predict(nets, batch, key))

    return named_bytes(draw, out_shardings=meshes.replicated(mesh))


def named_bytes(draw: Callable, **options: Any) -> Callable:
    """Compiles a function of named pictures; gives uint8 on the host, in its order.

    Args:
        draw: anything -> name -> picture in [-1, 1].
        **options: for `jax.jit`.
    """
    names: list[str] = []

    @partial(jax.jit, **options)
    def compiled(*arguments):
        drawn = draw(*arguments)
        names[:] = drawn  # jit gives dicts back sorted; the order is for people.
        return [pixels.to_bytes(image) for image in drawn.values()]

    def call(*arguments) -> dict[str, np.ndarray]:
        images = jax.device_get(compiled(*arguments))
        return dict(zip(names, images, strict=True))

    return call


def share_out(batch: Mapping[str, np.ndarray], mesh: Mesh) -> dict[str, jax.Array]:
    """A batch that every process holds whole, split over the mesh."""
    return dict(jax.device_put(dict(batch), NamedSharding(mesh, P("data"))))


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


def measure(
    evaluations: Mapping[str, Evaluation], results: Answers
) -> dict[str, np.ndarray]:
    """Every metric of every sample, in order.

    Args:
        evaluations: by name.
        results: of `answers`, or anything of the same form.

    Returns:
        name -> float64 [n].
    """
    kept: dict[str, list[np.ndarray]] = {name: [] for name in evaluations}
    for outputs, batch, _ in results:
        for name, evaluation in evaluations.items():
            images = outputs[evaluation.output]
            kept[name].append(evaluation.metric.values(images, batch))
    return {name: np.concatenate(values) for name, values in kept.items()}


def measure_all(
    evaluations: Mapping[str, Evaluation], draw: Callable[..., Answers]
) -> dict[str, np.ndarray]:
    """`measure`, with the answers that each evaluation wants.

    Args:
        evaluations: by name.
        draw: `draw(split=..., samples=...)` gives answers.

    Returns:
        name -> float64 [n].
    """
    values: dict[str, np.ndarray] = {}
    for (split, samples), group in by_samples(evaluations).items():
        values |= measure(group, draw(split=split, samples=samples))
    return values


def by_samples(
    evaluations: Mapping[str, Evaluation],
) -> dict[tuple[str, int], dict[str, Evaluation]]:
    """Evaluations that look at the same samples together: each is drawn once."""
    groups: dict[tuple[str, int], dict[str, Evaluation]] = {}
    for name, evaluation in evaluations.items():
        groups.setdefault((evaluation.split, evaluation.samples), {})[name] = evaluation
    return groups


def paired_interval(
    difference: np.ndarray, *, draws: int = 10_000, seed: int = 0
) -> tuple[float, float]:
    """A 95 % bootstrap interval of the mean of paired differences.

    Args:
        difference: [n], one per sample. Samples of one person are not independent, so
            the interval over people is wider.
        draws: resamples.
        seed: of the resamples.
    """
    rng = np.random.default_rng(seed)
    picks = rng.integers(0, len(difference), (draws, len(difference)))
    means = difference[picks].mean(1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


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

    def panels(self, nets: Nets, *, split: str, samples: int) -> dict[str, np.ndarray]:
        """The system's panels for the first few samples, uint8 [n, h, w, 3]."""
        shown = []
        for batch, names in self._once(split=split, samples=samples):
            panels = self._show(nets, share_out(batch, self._mesh), self._key)
            shown.append({k: image[: len(names)] for k, image in panels.items()})
        return {name: np.concatenate([s[name] for s in shown]) for name in shown[0]}

    def numbers(self, nets: Nets) -> dict[str, float]:
        """The mean of every evaluation, by name."""

        def draw(**which) -> Answers:
            found = self._once(**which)
            return answers(self._predict, nets, found, self._key, self._mesh)

        values = measure_all(self._evaluations, draw)
        return {name: float(value.mean()) for name, value in values.items()}
