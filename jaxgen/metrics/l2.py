"""The "L2" of PG2's score.py: a Euclidean length divided by a count."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from jaxgen.metrics import mask as masks


@dataclass(frozen=True)
class Metric:
    """Root of the sum of squared differences, over the count of values.

    No root mean square, which divides under the root: it falls with the picture's size.

    Attributes:
        mask: a name of `metrics.mask.KINDS`, or "" for none; the outside is black.
    """

    mask: str = ""

    def __post_init__(self):
        """Refuses unknown names."""
        masks.require("metrics.l2", self.mask)

    @property
    def needs(self) -> tuple[str, ...]:
        """The target, and keypoints when there is a mask to make of them."""
        return ("target_image", *masks.needs(self.mask))

    @property
    def definition(self) -> dict[str, str]:
        """Range and formula."""
        return {
            "name": "l2",
            "values": "0 to 255",
            "formula": "root of the sum of squares, divided by height, width and 3",
            "mask": masks.describe(self.mask),
        }

    def values(self, images: np.ndarray, batch: Mapping[str, np.ndarray]) -> np.ndarray:
        """See `metrics.base.PairedMetric`."""
        images, targets = masks.pair(self.mask, images, batch)
        squares = np.square(images.astype(np.float64) - targets)
        return np.sqrt(squares.sum((1, 2, 3))) / targets[0].size
