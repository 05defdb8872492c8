"""What a metric offers, and what is said of a number.

A metric is a frozen dataclass `Metric` in a file of its name. It computes on the host,
in float64; what runs on a device is the network whose features some of them compare.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class PairedMetric(Protocol):
    """A number per sample, from the answer and from what it should have been.

    One that needs a network takes it as an argument and names it as `extractor`.

    Attributes:
        needs: names of batch features it compares with.
        definition: everything that decides the number, for its provenance.
    """

    needs: tuple[str, ...]
    definition: dict[str, str]

    def values(self, images: np.ndarray, batch: Mapping[str, np.ndarray]) -> np.ndarray:
        """Scores of a batch.

        Args:
            images: answers, uint8 [b, h, w, 3], after quantisation.
            batch: the features of `needs`, as NumPy arrays.

        Returns:
            float64 [b]; NaN where the definition gives no number.
        """
        ...


class State(Protocol):
    """What is kept of one stream of features. It never changes: `update` gives another.

    `metrics.accumulate` has the two there are.
    """

    @classmethod
    def empty(cls) -> "State":
        """That of a stream of which nothing has been seen."""
        ...

    def update(self, rows: np.ndarray) -> "State":
        """That after a batch.

        Args:
            rows: features [b, ...] of real samples only: the padding of a last batch
                has been cut off.
        """
        ...

    def merge(self, other: Any) -> "State":
        """That of two parts of a stream; where order counts, `other` follows."""
        ...

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything by name, for a file; `from_arrays` reads it again."""
        ...


@runtime_checkable
class SetMetric(Protocol):
    """A number for a whole set of pictures, from features of real and generated ones.

    Each stream is gathered by itself: `state = metric.gathers.empty()`, then
    `state = state.update(features)` per batch. So what was gathered of real pictures
    can be kept, metrics of one `extractor` and one way of gathering share a state, and
    parts of several processes are merged.

    Attributes:
        streams: those it looks at, of "real" and "fake".
        extractor: which features it wants, as "inception_tf/pool3".
        gathers: the class of its states.
        where: "host": features come as NumPy arrays.
        definition: everything that decides the number, for its provenance.
    """

    streams: tuple[str, ...]
    extractor: str
    gathers: type[State]
    where: str
    definition: dict[str, str]

    def compute(self, real: Any, fake: Any) -> dict[str, float]:
        """The numbers by name.

        Args:
            real: state of the real stream; unused when not among `streams`.
            fake: state of the generated one.

        Raises:
            ValueError: when too little was seen.
        """
        ...


@dataclass(frozen=True)
class Summary:
    """What is told of a paired metric over all samples.

    Attributes:
        mean: NaN when any sample has no number, as in the papers' scripts.
        std: of the population, NaN like the mean.
        mean_of_defined: over the samples that have a number; NaN when none has.
        count: samples.
        undefined: names of those without a number.
    """

    mean: float
    std: float
    mean_of_defined: float
    count: int
    undefined: tuple[str, ...]


def summarise(values: np.ndarray, names: Sequence[str]) -> Summary:
    """The summary of a metric's values.

    Args:
        values: float64 [n].
        names: of the n samples.
    """
    undefined = np.isnan(values)
    defined = values[~undefined]
    finite = len(values) > 0 and np.isfinite(values).all()
    return Summary(
        mean=float(values.mean()) if len(values) else float("nan"),
        std=float(values.std()) if finite else float("nan"),
        mean_of_defined=float(defined.mean()) if len(defined) else float("nan"),
        count=len(values),
        undefined=tuple(n for n, no in zip(names, undefined, strict=True) if no),
    )


def mean_of_batches(values: np.ndarray, size: int) -> float:
    """The mean of the means of batches, in which a short last batch counts as a whole.

    Args:
        values: float64 [n].
        size: of a batch.
    """
    parts = [values[i : i + size].mean() for i in range(0, len(values), size)]
    return float(np.mean(parts))


def definition_key(definition: Mapping[str, str]) -> str:
    """A short key such as "fid-5f2c9a01": equal for equal definitions alone.

    Numbers with different keys are never put in one column.

    Args:
        definition: of a metric or of a protocol's number; "name" is its readable part.
    """
    text = json.dumps(dict(definition), sort_keys=True)
    return f"{definition['name']}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
