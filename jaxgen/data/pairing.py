"""Which records make one sample.

A pairing is a finite table: sample j is a tuple of record indices, one per role. An
epoch is every row of the table once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from jaxgen.core import checks
from jaxgen.data.source import Source


@runtime_checkable
class Samples(Protocol):
    """Random access to tuples of record indices."""

    def __len__(self) -> int:
        """How many samples there are."""
        ...

    def __getitem__(self, index: int) -> tuple[int, ...]:
        """The records of one sample, one per role."""
        ...


@dataclass(frozen=True)
class Pairing:
    """A table of samples.

    Attributes:
        roles: what the records of a sample are called; empty for single records.
        samples: the table.
        grouped: whether neighbouring rows show the same person, so that the first
            few are no fair choice.
    """

    roles: tuple[str, ...]
    samples: Samples
    grouped: bool = False


PAIR = ("source", "target")


def pair(name: str, source: Source) -> Pairing:
    """The samples of `source` under the pairing called `name`.

    Raises:
        KeyError: for an unknown pairing.
        ValueError: when the source cannot be paired so, or not one sample results.
    """
    checks.require_known("pipeline", "pairing", name, PAIRINGS)
    pairing = PAIRINGS[name](source)
    if not len(pairing.samples):
        raise ValueError(
            f"pipeline: pairing {name!r} finds no sample among the "
            f"{len(source.records)} records of source {source.name!r}."
        )
    return pairing


@dataclass(frozen=True)
class _Singles:
    count: int

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[int, ...]:
        return (int(index),)


@dataclass(frozen=True)
class _Listed:
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> tuple[int, ...]:
        first, second = self.rows[index]
        return int(first), int(second)


class OrderedPairs:
    """All ordered pairs of two different members of one group, without listing them."""

    def __init__(self, groups: np.ndarray):
        """Counts the pairs before each group.

        Args:
            groups: [n] ints; a negative one belongs to no group.
        """
        members = np.argsort(groups, kind="stable")
        self._members = members[groups[members] >= 0]
        _, self._starts, self._counts = np.unique(
            groups[self._members], return_index=True, return_counts=True
        )
        self._ends = np.cumsum(self._counts * (self._counts - 1))

    def __len__(self) -> int:
        """The sum of k (k - 1) over groups of k members."""
        return int(self._ends[-1]) if len(self._ends) else 0

    def __getitem__(self, index: int) -> tuple[int, ...]:
        """Pair number `index`, group by group, first members slowest."""
        group = np.searchsorted(self._ends, index, side="right")
        others = self._counts[group] - 1
        within = index - self._ends[group] + (others + 1) * others
        first, second = divmod(within, others)
        second += second >= first
        start = self._starts[group]
        return int(self._members[start + first]), int(self._members[start + second])


def _none(source: Source) -> Pairing:
    return Pairing((), _Singles(len(source.records)))


def _csv(source: Source) -> Pairing:
    pairs = _known(source, "csv", "a list of pairs", source.pairs)
    return Pairing(PAIR, _Listed(pairs))


def _identity(source: Source) -> Pairing:
    identity = _known(source, "identity", "identities", source.identity)
    return Pairing(PAIR, OrderedPairs(identity), grouped=True)


def _clip(source: Source) -> Pairing:
    clip = _known(source, "clip", "clips", source.clip)
    return Pairing(PAIR, OrderedPairs(clip), grouped=True)


PAIRINGS: Mapping[str, Callable[[Source], Pairing]] = {
    "none": _none,
    "csv": _csv,
    "identity": _identity,
    "clip": _clip,
}


def _known(source: Source, pairing: str, what: str, value: Any) -> Any:
    if value is None:
        raise ValueError(
            f"pipeline: pairing {pairing!r} needs {what}, and source "
            f"{source.name!r} knows none; use another data.pairing."
        )
    return value


@dataclass(frozen=True)
class _Strangers:
    samples: Samples
    person: np.ndarray

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[int, ...]:
        *_, target = self.samples[index]
        others = np.flatnonzero(self.person != self.person[target])
        return int(np.random.default_rng(index).choice(others)), target


def with_strangers(pairing: Pairing, source: Source) -> Pairing:
    """The same targets, each with a record of another person as its source.

    Raises:
        ValueError: when the samples are no pairs, or there is but one person.
    """
    person = _known(source, "stranger", "persons", source.person)
    if pairing.roles != PAIR or (person == person[0]).all():
        raise ValueError(
            f"pipeline: strangers need pairs of records of two or more people; source "
            f"{source.name!r} gives samples of {len(pairing.roles) or 1} record(s) of "
            f"{len(np.unique(person))} people."
        )
    return Pairing(PAIR, _Strangers(pairing.samples, person), pairing.grouped)
