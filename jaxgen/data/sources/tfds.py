"""Any folder that tensorflow-datasets prepared as ArrayRecord.

`data.features` says what its features are called: {"image": "photo", ...}. `image`,
`keypoints`, `parsing` and `mask` are treated as such, others as plain numbers.
`data.identity` names the feature that tells people apart, where there is one.
"""

import hashlib
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxgen.core import checks
from jaxgen.data.features import Feature, Image, Keypoints, Labels, Mask, Vector
from jaxgen.data.records import ArrayRecords, open_folder
from jaxgen.data.source import Source

OPTIONS = ("features", "identity")


def open_source(data: Mapping[str, Any], split: str) -> Source:
    """One split of the folder `data["folder"]`, the one with `dataset_info.json`.

    Raises:
        FileNotFoundError: when TFDS finds no dataset there.
        KeyError: for a split or a feature that the dataset does not have.
        ValueError: when it is not stored as ArrayRecord.
    """
    folder = str(data.get("folder") or "")
    info = _info(folder)
    checks.require_known(folder, "split", split, info.splits)
    named = data.get("features") or {name: name for name in info.features}
    records = ArrayRecords(folder, split)
    identity = _identity(records, info, data.get("identity"))
    return Source(
        name="tfds",
        records=records,
        features={n: _feature(n, field, info) for n, field in named.items()},
        names=tuple(f"{split}-{i:06d}" for i in range(len(records))),
        size=None,
        identity=identity,
        person=identity,
        digest=_digest(pathlib.Path(folder)),
    )


def _info(folder: str) -> Any:
    try:
        info = open_folder(folder).info
    except Exception as error:
        raise FileNotFoundError(
            f"pipeline: source 'tfds' reads the folder data.folder with its "
            f"dataset_info.json, and {folder!r} is none."
        ) from error
    stored = info.file_format.value if info.file_format else "an unknown format"
    if stored != "array_record":
        raise ValueError(
            f"pipeline: {folder} is stored as {stored}; prepare it again with "
            "file_format='array_record'."
        )
    return info


def _feature(name: str, field: str, info: Any) -> Feature:
    checks.require_known(info.name, "feature", field, info.features)
    kinds = {"image": Image, "keypoints": Keypoints, "parsing": Labels}
    if name in kinds:
        return kinds[name](field)
    if name == "mask":
        return Mask(Labels(field))
    stored = info.features[field]
    return Vector(field, stored.shape, dtype=np.dtype(stored.np_dtype))


def _identity(records: ArrayRecords, info: Any, field: str | None) -> Any:
    """[n] ints, equal where the feature `field` is; None without a field."""
    if not field:
        return None
    checks.require_known(info.name, "feature", field, info.features)
    values = [records[i][field] for i in range(len(records))]
    return np.unique(values, return_inverse=True)[1]


def _digest(folder: pathlib.Path) -> str:
    """Of TFDS's description, which counts the bytes and records of every file."""
    files = ("dataset_info.json", "features.json")
    content = b"".join((folder / name).read_bytes() for name in files)
    return hashlib.sha256(content).hexdigest()
