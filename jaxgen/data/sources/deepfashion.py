"""DeepFashion In-shop Clothes with estimated keypoints, prepared."""

from collections.abc import Mapping
from typing import Any

from jaxgen.data.features import Image, Keypoints, Visible
from jaxgen.data.records import open_prepared
from jaxgen.data.source import Source

OPTIONS = ()

FEATURES = {"image": Image(), "keypoints": Keypoints(), "visible": Visible()}


def open_source(data: Mapping[str, Any], split: str) -> Source:
    """The prepared folder `data["folder"]`."""
    return open_prepared(data, split, FEATURES)
