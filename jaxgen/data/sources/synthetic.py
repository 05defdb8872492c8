"""Drawn people: pictures with everything that is known about them."""

from collections.abc import Mapping
from typing import Any

from jaxgen.data.features import (
    Box,
    Image,
    Keypoints,
    Labels,
    Mask,
    SmplPose,
    Vector,
    Visible,
)
from jaxgen.data.records import open_prepared
from jaxgen.data.source import Source

OPTIONS = (
    *("people", "test_people", "frames", "outfits", "clips"),
    *("framing", "layout", "dataset_seed"),
)

# An estimator finds a body joint behind the body, but no eye behind a head.
_FACE = (0, 14, 15, 16, 17)

FEATURES = {
    "image": Image(),
    "keypoints": Keypoints(unseen=_FACE),
    "visible": Visible(),
    "parsing": Labels(),
    "mask": Mask(),
    "betas": Vector("betas", (10,)),
    "smpl_pose": SmplPose(),
    "camera": Vector("camera", (3,), signs=(1, -1, 1)),
    "face_box": Box(),
}


def open_source(data: Mapping[str, Any], split: str) -> Source:
    """The prepared folder `data["folder"]`; see `builders.ensure` for making it."""
    return open_prepared(data, split, FEATURES)
