"""Peak signal-to-noise ratio."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Metric:
    """PSNR in decibels over all pixels and channels of uint8 pictures."""

    needs: tuple[str, ...] = ("target_image",)

    @property
    def definition(self) -> dict[str, str]:
        """Range and mean."""
        return {
            "name": "psnr",
            "data_range": "255, uint8 by truncation",
            "mean": "of decibels over pictures; equal pictures count as 100",
        }

    def values(self, images: np.ndarray, batch: Mapping[str, np.ndarray]) -> np.ndarray:
        """See `metrics.base.PairedMetric`."""
        difference = images.astype(np.float64) - np.asarray(batch["target_image"])
        error = np.square(difference).mean((1, 2, 3))
        return np.minimum(10 * np.log10(255**2 / np.maximum(error, 1e-9)), 100.0)
