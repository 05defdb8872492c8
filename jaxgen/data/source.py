"""What a source of records is, and how one is opened by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol, runtime_checkable

import numpy as np

from jaxgen.core import checks, lookup
from jaxgen.data.features import Feature, Image

#: Keys of `config.data` that every source takes.
COMMON = (
    *("source", "folder", "split", "pairing", "flip"),
    *("shuffle", "repeat_batch", "workers"),
)


@runtime_checkable
class Records(Protocol):
    """Random access to single records: dicts of encoded images and small arrays."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def __getitem__(self, index: int) -> Mapping[str, Any]:
        """The record at `index`; called from several threads."""
        ...


@dataclass(frozen=True)
class Source:
    """The records of one split, what is known about them, and what they offer.

    Attributes:
        name: how the config calls it.
        records: random access; pickles, for worker processes.
        features: feature name -> how it is read from a record.
        names: one name per record.
        size: (height, width) of every image; None when each has its own.
        identity: [n] ints; records of one value show one person in one outfit.
        person: [n] ints; records of one value show one person.
        clip: [n] ints; frames of one value belong to one clip, -1 for stills.
        pairs: [m, 2] record indices (from, to): the split's own list of pairs.
        digest: changes when the records do.
    """

    name: str
    records: Records
    features: Mapping[str, Feature]
    names: tuple[str, ...]
    size: tuple[int, int] | None
    identity: np.ndarray | None = None
    person: np.ndarray | None = None
    clip: np.ndarray | None = None
    pairs: np.ndarray | None = None
    digest: str = ""

    def size_of(self, record: Mapping[str, Any]) -> tuple[int, int]:
        """(height, width) of the picture of `record`.

        Raises:
            ValueError: when that is not known, for want of a feature `image`.
        """
        if self.size is not None:
            return self.size
        image = self.features.get("image")
        if not isinstance(image, Image):
            raise ValueError(
                f"source {self.name!r} offers no 'image', so the size that its points "
                "and maps refer to is unknown"
            )
        return image.size(record)


def require_options(data: Mapping[str, Any]) -> ModuleType:
    """Finds the module of the source that `data` names, and looks at the keys.

    Args:
        data: the `data` part of a config.

    Raises:
        KeyError: for a missing or an unknown source, or a key that it does not take.
    """
    if not data.get("source"):
        raise KeyError("pipeline: config.data.source is missing.")
    module = lookup.module("jaxgen.data.sources", data["source"], "source")
    for key in data:
        checks.require_known("config.data", "key", key, (*COMMON, *module.OPTIONS))
    return module


def open_source(data: Mapping[str, Any], split: str) -> Source:
    """Opens the source that `data` names.

    Args:
        data: the `data` part of a config.
        split: which part of the records.

    Raises:
        KeyError: for an unknown source, split or key.
        FileNotFoundError: when its folder is missing or was not prepared.
        ValueError: when there are no records.
    """
    source = require_options(data).open_source(data, split)
    if not len(source.records):
        where = data.get("folder") or data["source"]
        raise ValueError(f"pipeline: split {split!r} of {where} has no records.")
    return source
