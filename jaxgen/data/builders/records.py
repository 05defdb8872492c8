"""Writes records as ArrayRecord through TFDS, images as the bytes they came in.

No TensorFlow is needed, as long as images are encoded and the format is ArrayRecord.
"""

import contextlib
import csv
import hashlib
import io
import json
import pathlib
import re
import shutil
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import tensorflow_datasets as tfds
import tqdm
from tensorflow_datasets.core import example_serializer

from jaxgen.data import records


class Row(NamedTuple):
    """What the index says about one record."""

    name: str
    person: int
    outfit: int = 0
    clip: int = -1


@dataclass(frozen=True)
class Split:
    """The records of one split.

    Attributes:
        rows: the index, in the order of the records.
        pairs: record names (from, to): the split's own list of pairs.
        examples: field name -> value, one dict per row; images as encoded bytes.
    """

    rows: Sequence[Row]
    pairs: Sequence[tuple[str, str]]
    examples: Generator[Mapping[str, Any], None, None]


@dataclass
class _Seen:
    """Counts and hashes records on their way to the disk."""

    progress: tqdm.tqdm
    digest: Any = field(default_factory=hashlib.sha256)

    def pass_on(self, split: Split) -> Iterator[tuple[int, dict[str, Any]]]:
        """The examples with their index fields, numbered as TFDS wants them."""
        for i, (row, example) in enumerate(
            zip(split.rows, split.examples, strict=True)
        ):
            example = row._asdict() | dict(example)
            for key in sorted(example):
                self.digest.update(key.encode() + _bytes(example[key]))
            self.progress.update()
            yield i, example


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else np.asarray(value).tobytes()


def image_feature(size: tuple[int, int], channels: int, encoding: str):
    """An image of `size` (height, width), stored as `encoding` bytes."""
    return tfds.features.Image(shape=(*size, channels), encoding_format=encoding)


def array_feature(shape: tuple[int, ...], dtype: type):
    """An array of fixed shape."""
    return tfds.features.Tensor(shape=shape, dtype=dtype)


#: What the records of every source hold besides pictures.
INDEX_FEATURES = {
    "name": tfds.features.Text(),
    "person": np.int32,
    "outfit": np.int32,
    "clip": np.int32,
    "keypoints": array_feature((18, 2), np.float32),
    "visible": array_feature((18,), np.bool_),
}


class RecordsBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """Base of the builders; each gives its source's name and picture features."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First."}

    def __init__(
        self, folder: pathlib.Path, examples: Mapping[str, Iterable], features: Mapping
    ):
        """Takes what there is to write.

        Args:
            folder: TFDS's data folder.
            examples: split -> iterable of (key, example).
            features: field name -> TFDS feature, besides `INDEX_FEATURES`.
        """
        self._examples = examples
        self._features = features
        super().__init__(data_dir=str(folder), file_format="array_record")

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description=(self.__doc__ or "").strip(),
            disable_shuffling=True,
            features=tfds.features.FeaturesDict({**INDEX_FEATURES, **self._features}),
        )

    def _split_generators(self, dl_manager) -> Mapping[str, Iterable]:
        return self._examples

    def _generate_examples(self) -> None:
        """Never called: splits are iterables already."""


def write(
    builder: type[RecordsBuilder],
    folder: pathlib.Path,
    splits: Mapping[str, Split],
    features: Mapping[str, Any],
    *,
    size: tuple[int, int],
    about: Mapping[str, Any],
) -> dict[str, Any]:
    """Fills `folder` with records, index, pair lists and `dataset.json`.

    Args:
        builder: its name becomes the source's.
        folder: exists and is empty.
        splits: split name -> records.
        features: field name -> TFDS feature, besides `INDEX_FEATURES`.
        size: (height, width) of every picture.
        about: further entries of `dataset.json`.

    Returns:
        What `dataset.json` says.
    """
    total = sum(len(split.rows) for split in splits.values())
    bar = tqdm.tqdm(total=total, unit="picture", desc=builder.name, disable=None)
    with bar, contextlib.ExitStack() as last:
        for split in splits.values():
            last.enter_context(contextlib.closing(split.examples))
        seen = _Seen(bar)
        examples = {name: seen.pass_on(split) for name, split in splits.items()}
        with _explained(builder.name, folder):
            _build(builder(folder / "tfds", examples, features), folder)
    for name, split in splits.items():
        _write_table(folder / records.INDEX.format(name), Row._fields, split.rows)
        _write_table(folder / records.PAIRS.format(name), ("from", "to"), split.pairs)
    said = {
        "source": builder.name,
        "version": str(builder.VERSION),
        "image_size": list(size),
        "counts": {name: len(split.rows) for name, split in splits.items()},
        "pairs": {name: len(split.pairs) for name, split in splits.items()},
        "digest": seen.digest.hexdigest(),
        "bytes": {path.name: path.stat().st_size for path in _written(folder)},
        **about,
    }
    (folder / records.ABOUT).write_text(json.dumps(said, indent=2) + "\n")
    return said


@contextlib.contextmanager
def _explained(name: str, folder: pathlib.Path) -> Iterator[None]:
    """A full disk as an OSError: the library of records tells it by its own kind."""
    try:
        yield
    except RuntimeError as error:
        found = re.search(r"write\(\) failed: ([^;]+)", str(error))
        if not found:
            raise
        raise OSError(
            f"{name}: records could not be written into {folder.parent} ({found[1]}); "
            "make room or choose another place (JAXGEN_CACHE for what is drawn once)."
        ) from error


def _written(folder: pathlib.Path) -> list[pathlib.Path]:
    """The record files; lists of pairs are the user's to change."""
    return sorted(folder.glob("*.array_record*"))


def _build(builder: RecordsBuilder, folder: pathlib.Path) -> None:
    with _silent(), _same_bytes():
        builder.download_and_prepare()
    for path in pathlib.Path(builder.data_dir).iterdir():
        path.rename(folder / path.name)
    shutil.rmtree(folder / "tfds")


@contextlib.contextmanager
def _same_bytes() -> Iterator[None]:
    """Lets TFDS serialise the same example to the same bytes in every process.

    A protobuf map is written in the order of its hash table, which a process seeds at
    random, unless it is asked for a fixed one; TFDS does not ask.
    """
    serializer = example_serializer.ExampleSerializer
    before = serializer.serialize_example

    def serialize(self, example):
        return self.get_tf_example(example).SerializeToString(deterministic=True)

    serializer.serialize_example = serialize
    try:
        yield
    finally:
        serializer.serialize_example = before


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """TFDS prints banners and bars of its own, whatever it is told."""
    tfds.disable_progress_bar()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        tfds.enable_progress_bar()


def _write_table(
    path: pathlib.Path, header: Sequence[str], rows: Iterable[Sequence]
) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
