"""Peak signal-to-noise ratio."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from jaxgen.metrics import mask as masks
from jaxgen.metrics import scale


@dataclass(frozen=True)
class Metric:
    """PSNR in decibels over all pixels and channels.

    Attributes:
        values_in: range that bytes are brought to first, a name of `scale.SCALES`.
        by_minimum: whether the peak is 1 for a target in [-1, 1] without a negative
            value, and 2 for others: what scikit-image takes when no range is named.
        cap: what equal pictures count as; None leaves them infinite, as the papers do.
        mask: a name of `metrics.mask.KINDS`, or "" for none.
    """

    values_in: str = "bytes"
    by_minimum: bool = False
    cap: float | None = 100.0
    mask: str = ""

    def __post_init__(self):
        """Refuses unknown names."""
        scale.require("metrics.psnr", self.values_in)
        masks.require("metrics.psnr", self.mask)

    @property
    def needs(self) -> tuple[str, ...]:
        """The target, and keypoints when there is a mask to make of them."""
        return ("target_image", *masks.needs(self.mask))

    @property
    def definition(self) -> dict[str, str]:
        """Range and mean."""
        equal = "infinite" if self.cap is None else f"{self.cap:g}"
        return {
            "name": "psnr",
            "values": scale.SCALES[self.values_in].words,
            "data_range": "1 for targets without a negative value, else 2"
            if self.by_minimum
            else "all of it",
            "mean": f"of decibels over pictures; equal pictures count as {equal}",
            "mask": masks.describe(self.mask),
        }

    def values(self, images: np.ndarray, batch: Mapping[str, np.ndarray]) -> np.ndarray:
        """See `metrics.base.PairedMetric`."""
        images, targets = masks.pair(self.mask, images, batch)
        difference = images.astype(np.float64) - targets
        error = np.square(difference).mean((1, 2, 3))
        with np.errstate(divide="ignore"):
            decibels = 20 * np.log10(self._peaks(targets)) - 10 * np.log10(error)
        return decibels if self.cap is None else np.minimum(decibels, self.cap)

    def _peaks(self, targets: np.ndarray) -> np.ndarray:
        """The peak of each pair in bytes: the error above is in bytes too."""
        if not self.by_minimum:
            return np.full(len(targets), 255.0)
        smallest = scale.bring(targets, self.values_in).min((1, 2, 3))
        return np.where(smallest >= 0, 127.5, 255.0)
