"""DeepFashion In-shop Clothes: 256x256 pictures, or their middle 176 columns.

One picture goes by many names. Officially it is
`WOMEN/Tees_Tanks/id_00007838/05_7_additional.jpg`; flattened by PATN
`fashionWOMENTees_Tanksid0000783805_7additional.jpg`; by pose-gan
`fasionWOMENTeesTanksid0000783805_7additional.jpg`. Records use PATN's, without
underscores in the category.
"""

import pathlib
import re

from jaxgen.data.builders.photographs import Layout
from jaxgen.data.builders.records import RecordsBuilder

_NAME = re.compile(
    r"(?:fas(?:h?)ion)?(WOMEN|MEN)([A-Za-z]+?)id(\d{8})(\d{2})(\d+)([a-z]+)"
)


class DeepFashion(RecordsBuilder):
    """DeepFashion In-shop Clothes Retrieval with estimated keypoints."""

    name = "deepfashion"


def canonical(name: str) -> str:
    """The record name of a picture in any of its spellings.

    A name of no known spelling stays as it is, without its folders.
    """
    path = pathlib.PurePosixPath(name)
    found = _NAME.search(re.sub(r"[/_]", "", str(path.with_suffix(""))))
    if found is None:
        return path.name
    gender, category, item, colour, number, view = found.groups()
    return f"fashion{gender}{category}id{item}{colour}_{number}{view}.jpg"


def group(name: str) -> str:
    """The item in one colour, so person and clothes: up to the last underscore."""
    return name.rpartition("_")[0] or name


LAYOUT = Layout(
    name="deepfashion",
    folders={
        "train": ("train", "img", "img_highres"),
        "test": ("test", "img", "img_highres"),
    },
    sizes=((256, 256), (256, 176)),
    canonical=canonical,
    group=group,
)
