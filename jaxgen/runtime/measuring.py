"""What metrics keep of answers and of real pictures, and the numbers it makes."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from jaxgen.metrics.base import PairedMetric, SetMetric

Samples = Iterable[tuple[Mapping[str, np.ndarray], list[str]]]
Answers = Iterator[tuple[dict[str, np.ndarray], Mapping[str, np.ndarray], list[str]]]
Kept = Any
"""What is kept of a stream: values [n] of a metric of pairs, or a `metrics.base.State`.
"""


@dataclass(frozen=True)
class Reference:
    """The real pictures that a metric of a set compares with.

    Attributes:
        split: of the dataset; each of its pictures counts once.
        samples: at most so many samples are looked at; None for all.
    """

    split: str = "train"
    samples: int | None = None


@dataclass(frozen=True)
class Use:
    """A task that answers in place of the system's `predict`.

    Attributes:
        task: its name.
        inputs: (name, value) of inputs that are the same for every sample; the others
            are features of the same names, or have their defaults.
    """

    task: str
    inputs: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Evaluation:
    """One entry of `config.evals`: which number, over which people, of which output.

    Attributes:
        metric: what to compute.
        split: of the dataset.
        samples: how many.
        output: of `System.predict`, or of the task; `image` is the answer of both.
        use: a task to ask instead of `predict`.
        reference: of a metric of a set.
        weights: the files of its network: network, file, sha256.
        features: of a metric of a set: bytes [b, h, w, 3], their batch, and whether
            they are real -> what the metric gathers, [b, ...].
        mean: of a metric of pairs: how values [n] are averaged.
        counted: of so many samples, those from the first on that the average is of.
    """

    metric: PairedMetric | SetMetric
    split: str = "test"
    samples: int = 200
    output: str = "image"
    use: Use | None = None
    reference: Reference = field(default_factory=Reference)
    weights: Sequence[Mapping[str, str]] = ()
    features: Callable[..., np.ndarray] | None = None
    mean: Callable[[np.ndarray], float] = np.mean
    counted: Callable[[int], int] = int

    def numbers(self, name: str, kept: Kept, real: Any = None) -> dict[str, float]:
        """The numbers by label, from what was kept of answers and of real pictures.

        Args:
            name: of this evaluation.
            kept: of the answers.
            real: the state of real pictures, of a metric of a set.
        """
        if not isinstance(self.metric, PairedMetric):
            found = self.metric.compute(real, kept)
            return labels(name, self.metric.definition["name"], found)
        return {name: float(self.mean(np.asarray(kept)))}


def labels(number: str, metric: str, values: Mapping[str, float]) -> dict[str, float]:
    """Numbers of a set metric by what a table calls them.

    Args:
        number: what the protocol or the config calls it.
        metric: file in `jaxgen.metrics`.
        values: of `compute`: the one named like the metric is the number itself.
    """
    return {
        number
        if name == metric
        else f"{number} {name.removeprefix(f'{metric}_')}": value
        for name, value in values.items()
    }


def measure(evaluations: Mapping[str, Evaluation], results: Answers) -> dict[str, Kept]:
    """What every metric keeps of all samples, in order.

    Args:
        evaluations: by name.
        results: of `answers`, or anything of the same form.

    Returns:
        name -> float64 [n], or the state of a metric of a set.
    """
    values: dict[str, list[np.ndarray]] = {}
    states: dict[str, Any] = {}
    for outputs, batch, _ in results:
        shared: dict[Any, np.ndarray] = {}
        for name, entry in evaluations.items():
            images = outputs[entry.output]
            if isinstance(entry.metric, PairedMetric):
                found = entry.metric.values(images, batch)
                values.setdefault(name, []).append(found)
            else:
                key = entry.features, entry.output
                if key not in shared:
                    shared[key] = _features(entry, images, batch, real=False)
                state = states.get(name) or entry.metric.gathers.empty()
                states[name] = state.update(shared[key])
    return {name: np.concatenate(found) for name, found in values.items()} | states


def _features(
    entry: Evaluation,
    images: np.ndarray,
    batch: Mapping[str, np.ndarray],
    *,
    real: bool,
) -> np.ndarray:
    if entry.features is None:
        raise ValueError("evaluation: a metric of a set needs features to gather.")
    return entry.features(images, batch, real=real)


def real_states(
    evaluations: Mapping[str, Evaluation], once: Callable[..., Samples]
) -> dict[str, Any]:
    """What metrics of sets keep of real pictures: it depends on no network of ours.

    A picture that is the target of several sources counts once.

    Args:
        evaluations: by name; those of pairs have no such stream.
        once: `once(split=..., samples=...)` gives padded batches.
    """
    groups: dict[Reference, dict[str, Evaluation]] = {}
    for name, entry in evaluations.items():
        if isinstance(entry.metric, SetMetric) and "real" in entry.metric.streams:
            groups.setdefault(entry.reference, {})[name] = entry
    states: dict[str, Any] = {}
    for reference, group in groups.items():
        samples = once(split=reference.split, samples=reference.samples)
        for images, batch in _distinct(samples):
            shared: dict[Any, np.ndarray] = {}
            for name, entry in group.items():
                if entry.features not in shared:
                    rows = _features(entry, images, batch, real=True)
                    shared[entry.features] = rows
                metric: Any = entry.metric
                state = states.get(name) or metric.gathers.empty()
                states[name] = state.update(shared[entry.features])
    return states


def _distinct(
    samples: Samples,
) -> Iterator[tuple[np.ndarray, dict[str, np.ndarray]]]:
    """Real pictures, each the first time that it comes, with their part of a batch."""
    seen: set[bytes] = set()
    for batch, names in samples:
        pictures = batch["target_image" if "target_image" in batch else "image"]
        rows = []
        for row, picture in enumerate(pictures[: len(names)]):
            digest = hashlib.sha256(picture.tobytes()).digest()
            if digest not in seen:
                seen.add(digest)
                rows.append(row)
        if rows:
            yield pictures[rows], {name: value[rows] for name, value in batch.items()}


def measure_all(
    evaluations: Mapping[str, Evaluation], draw: Callable[..., Answers]
) -> dict[str, Kept]:
    """`measure`, with the answers that each evaluation wants.

    Args:
        evaluations: by name.
        draw: `draw(split=..., samples=..., use=...)` gives answers.
    """
    values: dict[str, Kept] = {}
    for (split, samples, use), group in by_answers(evaluations).items():
        values |= measure(group, draw(split=split, samples=samples, use=use))
    return values


def by_answers(
    evaluations: Mapping[str, Evaluation],
) -> dict[tuple[str, int, Use | None], dict[str, Evaluation]]:
    """Evaluations that look at the same answers together: each is drawn once."""
    groups: dict[tuple[str, int, Use | None], dict[str, Evaluation]] = {}
    for name, entry in evaluations.items():
        groups.setdefault((entry.split, entry.samples, entry.use), {})[name] = entry
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
