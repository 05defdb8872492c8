"""Pictures on their way to numbers: streams, and what is kept of their features.

A stream is drawn batch by batch. Numbers that want the same features of it share them,
and numbers that gather them alike share the state.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from jaxgen.cli import statistics
from jaxgen.cli.progress import counted
from jaxgen.metrics import prepare
from jaxgen.metrics.base import SetMetric
from jaxgen.metrics.definitions import Built
from jaxgen.metrics.prepare import Step

LOSSY = ("jpeg", "signed_and_back")
"""Steps that a picture out of a file of the authors' has behind it."""


@dataclass(frozen=True)
class Batch:
    """Some pictures of a stream.

    Attributes:
        names: of them.
        images: bytes [h, w, 3], or floats in [-1, 1] that are yet to be quantised.
        saved: of each, whether it comes out of a file that lost something.
        targets: of each, bytes [h, w, 3]; None where there is none.
        targets_saved: as `saved`, of the targets.
        features: what metrics need besides, by name, [b, ...].
    """

    names: Sequence[str]
    images: Sequence[np.ndarray]
    saved: Sequence[bool]
    targets: Sequence[np.ndarray | None] = ()
    targets_saved: Sequence[bool] = ()
    features: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Stream:
    """Pictures in an order that never changes.

    Attributes:
        about: what they are, in a few words.
        count: how many there are.
        digest: a hash of everything that they depend on; empty if that is not known.
        draw: gives them all, as often as asked.
    """

    about: str
    count: int
    digest: str
    draw: Callable[[], Iterator[Batch]]


def arrived(
    images: Sequence[np.ndarray],
    saved: Sequence[bool],
    steps: Sequence[Step],
    *,
    rule: str = "truncate",
) -> np.ndarray:
    """Pictures as a protocol measures them, bytes [b, h, w, 3].

    Args:
        images: bytes, or floats in [-1, 1].
        saved: those that have the lossy steps behind them.
        steps: of the protocol.
        rule: from floats to bytes.

    Raises:
        ValueError: when they have several sizes, and no step makes them one.
    """
    others = [step for step in steps if step[0] not in LOSSY]
    found = []
    for image, is_saved in zip(images, saved, strict=True):
        if image.dtype != np.uint8:
            image = prepare.quantise(image, rule=rule)
        found.append(prepare.apply(image[None], others if is_saved else steps)[0])
    sizes = OneSize()
    for image in found:
        sizes.require(image[None])
    return np.stack(found)


class OneSize:
    """The size of the pictures of a stream, which is that of the first."""

    def __init__(self):
        """Nothing has been seen."""
        self._first = ""

    def require(self, images: np.ndarray) -> str:
        """Height and width of [b, h, w, 3], as "128x64".

        Raises:
            ValueError: when pictures before them had another.
        """
        size = f"{images.shape[1]}x{images.shape[2]}"
        self._first = self._first or size
        if size != self._first:
            raise ValueError(
                "evaluate: pictures of one set should have one size, got "
                f"{self._first} and {size}, and the protocol says of no other."
            )
        return size


def size_of(stream: Stream, steps: Sequence[Step]) -> str:
    """Height and width of the first pictures of a stream, after a protocol's steps."""
    for batch in stream.draw():
        return OneSize().require(arrived(batch.images, batch.saved, steps))
    return ""


def set_metric(built: Built) -> SetMetric:
    """The metric of a number of a set.

    Raises:
        TypeError: when it is of pairs.
    """
    if not isinstance(built.metric, SetMetric):
        raise TypeError(
            f"gathering: {built.number.metric!r} is of pairs, not of a set."
        )
    return built.metric


def feature_key(built: Built) -> tuple[str, ...]:
    """Equal for numbers that want the same features of the same pictures."""
    number = built.number
    return prepare.describe(number.steps), number.mask, str(number.extractor)


class Gatherer:
    """States of one stream, for all numbers that look at it."""

    def __init__(self, wanted: Sequence[tuple[Built, int]]):
        """Begins with empty states.

        Args:
            wanted: numbers of sets, and how many pictures from the first on each takes.
        """
        self._built = {feature_key(built): built for built, _ in wanted}
        self._seen = 0
        self._states: dict[tuple, Any] = {
            _state_key(built, limit): set_metric(built).gathers.empty()
            for built, limit in wanted
        }

    def update(self, images: np.ndarray, features: Mapping[str, Any]) -> None:
        """Takes some more pictures, bytes [b, h, w, 3]."""
        for key, built in self._built.items():
            mine = [state for state in self._states if state[0] == key]
            if max(limit for _, _, limit in mine) <= self._seen:
                continue
            rows = built.features(images, features)
            for state in mine:
                taken = rows[: max(state[2] - self._seen, 0)]
                self._states[state] = self._states[state].update(taken)
        self._seen += len(images)

    def state(self, built: Built, limit: int) -> Any:
        """What was kept for a number."""
        return self._states[_state_key(built, limit)]


def _state_key(built: Built, limit: int) -> tuple:
    return feature_key(built), set_metric(built).gathers, limit


def real_states(
    stream: Stream,
    steps: Sequence[Step],
    wanted: Sequence[tuple[Built, int]],
    weights: Callable[[str], Sequence[Mapping[str, str]]],
) -> Callable[[Built, int], Any]:
    """States of real pictures, read from the cache where they were gathered before.

    Args:
        stream: of real pictures.
        steps: of the protocol, from the files to what is measured.
        wanted: numbers of sets, and how many pictures each takes.
        weights: of a network; what has none is not cached.

    Returns:
        From a number and its limit to the state.
    """
    found: dict[tuple, Any] = {}
    names: dict[tuple, str] = {}
    for built, limit in wanted:
        key = _state_key(built, limit)
        names[key] = _cache_name(stream, steps, built, limit, weights)
        state = (
            statistics.load(names[key], set_metric(built).gathers)
            if names[key]
            else None
        )
        if state is not None:
            found[key] = state
    rest = [(b, limit) for b, limit in wanted if _state_key(b, limit) not in found]
    if rest:
        gatherer, sizes = Gatherer(rest), OneSize()
        drawn = counted(
            stream.draw(),
            lambda batch: len(batch.names),
            f"evaluate: {stream.about}",
            stream.count,
        )
        for batch in drawn:
            images = arrived(batch.images, batch.saved, steps)
            sizes.require(images)
            gatherer.update(images, batch.features)
        for built, limit in rest:
            key = _state_key(built, limit)
            found[key] = gatherer.state(built, limit)
            if names[key]:
                statistics.save(names[key], found[key])
    return lambda built, limit: found[_state_key(built, limit)]


def _cache_name(
    stream: Stream,
    steps: Sequence[Step],
    built: Built,
    limit: int,
    weights: Callable[[str], Sequence[Mapping[str, str]]],
) -> str:
    extractor = built.number.extractor
    files = [dict(file) for file in weights(extractor.network)] if extractor else []
    known = bool(files) and all(len(file["sha256"]) == 64 for file in files)
    if not stream.digest or not known or built.number.mask:
        return ""
    return statistics.fingerprint(
        {
            "stream": stream.digest,
            "steps": prepare.describe(steps),
            "features": feature_key(built),
            "gathers": set_metric(built).gathers.__name__,
            "limit": limit,
            "weights": files,
            "platform": jax.default_backend(),
        }
    )
