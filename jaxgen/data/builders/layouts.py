"""Writes drawn people as if they were photographs: the folders users have sets in."""

import pathlib
from collections.abc import Callable, Mapping
from typing import Any

from jaxgen.data.builders import community
from jaxgen.data.features import decode
from jaxgen.data.source import Source

_QUALITY = 95
_CAMERAS = 6
_PREFIXES = {"market1501": "market", "deepfashion": "fasion-resize"}


def write_layout(layout: str, folder: pathlib.Path, split: str, source: Source) -> None:
    """Writes the stills of one split as JPEG files, annotation CSV and pair CSV.

    Args:
        layout: `market1501` or `deepfashion`.
        folder: of the dataset.
        split: `train` or `test`.
        source: the drawn people.
    """
    pictures, prefix = folder / split, folder / _PREFIXES[layout]
    pictures.mkdir(parents=True)
    names, poses = {}, {}
    for i, name in enumerate(source.names):
        record = source.records[i]
        if record["clip"] >= 0:
            continue
        names[name] = _NAMES[layout](record)
        image = decode(record["image"])
        image.save(pictures / names[name], quality=_QUALITY)
        size = (image.height, image.width)
        poses[names[name]] = source.features["keypoints"].read(record, size, size)
    community.write_annotations(_named(prefix, "annotation", split), poses)
    pairs = source.pairs if source.pairs is not None else ()
    community.write_pairs(
        _named(prefix, "pairs", split),
        [(names[source.names[a]], names[source.names[b]]) for a, b in pairs],
    )


def _named(prefix: pathlib.Path, what: str, split: str) -> pathlib.Path:
    return prefix.with_name(f"{prefix.name}-{what}-{split}.csv")


def _market1501(record: Mapping[str, Any]) -> str:
    # Persons count from 1: 0000 marks distractors.
    camera, sequence = record["scene"] % _CAMERAS + 1, record["outfit"] + 1
    who = f"{record['person'] + 1:04d}"
    return f"{who}_c{camera}s{sequence}_{record['frame']:06d}_00.jpg"


def _deepfashion(record: Mapping[str, Any]) -> str:
    item = f"{record['person'] + 1:08d}{record['outfit'] + 1:02d}"
    return f"fasionWOMENDressesid{item}_{record['frame'] + 1}full.jpg"


_NAMES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "market1501": _market1501,
    "deepfashion": _deepfashion,
}
