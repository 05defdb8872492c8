"""Answers measured by a published protocol."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from jaxgen.cli import records
from jaxgen.cli.features import Networks
from jaxgen.cli.gathering import (
    Batch,
    Gatherer,
    OneSize,
    Stream,
    arrived,
    real_states,
    set_metric,
    size_of,
)
from jaxgen.cli.records import Record
from jaxgen.metrics import definitions
from jaxgen.metrics import mask as masks
from jaxgen.metrics.accumulate import Moments
from jaxgen.metrics.base import PairedMetric
from jaxgen.metrics.definitions import Built, Protocol
from jaxgen.runtime.measuring import labels

ELSEWHERE = {
    "pckh": "it needs poses that a detector finds in the answers",
    "path_length": "it needs pairs of pictures a small step apart",
}
"""Metrics of sets that look at something else than features of the answers."""
_OURS = ("evaluate: ", "metrics")


@dataclass(frozen=True)
class Given:
    """What is measured, and against what.

    Attributes:
        answers: generated pictures, with their targets where they have one.
        paired: how many of them have one.
        real: name in `metrics.definitions.REAL` -> stream.
        stand_in: for what is missing there; the definition says so.
        features: names of what batches have besides pictures.
        departure: from a protocol, in words: when answers are files that were not saved
            as it saves them.
    """

    answers: Stream
    paired: int
    real: Mapping[str, Stream]
    stand_in: Stream
    features: Sequence[str] = ()
    departure: Callable[[Protocol], str] = lambda protocol: ""


@dataclass
class Found:
    """What a protocol said.

    Attributes:
        numbers: label -> the number and all about it, for JSON.
        reasons: number -> why it was not computed.
    """

    numbers: dict[str, Record] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


class Measurement:
    """One protocol over one stream of answers.

    Attributes:
        found: complete after `finish`.
    """

    def __init__(self, protocol: Protocol, given: Given, networks: Networks):
        """Plans what can be computed; `found.reasons` says of the rest why not.

        Args:
            protocol: what to compute.
            given: answers, and what they are held against.
            networks: gives feature networks.
        """
        self._protocol, self._given, self._networks = protocol, given, networks
        self.found = Found()
        plan = definitions.plan(protocol, networks.obtain)
        for network, numbers in plan.missing.items():
            why = f"it needs {network}: {networks.absent[network].rstrip('.')}"
            self.found.reasons |= dict.fromkeys(numbers, why)
        self._pairs, self._sets = self._possible(plan.built)
        self._values: dict[str, list[np.ndarray]] = {name: [] for name in self._pairs}
        count = given.answers.count
        self._names: list[str] = []
        self._gatherer = Gatherer([(b, _taken(b, count)) for b in self._sets.values()])
        self._size = protocol.pictures
        self._one_size = OneSize()
        self._resized: set[str] = set()

    def _possible(
        self, built: Mapping[str, Built]
    ) -> tuple[dict[str, Built], dict[str, Built]]:
        """Numbers of pairs and of sets that what was given is enough for."""
        pairs, sets = {}, {}
        for name, one in built.items():
            if why := self._obstacle(one):
                self.found.reasons[name] = why
            elif isinstance(one.metric, PairedMetric):
                pairs[name] = one
            else:
                sets[name] = one
        return pairs, sets

    def _obstacle(self, built: Built) -> str:
        """Why a number cannot be computed; empty if it can."""
        number, given = built.number, self._given
        if isinstance(built.metric, PairedMetric) and not given.paired:
            return "it needs pairs, and no answer has a target"
        if number.metric in ELSEWHERE:
            return ELSEWHERE[number.metric]
        needed = {*getattr(built.metric, "needs", ()), *masks.needs(number.mask)}
        if lacking := sorted(needed - {"target_image", *given.features}):
            return f"it needs {lacking[0]}, which {given.answers.about} come without"
        return ""

    def update(self, batch: Batch, executor: Executor) -> None:
        """Measures some more answers.

        Args:
            batch: of the stream.
            executor: for what the host computes picture by picture.
        """
        if not self._pairs and not self._sets:
            return
        protocol = self._protocol
        try:
            images = arrived(
                batch.images, batch.saved, protocol.on_generated, rule=protocol.quantise
            )
            self._size = self._one_size.require(images)
        except ValueError as error:
            self._give_all_up([*self._pairs, *self._sets], error)
            return
        try:
            if self._sets:
                self._gatherer.update(images, batch.features)
        except ValueError as error:
            self._give_all_up(list(self._sets), error)
        try:
            self._compare(images, batch, executor)
        except ValueError as error:
            self._give_all_up(list(self._pairs), error)

    def _compare(self, images: np.ndarray, batch: Batch, executor: Executor) -> None:
        """Numbers of pairs of a batch."""
        rows = [i for i, target in enumerate(batch.targets) if target is not None]
        if not self._pairs or not rows:
            return
        images = images[rows]
        targets = arrived(
            [target for target in batch.targets if target is not None],
            [batch.targets_saved[i] for i in rows],
            self._protocol.on_real,
        )
        _require_one_size(images, targets)
        self._resized |= _differing_sizes(batch, rows)
        self._names += [batch.names[i] for i in rows]
        features = {name: value[rows] for name, value in batch.features.items()}
        features["target_image"] = targets
        for name, built in list(self._pairs.items()):
            try:
                values = _values(built, images, features, executor)
            except ValueError as error:
                self._give_up(name, error)
            else:
                self._values[name].append(values)

    def _give_all_up(self, names: Sequence[str], error: ValueError) -> None:
        for name in names:
            self._give_up(name, error)

    def _give_up(self, name: str, error: ValueError) -> None:
        """Leaves a number out for a reason of ours; a bug is raised again."""
        text = str(error)
        if not text.startswith(_OURS):
            raise error
        self.found.reasons[name] = text.partition(": ")[2].rstrip(".")
        self._pairs.pop(name, None)
        self._sets.pop(name, None)

    def finish(self) -> Found:
        """The numbers, after the last batch."""
        for name, built in self._pairs.items():
            values = np.concatenate(self._values[name])
            kept = built.number.kept(len(values))
            facts = records.spread(values[:kept], self._names[:kept])
            facts["notes"] = sorted(self._resized)
            self._write(name, built, {name: built.number.mean(values)}, facts)
        for kind in dict.fromkeys(b.number.real for b in self._sets.values()):
            sets = {n: b for n, b in self._sets.items() if b.number.real == kind}
            try:
                self._compute(kind, sets)
            except ValueError as error:
                self._give_all_up(list(sets), error)
        return self.found

    def _compute(self, kind: str, sets: Mapping[str, Built]) -> None:
        """Numbers of sets that look at the same real pictures."""
        count, real = self._given.answers.count, self._real(kind)
        limits = {
            name: _taken(built, real.count, built.number.real_limit)
            for name, built in sets.items()
        }
        states = real_states(
            real,
            self._protocol.on_real,
            [(b, limits[name]) for name, b in sets.items() if kind != "none"],
            self._networks.weights_of,
        )
        stretched = [] if kind == "none" else self._other_size(real)
        for name, built in sets.items():
            fake = self._gatherer.state(built, _taken(built, count))
            facts: Record = {"count": _taken(built, count)}
            if kind != "none":
                facts |= {"real_count": limits[name], "real": about(real)}
            try:
                theirs = None if kind == "none" else states(built, limits[name])
                found = set_metric(built).compute(theirs, fake)
            except ValueError as error:
                self._give_up(name, error)
                continue
            facts["notes"] = [*_notes(fake), *stretched]
            values = labels(name, built.number.metric, found)
            self._write(name, built, values, facts)

    def _other_size(self, real: Stream) -> list[str]:
        """What to remark when real pictures have another size than answers."""
        size = size_of(real, self._protocol.on_real)
        if size == self._size:
            return []
        return [
            f"answers of {self._size} are held against real pictures of {size}; a "
            "difference of sizes shows in features, too"
        ]

    def _real(self, kind: str) -> Stream:
        return self._given.real.get(kind, self._given.stand_in)

    def _write(
        self, name: str, built: Built, values: Mapping[str, float], facts: Record
    ) -> None:
        number, given = built.number, self._given
        network = number.extractor.network if number.extractor else ""
        kind = number.real
        stands = isinstance(built.metric, PairedMetric) or kind in given.real
        files = [dict(file) for file in self._networks.weights_of(network)]
        definition = records.defined(
            built.definition,
            number,
            size=self._size,
            count=given.answers.count,
            real="" if stands or kind == "none" else given.stand_in.about,
            departure=given.departure(self._protocol),
        )
        for label, value in values.items():
            self.found.numbers[label] = records.record(
                value,
                {**definition, **records.untrained(files)},
                **facts,
                weights=files,
                verified=number.verified,
                caveats=[*self._protocol.caveats, *number.caveats],
            )


def _taken(built: Built, count: int, limit: int | None = None) -> int:
    """How many pictures of a stream a number takes."""
    return built.number.kept(min(count, limit or count))


def _values(
    built: Built,
    images: np.ndarray,
    features: Mapping[str, np.ndarray],
    executor: Executor,
) -> np.ndarray:
    """Scores of a batch: by a network at once, without one picture by picture."""
    if built.number.extractor:
        return built.values(images, features)

    def one(row: int) -> np.ndarray:
        mine = slice(row, row + 1)
        return built.values(images[mine], {k: v[mine] for k, v in features.items()})

    return np.concatenate(list(executor.map(one, range(len(images)))))


def _require_one_size(images: np.ndarray, targets: np.ndarray) -> None:
    if images.shape != targets.shape:
        got, want = (f"{x.shape[1]}x{x.shape[2]}" for x in (images, targets))
        raise ValueError(
            f"evaluate: after the protocol's own steps answers are {got} and their "
            f"targets {want}, and it does not say how to make them one size."
        )


def about(stream: Stream) -> dict[str, Any]:
    """What identifies a stream, for JSON."""
    return {"about": stream.about, "list": stream.digest, "count": stream.count}


def _differing_sizes(batch: Batch, rows: Sequence[int]) -> set[str]:
    """What to remark when a protocol resizes answers otherwise than their targets."""
    pairs = ((batch.images[row], batch.targets[row]) for row in rows)
    sizes = {(a.shape[:2], t.shape[:2]) for a, t in pairs if t is not None}
    return {
        f"answers of {a[0]}x{a[1]} and targets of {t[0]}x{t[1]} were resized to one "
        "size, as the protocol says; a stretched one shows something else"
        for a, t in sizes
        if a != t
    }


def _notes(state: Any) -> list[str]:
    if isinstance(state, Moments) and state.count <= len(state.mean):
        return [
            f"{state.count} samples are fewer than the {len(state.mean)} features, so "
            "the distance is mostly bias: only numbers of equal counts compare"
        ]
    return []
