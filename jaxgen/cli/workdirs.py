"""Trained workdirs as streams: answers to unseen samples, and rows without training."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import jax
import numpy as np

from jaxgen.cli import evaluators
from jaxgen.cli.gathering import Batch, Stream
from jaxgen.cli.protocols import Given
from jaxgen.core.skeleton import JOINTS
from jaxgen.data import pairing, pipeline
from jaxgen.data.source import open_source
from jaxgen.runtime import evaluation, tasks
from jaxgen.runtime.experiment import Experiment, config_hash
from jaxgen.runtime.measuring import Answers, Samples, Use
from jaxgen.runtime.mesh import mesh_key
from jaxgen.runtime.provenance import provenance
from jaxgen.systems.base import picture_size

COMPARISONS = ("copy", "mean", "stranger")
"""Rows that need no training."""
OURS = "ours"
_MEAN_OF = 1_000
_POSES = ("source_keypoints", "target_keypoints")


@dataclass(frozen=True)
class Workdir:
    """A trained system with its data.

    Attributes:
        opened: its workdir.
        data: the `data` part of its config, prepared.
    """

    opened: Experiment
    data: Mapping[str, Any]

    @cached_property
    def spec(self) -> Mapping[str, jax.ShapeDtypeStruct]:
        """What the system takes, in batches that all devices share."""
        return self.opened.system.batch_spec(self._batch_size)

    @property
    def _batch_size(self) -> int:
        devices, size = self.opened.mesh.shape["data"], self.opened.config.batch_size
        return -(-size // devices) * devices

    @property
    def size(self) -> str:
        """Height and width of the pictures."""
        return "{}x{}".format(*picture_size(self.spec))

    @cached_property
    def request(self) -> Mapping[str, jax.ShapeDtypeStruct]:
        """What the system takes, and the poses that masks are drawn from if any are."""
        request = dict(self.spec)
        pose = jax.ShapeDtypeStruct((self._batch_size, JOINTS, 2), np.float32)
        for name in _POSES:
            wanted = {**request, name: pose}
            try:
                next(pipeline.once(self.data, wanted, split="test", samples=1))
            except (KeyError, ValueError):
                continue  # This dataset has none.
            request = wanted
        return request

    @cached_property
    def predict(self) -> Callable:
        """The system's answers as bytes."""
        return evaluation.make_predict(self.opened.system, self.opened.mesh)

    @cached_property
    def predict_floats(self) -> Callable:
        """The same before they are quantised."""
        predict = evaluation.make_predict(
            self.opened.system, self.opened.mesh, quantised=False
        )
        names = tuple(self.spec)

        def chosen(nets, batch, key):
            return predict(nets, {name: batch[name] for name in names}, key)

        return chosen

    @cached_property
    def tasks(self) -> Mapping[str, tasks.Runner]:
        """Every task of the system."""
        return tasks.make_tasks(self.opened.system)

    def draw(
        self,
        row: str,
        *,
        split: str,
        samples: int,
        names: dict[Any, list[str]],
        use: Use | None = None,
    ) -> Answers:
        """Answers of the system as bytes, or of a row that needs no training.

        Args:
            row: `OURS` or a name in `COMPARISONS`.
            split: of the dataset.
            samples: how many.
            names: filled with those of the samples, under (split, samples).
            use: a task to ask instead of `predict`.
        """
        once = partial(pipeline.once, self.data, self.spec)
        names[split, samples] = kept = []
        which: dict[str, Any] = dict(split=split, samples=samples)
        drawn = self._drawn(row, once, self.predict, use, **which)
        for outputs, batch, found in drawn:
            kept.extend(found)
            yield outputs, batch, found

    def _drawn(
        self,
        row: str,
        once: Callable,
        predict: Callable,
        use: Use | None = None,
        **which,
    ) -> Answers:
        if row in ("copy", "mean"):
            names = evaluators.output_names("evaluate", use, self.opened.system)
            answer = self._sources if row == "copy" else self._means
            return self._constant(once(**which), answer, names)
        key = mesh_key(self.opened.config.seed, self.opened.mesh)
        samples = once(**which, stranger=row == "stranger")
        if use is not None:
            runner = self.tasks[use.task]
            return tasks.task_answers(runner, use, self.opened.nets, samples, key)
        return evaluation.answers(
            predict, self.opened.nets, samples, key, self.opened.mesh
        )

    def _constant(
        self, samples: Samples, answer: Callable, names: Sequence[str]
    ) -> Answers:
        for batch, real in samples:
            image: np.ndarray = answer(batch)[: len(real)]
            kept = {name: value[: len(real)] for name, value in batch.items()}
            yield {name: image for name in names}, kept, real

    @staticmethod
    def _sources(batch: Mapping[str, np.ndarray]) -> np.ndarray:
        return batch["source_image"]

    def _means(self, batch: Mapping[str, np.ndarray]) -> np.ndarray:
        return np.broadcast_to(self._mean, batch["target_image"].shape)

    @cached_property
    def _mean(self) -> np.ndarray:
        """The mean training target: what ignores every input could give."""
        total, count = np.zeros(()), 0
        split = self.opened.config.data.split
        found = pipeline.once(self.data, self.spec, split=split, samples=_MEAN_OF)
        for batch, names in found:
            targets = batch["target_image"][: len(names)]
            total = total + targets.sum(0, dtype=np.float64)
            count += len(names)
        return (total / count).astype(np.uint8)

    def given(self, row: str, *, split: str, samples: int | None) -> Given:
        """The same for protocols, with targets and real pictures.

        Args:
            row: `OURS` or a name in `COMPARISONS`.
            split: of the dataset.
            samples: how many pairs; None for all.
        """
        count = self._count(split, samples)
        which: dict[str, Any] = dict(split=split, samples=samples)
        data = pipeline.fingerprint(self.data, split)
        digest = f"{data} {self.size} first {count}"
        once = partial(pipeline.once, self.data, self.request)

        def answers() -> Iterator[Batch]:
            found = self._drawn(row, once, self.predict_floats, **which)
            return (_batch(outputs["image"], batch, n) for outputs, batch, n in found)

        def targets() -> Iterator[Batch]:
            for batch, names in once(**which):
                yield _pictures(batch["target_image"], names)

        train = self._train()
        targets_stream = Stream(f"targets of {split}", count, digest, targets)
        return Given(
            answers=Stream("this workdir's samples", count, digest, answers),
            paired=count,
            real={"targets": targets_stream, "train": train},
            stand_in=train,
            features=[name for name in self.request if not name.endswith("image")],
        )

    def provenance(self) -> dict[str, Any]:
        """Versions and devices, the config and the data."""
        return provenance(
            {
                "config": config_hash(self.opened.config),
                "dataset": pipeline.fingerprint(self.data, "test"),
            }
        )

    def _count(self, split: str, samples: int | None) -> int:
        source = open_source(self.data, split)
        count = len(pairing.pair(self.data.get("pairing", "none"), source).samples)
        return count if samples is None else min(count, samples)

    def _train(self) -> Stream:
        """Every picture of the training split, once."""
        split = self.opened.config.data.split
        shape = self._batch_size, *picture_size(self.spec), 3
        request = {"image": jax.ShapeDtypeStruct(shape, np.uint8)}

        def draw() -> Iterator[Batch]:
            found = pipeline.once(self.data, request, split=split, pairing="none")
            return (_pictures(batch["image"], names) for batch, names in found)

        return Stream(
            f"every picture of split {split}",
            len(open_source(self.data, split).records),
            f"{pipeline.fingerprint(self.data, split)} {self.size} single",
            draw,
        )


def _batch(
    images: np.ndarray, batch: Mapping[str, np.ndarray], names: Sequence[str]
) -> Batch:
    never = [False] * len(names)
    features = {k: v for k, v in batch.items() if not k.endswith("image")}
    targets = list(batch["target_image"])
    return Batch(names, list(images), never, targets, never, features)


def _pictures(images: np.ndarray, names: Sequence[str]) -> Batch:
    images = images[: len(names)]
    return Batch(names, list(images), [False] * len(names))
