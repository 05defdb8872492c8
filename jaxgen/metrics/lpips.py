"""LPIPS as a number per pair; the network is given. arXiv:1801.03924."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from jaxgen.metrics import mask as masks
from jaxgen.metrics import scale

Distance = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Metric:
    """The distance that an LPIPS network gives.

    Attributes:
        distance: images [b, h, w, 3] and targets, float32 in [-1, 1] -> [b].
        extractor: which network that is: backbone and version decide the number.
        mask: a name of `metrics.mask.KINDS`, or "" for none. Outside, both pictures are
            0 in [-1, 1], that is grey.
    """

    distance: Distance
    extractor: str = "lpips_alex_v0.1"
    mask: str = ""

    def __post_init__(self):
        """Refuses unknown names."""
        masks.require("metrics.lpips", self.mask)

    @property
    def needs(self) -> tuple[str, ...]:
        """The target, and keypoints when there is a mask to make of them."""
        return ("target_image", *masks.needs(self.mask))

    @property
    def definition(self) -> dict[str, str]:
        """Network, range, mask."""
        return {
            "name": "mask_lpips" if self.mask else "lpips",
            "network": self.extractor,
            "values": "-1 to 1",
            "mask": masks.describe(self.mask, outside="grey"),
        }

    def values(self, images: np.ndarray, batch: Mapping[str, np.ndarray]) -> np.ndarray:
        """See `metrics.base.PairedMetric`."""
        pair = [scale.bring(v, "signed") for v in (images, batch["target_image"])]
        if self.mask:
            mask = masks.make(self.mask, batch, images.shape[1:3])
            pair = [values * mask for values in pair]
        image, target = (values.astype(np.float32) for values in pair)
        return np.asarray(self.distance(image, target), np.float64)
