"""Market-1501: 128x64 pictures of pedestrians, as `0002_c1s1_000451_03.jpg`."""

import pathlib

from jaxgen.data.builders.photographs import Layout
from jaxgen.data.builders.records import RecordsBuilder


class Market1501(RecordsBuilder):
    """Market-1501 with estimated keypoints."""

    name = "market1501"


def canonical(name: str) -> str:
    """The file name; there is one spelling."""
    return pathlib.PurePosixPath(name).name


def group(name: str) -> str:
    """The person: what stands before the first underscore, whatever the camera."""
    return name.partition("_")[0]


def junk(name: str) -> bool:
    """Whether a name begins as those of distractors (0000) and bad boxes (-1) do."""
    return name.startswith(("-1", "0000"))


LAYOUT = Layout(
    name="market1501",
    folders={
        "train": ("train", "bounding_box_train"),
        "test": ("test", "bounding_box_test"),
    },
    sizes=((128, 64),),
    canonical=canonical,
    group=group,
    junk=junk,
    pairs_join=False,
)
