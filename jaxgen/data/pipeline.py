"""Batches for training, and every sample once for evaluation.

The sample at position p depends on the seed and p alone: on no worker, process, batch
size or starting point. That is why a checkpoint stores one integer.
"""

import hashlib
import itertools
import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

import grain
import numpy as np
from absl import flags

from jaxgen.core import interrupts
from jaxgen.data import augment
from jaxgen.data.pairing import Pairing, pair, with_strangers
from jaxgen.data.request import Assembly, match
from jaxgen.data.source import Source, open_source
from jaxgen.data.workers import end_with_parent

_ORDER_SEED = 0
_PREFETCHED = 16
# grain's own endless repetition is too long for its batches of one: their count passes
# through a float.
_ENDLESS = 2**50


class Batches:
    """An endless iterator over batches: {name: array [local batch, ...]}.

    Attributes:
        position: samples taken so far, over all processes.
    """

    def __init__(self, batches: Iterator[dict], batch_size: int, position: int):
        """Counts what `batches` gives, `batch_size` samples at a time."""
        self._batches = batches
        self._batch_size = batch_size
        self.position = position

    def __iter__(self) -> Iterator[dict[str, np.ndarray]]:
        """Itself."""
        return self

    def __next__(self) -> dict[str, np.ndarray]:
        """The next batch, this process's part of it.

        Raises:
            ChildProcessError: when a worker process died.
        """
        batch = next(self._batches)
        self.position += self._batch_size
        return dict(batch)

    def close(self) -> None:
        """Stops threads and workers."""
        _close(self._batches)


def batches(
    data: Mapping[str, Any],
    request: Mapping[str, Any],
    seed: int,
    *,
    start: int = 0,
    process: int = 0,
    processes: int = 1,
) -> Batches:
    """Training batches without end; every epoch is a fresh permutation.

    Args:
        data: the `data` part of a config.
        request: name -> anything with `shape`, global batch first, and `dtype`.
        seed: of order and augmentation.
        start: samples taken before, over all processes.
        process: which part of each batch to make.
        processes: how many parts there are.

    Raises:
        KeyError: for keys, sources, splits or features that do not exist.
        ValueError: for shapes, pairings or batch sizes that do not fit.
        FileNotFoundError: when the data is not there.
    """
    source = open_source(data, data.get("split", "train"))
    pairing = pair(data.get("pairing", "none"), source)
    assembly = match(request, source, pairing.roles)
    repeat = data.get("repeat_batch", False)
    dataset = grain.MapDataset.source(pairing.samples).seed(seed)
    if data.get("shuffle", True):
        dataset = dataset.shuffle()
    draw = _Draw(assembly, data.get("flip", False))
    epochs = _ENDLESS // len(pairing.samples) + 1
    dataset = dataset.repeat(epochs).random_map(draw)[0 if repeat else start :]
    stream = _stream(dataset, assembly.batch_size, data, process, processes)
    if repeat:
        first = next(stream)
        _close(stream)
        stream = itertools.repeat(first)
    return Batches(stream, assembly.batch_size, start)


def once(
    data: Mapping[str, Any],
    request: Mapping[str, Any],
    *,
    split: str,
    samples: int | None = None,
    pairing: str | None = None,
    stranger: bool = False,
    process: int = 0,
    processes: int = 1,
) -> Iterator[tuple[dict[str, np.ndarray], list[str]]]:
    """Every sample of a split exactly once, in an order that never changes.

    Listed pairs come in the order of the list, single records in theirs, and all pairs
    of one identity in a fixed permutation. Of fewer than all samples the first in such
    a permutation are taken, so that a few show many people. Nothing is mirrored.

    Args:
        data: the `data` part of a config.
        request: name -> anything with `shape`, global batch first, and `dtype`.
        split: which part of the records.
        samples: only the first so many.
        pairing: instead of the config's.
        stranger: takes each source record from another person.
        process: which part of each batch to make.
        processes: how many parts there are.

    Yields:
        A batch, the last one padded by repeating its last sample, and the names of
        the samples in it that are no padding, fit for file names.

    Raises:
        KeyError: for keys, sources, splits or features that do not exist.
        ValueError: for shapes, pairings or batch sizes that do not fit.
        FileNotFoundError: when the data is not there.
    """
    source = open_source(data, split)
    paired = pair(pairing or data.get("pairing", "none"), source)
    if stranger:
        paired = with_strangers(paired, source)
    assembly = match(request, source, paired.roles)
    order = _fixed_order(paired, samples)
    size = assembly.batch_size
    padded = np.minimum(np.arange(-(-len(order) // size) * size), len(order) - 1)
    dataset = grain.MapDataset.source(_Reordered(paired, order[padded])).map(assembly)
    stream = _stream(dataset, size, data, process, processes)
    return _named(stream, source, paired, order, size // processes, process, processes)


def fingerprint(data: Mapping[str, Any], split: str) -> str:
    """A hash of what the samples of a split depend on, sixteen hex digits."""
    source = open_source(data, split)
    ignored = ("folder", "split", "shuffle", "flip", "repeat_batch", "workers")
    said = {key: value for key, value in data.items() if key not in ignored}
    content = json.dumps([said, split, source.digest], sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


class _Draw(grain.transforms.RandomMap):
    """A sample with its augmentation; the generator is of (seed, position)."""

    def __init__(self, assembly: Assembly, flip: bool):
        self._assembly = assembly
        self._features = assembly.features
        self._size = assembly.size
        self._flip = flip

    def random_map(self, indices, rng: np.random.Generator):
        sample = self._assembly(indices)
        if self._flip and rng.random() < 0.5:
            return augment.mirror(sample, self._features, self._size)
        return sample


class _Reordered:
    """The samples of a pairing in a given order."""

    def __init__(self, pairing: Pairing, order: np.ndarray):
        self._samples = pairing.samples
        self._order = order

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, index: int) -> tuple[int, ...]:
        return self._samples[int(self._order[index])]


def _stream(
    dataset: grain.MapDataset,
    batch_size: int,
    data: Mapping[str, Any],
    process: int,
    processes: int,
) -> Iterator[dict[str, np.ndarray]]:
    """Batches of this process, made ahead of time by threads or worker processes."""
    if batch_size % processes:
        raise ValueError(
            f"pipeline: a batch of {batch_size} does not split over {processes} "
            "processes; use a multiple."
        )
    dataset = dataset.batch(batch_size // processes)[process::processes]
    threads = min(16, os.cpu_count() or 1)
    options = grain.ReadOptions(num_threads=threads, prefetch_buffer_size=_PREFETCHED)
    stream = dataset.to_iter_dataset(options)
    if workers := data.get("workers", 0):
        # grain reads an absl flag in its workers' parent, also where no program
        # has parsed any: in a notebook, under pytest.
        if not flags.FLAGS.is_parsed():
            flags.FLAGS.mark_as_parsed()
        options = grain.MultiprocessingOptions(num_workers=workers)
        return _worked(stream.mp_prefetch(options, end_with_parent))
    return iter(stream)


def _worked(dataset: grain.IterDataset) -> Iterator[dict]:
    """What worker processes make: Ctrl-C is for this one, and a dead one is told."""
    stream = iter(dataset)
    try:
        with interrupts.only_here():  # It starts the workers.
            first = next(stream, None)
        if first is not None:
            yield first
            yield from stream
    except RuntimeError as error:
        if "terminated unexpectedly" not in str(error):
            raise
        raise ChildProcessError(
            "pipeline: a worker process died, perhaps for want of memory; start again, "
            "with fewer in config.data.workers, or 0 for threads."
        ) from error
    finally:
        _close(stream)


def _close(stream: Iterator) -> None:
    if close := getattr(stream, "close", None):
        close()


def _fixed_order(pairing: Pairing, samples: int | None) -> np.ndarray:
    count = len(pairing.samples)
    order = np.arange(count)
    if pairing.grouped or (samples is not None and samples < count):
        order = np.random.default_rng(_ORDER_SEED).permutation(count)
    return order[:samples]


def _named(
    stream: Iterator[dict[str, np.ndarray]],
    source: Source,
    pairing: Pairing,
    order: np.ndarray,
    size: int,
    process: int,
    processes: int,
) -> Iterator[tuple[dict[str, np.ndarray], list[str]]]:
    try:
        for number, batch in enumerate(stream):
            begin = (number * processes + process) * size
            rows = order[begin : begin + size]
            yield batch, [_name(source, pairing.samples[int(row)]) for row in rows]
    finally:
        _close(stream)


def _name(source: Source, indices: tuple[int, ...]) -> str:
    stems = [re.sub(r"(?i)\.(jpe?g|png)$", "", source.names[i]) for i in indices]
    return "_to_".join(re.sub(r"[^\w.-]", "_", stem) for stem in stems)
