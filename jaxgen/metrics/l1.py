"""Mean absolute difference."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from jaxgen.metrics import mask as masks
from jaxgen.metrics import scale


@dataclass(frozen=True)
class Metric:
    """Mean absolute difference over all pixels and channels.

    Attributes:
        values_in: range that bytes are brought to first, a name of `scale.SCALES`.
        mask: a name of `metrics.mask.KINDS`, or "" for none; the outside is black and
            counts.
    """

    values_in: str = "bytes"
    mask: str = ""

    def __post_init__(self):
        """Refuses unknown names."""
        scale.require("metrics.l1", self.values_in)
        masks.require("metrics.l1", self.mask)

    @property
    def needs(self) -> tuple[str, ...]:
        """The target, and keypoints when there is a mask to make of them."""
        return ("target_image", *masks.needs(self.mask))

    @property
    def definition(self) -> dict[str, str]:
        """Range and mean."""
        return {
            "name": "l1",
            "values": scale.SCALES[self.values_in].words,
            "mean": "of absolute differences over pixels and channels, then pictures",
            "mask": masks.describe(self.mask),
        }

    def values(self, images: np.ndarray, batch: Mapping[str, np.ndarray]) -> np.ndarray:
        """See `metrics.base.PairedMetric`."""
        images, targets = masks.pair(self.mask, images, batch)
        difference = np.abs(images.astype(np.float64) - targets)
        return difference.mean((1, 2, 3)) * scale.SCALES[self.values_in].factor
