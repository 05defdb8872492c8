"""Any folder that tensorflow-datasets prepared as ArrayRecord.

`data.features` says what its features are called: {"image": "photo", ...}. `image`,
`keypoints`, `parsing` and `mask` are treated as such, others as plain numbers.
`data.identity` names the feature that tells people apart, where there is one.
`keypoints` are [k, 2] pixels of a known number k of joints, NaN where missing.
`data.parsing` names the schema of the label map; mirroring needs it.
"""

import hashlib
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxgen.core import checks
from jaxgen.core.skeleton import PARSINGS, SCHEMA_OF_COUNT
from jaxgen.data.features import Feature, Image, Keypoints, Labels, Mask, Vector
from jaxgen.data.records import ArrayRecords, open_folder
from jaxgen.data.source import Source

OPTIONS = ("features", "identity", "parsing")


def open_source(data: Mapping[str, Any], split: str) -> Source:
    """One split of the folder `data["folder"]`, the one with `dataset_info.json`.

    Raises:
        FileNotFoundError: when TFDS finds no dataset there.
        KeyError: for a split or a feature that the dataset does not have.
        ValueError: when it is not stored as ArrayRecord, or a feature has a form that
            is not understood.
    """
    folder = str(data.get("folder") or "")
    info = _info(folder)
    checks.require_known(folder, "split", split, info.splits)
    named = data.get("features") or {name: name for name in info.features}
    features = {n: _feature(n, field, info, data) for n, field in named.items()}
    records = ArrayRecords(folder, split)
    identity = _identity(records, info, data.get("identity"))
    return Source(
        name="tfds",
        records=records,
        features=features,
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


def _feature(name: str, field: str, info: Any, data: Mapping[str, Any]) -> Feature:
    checks.require_known(info.name, "feature", field, info.features)
    stored = info.features[field]
    if name == "image":
        return Image(field)
    if name == "keypoints":
        return Keypoints(field, _schema(info, field))
    if name == "parsing":
        return Labels(field, _parsing(info, field, data))
    if name == "mask":
        return Mask(Labels(field))
    return Vector(field, stored.shape, dtype=np.dtype(stored.np_dtype))


def _schema(info: Any, field: str) -> str:
    """The keypoint schema, told by the number of joints."""
    shape = info.features[field].shape
    if len(shape) != 2 or shape[0] not in SCHEMA_OF_COUNT or shape[1] != 2:
        raise ValueError(
            f"pipeline: keypoints of {info.name} ({field!r}) have the shape "
            f"{list(shape)}; [k, 2] is wanted, k one of "
            f"{', '.join(map(str, SCHEMA_OF_COUNT))}."
        )
    return SCHEMA_OF_COUNT[shape[0]]


def _parsing(info: Any, field: str, data: Mapping[str, Any]) -> str:
    schema = data.get("parsing") or ""
    if schema:
        checks.require_known("config.data", "parsing", schema, PARSINGS)
    elif data.get("flip"):
        raise ValueError(
            f"pipeline: data.flip mirrors {field!r} of {info.name}, and which labels "
            "are left and right is not known; name its schema in data.parsing "
            f"({checks.listed(PARSINGS)}) or set data.flip to False."
        )
    return schema or Labels.schema


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
