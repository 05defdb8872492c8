"""Reads folders that `python -m jaxgen.prepare` wrote.

Such a folder holds ArrayRecord files with their TFDS description, `dataset.json`, which
says what it is, and for each split `records-<split>.csv` (name, person, outfit, clip)
and `pairs-<split>.csv` (from, to).
"""

import csv
import json
import pathlib
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from jaxgen.core import checks
from jaxgen.data.features import Feature
from jaxgen.data.source import Source

ABOUT = "dataset.json"
INDEX = "records-{}.csv"
PAIRS = "pairs-{}.csv"


class ArrayRecords:
    """The records of one split of a TFDS folder; images stay encoded.

    Opens its files when first asked, so that it can be sent to a worker process.
    """

    def __init__(self, folder: str, split: str, *, encoded: bool = True):
        """Names a split of a folder.

        Args:
            folder: what TFDS calls the version folder.
            split: which part.
            encoded: gives images as bytes; otherwise as uint8 arrays.
        """
        self._folder, self._split, self._encoded = folder, split, encoded

    def __getstate__(self) -> dict[str, Any]:
        """Leaves the open files behind."""
        return {k: v for k, v in self.__dict__.items() if k != "_opened"}

    @cached_property
    def _opened(self) -> Any:
        builder = open_folder(self._folder)
        skipped = {
            name: tfds.decode.SkipDecoding()
            for name, feature in builder.info.features.items()
            if self._encoded and isinstance(feature, tfds.features.Image)
        }
        return builder.as_data_source(split=self._split, decoders=skipped)

    def __len__(self) -> int:
        """How many records there are."""
        return len(self._opened)

    def __getitem__(self, index: int) -> Mapping[str, Any]:
        """One record.

        Raises:
            IndexError: when there are not so many.
            ValueError: when its bytes are damaged.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"records: {index} of {len(self)}.")
        try:
            return self._opened[int(index)]
        except (OSError, MemoryError):
            raise  # Of the machine, not of the file.
        # What the readers of TFDS raise for damaged bytes is theirs, and changes.
        except Exception as error:
            said = str(error).strip().partition("\n")[0]
            raise _incomplete(
                self._folder, f"record {index} of {self._split} does not read: {said}"
            ) from error


def open_folder(folder: str) -> Any:
    """TFDS's builder of a folder that it prepared; only for reading."""
    return tfds.builder_from_directory(folder)


def read_about(folder: str | pathlib.Path, source: str) -> dict[str, Any]:
    """What `dataset.json` says, for a folder that was prepared for `source`.

    Raises:
        FileNotFoundError: when the folder is missing or was not prepared.
        ValueError: when it was prepared for another source, or is incomplete.
    """
    command = f"python -m jaxgen.prepare {source} --help"
    if not folder or not pathlib.Path(folder).is_dir():
        what = f"{folder} is none" if folder else "config.data.folder names none"
        raise FileNotFoundError(
            f"pipeline: source {source!r} reads a prepared folder, and {what}; "
            f"{command} tells how to make one; config.data.folder, or --data of sample "
            "and evaluate, names one that has moved."
        )
    path = pathlib.Path(folder) / ABOUT
    if not path.is_file():
        raise FileNotFoundError(
            f"pipeline: {folder} was not prepared, it has no {ABOUT}; "
            + _prepare_sentence(source, folder)
        )
    try:
        about = json.loads(path.read_text())
    except (ValueError, RecursionError):
        raise _incomplete(folder, f"{ABOUT} does not read") from None
    if not isinstance(about, dict) or not _SAID <= about.keys():
        raise _incomplete(folder, f"{ABOUT} lacks entries")
    if about["source"] != source:
        raise ValueError(
            f"pipeline: {folder} was prepared as {about['source']!r}, the config's "
            f"data.source is {source!r}."
        )
    return about


_SAID = {"source", "image_size", "counts", "digest"}


def _incomplete(folder: str | pathlib.Path, what: str) -> ValueError:
    return ValueError(f"pipeline: {folder} is incomplete ({what}); prepare it again.")


def _prepare_sentence(source: str, folder: str | pathlib.Path) -> str:
    given = "--people 200 --frames 8" if source == "synthetic" else f"--source {folder}"
    return f"run python -m jaxgen.prepare {source} {given} --out ANOTHER_FOLDER."


def open_prepared(
    data: Mapping[str, Any], split: str, features: Mapping[str, Feature]
) -> Source:
    """A source over one split of the prepared folder `data["folder"]`.

    Raises:
        FileNotFoundError: when the folder is missing or was not prepared.
        KeyError: when it has no such split.
        ValueError: when it was prepared for another source, or is incomplete.
    """
    name, folder = data["source"], data.get("folder") or ""
    about = read_about(folder, name)
    checks.require_known(str(folder), "split", split, about["counts"])
    _require_files(folder, about.get("bytes", {}))
    rows = _index(folder, split)
    records = ArrayRecords(str(folder), split)
    _require_count(folder, records, len(rows))
    names = tuple(row["name"] for row in rows)
    person = np.array([int(row["person"]) for row in rows])
    outfit = np.array([int(row["outfit"]) for row in rows])
    _, identity = np.unique(np.stack([person, outfit], 1), axis=0, return_inverse=True)
    return Source(
        name=name,
        records=records,
        features=features,
        names=names,
        size=(about["image_size"][0], about["image_size"][1]),
        identity=identity.ravel(),
        person=person,
        clip=np.array([int(row["clip"]) for row in rows]),
        pairs=_pairs(folder, split, names),
        digest=about["digest"],
    )


def _require_files(folder: str, sizes: Mapping[str, int]) -> None:
    """Raises when a file is shorter than it was, or gone."""
    for name, size in sizes.items():
        path = pathlib.Path(folder) / name
        found = path.stat().st_size if path.is_file() else None
        if found != size:
            had = "is missing" if found is None else f"has {found} of {size} bytes"
            raise _incomplete(folder, f"{name} {had}")


def _require_count(folder: str, records: ArrayRecords, count: int) -> None:
    try:
        found = len(records)
    # What TFDS and its readers raise for damaged files is theirs, and changes.
    except Exception as error:
        said = str(error).strip().partition("\n")[0]
        raise _incomplete(folder, f"its records do not open: {said}") from error
    if found != count:
        raise _incomplete(folder, f"{found} records, {count} in the index")


def _index(folder: str, split: str) -> list[dict[str, str]]:
    path = pathlib.Path(folder) / INDEX.format(split)
    try:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        [int(row[key]) for row in rows for key in ("person", "outfit", "clip")]
    except (OSError, ValueError, KeyError, TypeError):
        raise _incomplete(folder, f"{path.name} does not read") from None
    return rows


def _pairs(folder: str, split: str, names: tuple[str, ...]) -> np.ndarray:
    path = pathlib.Path(folder) / PAIRS.format(split)
    index = {name: i for i, name in enumerate(names)}
    try:
        with path.open(newline="") as file:
            rows = list(csv.reader(file))[1:]
        pairs = [(index[start], index[end]) for start, end in rows]
    except (OSError, ValueError, KeyError):
        raise _incomplete(folder, f"{path.name} does not fit the index") from None
    return np.array(pairs, np.int64).reshape(-1, 2)
