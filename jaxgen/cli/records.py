"""What is said of a number: everything that it depends on, for JSON."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxgen.metrics.base import definition_key, summarise
from jaxgen.metrics.definitions import Number

Record = dict[str, Any]
RANDOM = "random"
"""In place of weights, and of their SHA-256: a network as it is drawn, whose numbers
mean nothing."""


def record(value: float, definition: Mapping[str, str], **facts: Any) -> Record:
    """A number with its definition.

    Args:
        value: may be infinite or NaN.
        definition: everything that decides it.
        **facts: counts, streams, weights, notes.
    """
    return {
        "value": plain(value),
        **{name: plain(fact) for name, fact in facts.items()},
        "definition": dict(definition),
        "key": definition_key(definition),
    }


def plain(value: Any) -> Any:
    """For JSON, which has no word for numbers that are not finite: they become text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def number_of(found: Mapping[str, Any]) -> float:
    """The value of a record."""
    return float(found["value"])


def spread(values: np.ndarray, names: Sequence[str]) -> Record:
    """What a paired metric says besides its mean."""
    summary = summarise(values, names)
    return {
        "std": summary.std,
        "mean_of_defined": summary.mean_of_defined,
        "count": summary.count,
        "undefined": list(summary.undefined),
    }


def untrained(weights: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What a definition adds when a network has random weights; else nothing.

    Args:
        weights: files of the network: network, file, sha256.
    """
    if any(file["sha256"] == RANDOM for file in weights):
        return {"weights": "random, not trained: to try things out"}
    return {}


def defined(
    definition: Mapping[str, str],
    number: Number,
    *,
    size: str,
    count: int,
    real: str = "",
    departure: str = "",
) -> dict[str, str]:
    """A protocol's definition, changed where this evaluation is another.

    Args:
        definition: of the protocol.
        number: of it.
        size: of the pictures that were measured.
        count: generated ones.
        real: what was taken for real in place of what the authors take.
        departure: how the generated ones were saved, if otherwise.
    """
    found = {**definition, "size": size}
    if number.generated and number.generated != count:
        found["limits"] = f"{count} generated instead of {number.generated}"
    if real:
        found["real"] = f"{real}, instead of {definition['real']}"
    if departure:
        found["on_generated"] = departure
    return found
