"""The "MAE" of GFLA's metrics.py: an absolute difference relative to the brightness."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Metric:
    """Sum of absolute differences over the sum of both pictures; black twins give NaN.

    No mean absolute error: brighter pictures have less of it.
    """

    needs: tuple[str, ...] = ("target_image",)

    @property
    def definition(self) -> dict[str, str]:
        """The formula."""
        return {
            "name": "mae",
            "formula": "sum of absolute differences, divided by the sum of both",
        }

    def values(self, images: np.ndarray, batch: Mapping[str, np.ndarray]) -> np.ndarray:
        """See `metrics.base.PairedMetric`."""
        images = images.astype(np.float64)
        targets = np.asarray(batch["target_image"])
        with np.errstate(invalid="ignore"):
            return np.abs(images - targets).sum((1, 2, 3)) / (images + targets).sum(
                (1, 2, 3)
            )
