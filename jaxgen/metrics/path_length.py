"""Perceptual path length: how far a picture moves when its latent moves a little.

Section 4.1 of arXiv:1812.04948; the system makes the pairs of pictures.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from jaxgen.metrics.accumulate import Rows


def squared_distances(features: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances of rows, [n, 1], for a stream of this metric.

    Args:
        features: [n, d] of pictures, in which squared distance is LPIPS.
        others: [n, d] of the same pictures a step further.
    """
    difference = features.astype(np.float64) - others
    return np.square(difference).sum(1, keepdims=True)


def path_length(
    distances: np.ndarray, *, epsilon: float = 1e-4, trim: float = 1.0
) -> float:
    """Mean of distances per squared step, the ends left out.

    Args:
        distances: squared distances of pairs, float64 [n].
        epsilon: the step between the two latents of a pair.
        trim: percent of the smallest, and of the largest, that are left out.
    """
    lengths = distances / epsilon**2
    low = np.percentile(lengths, trim, method="lower")
    high = np.percentile(lengths, 100 - trim, method="higher")
    return float(lengths[(lengths >= low) & (lengths <= high)].mean())


@dataclass(frozen=True)
class Metric:
    """Path length; its one stream is of `squared_distances`.

    Attributes:
        extractor: the features in which squared distance is LPIPS.
        epsilon: the step.
        space: where the path runs, "w" or "z"; for the definition alone, like the next
            two: the system makes the pairs.
        sampling: "end" of the path, or "full".
        crop: whether the pictures were cropped to their middle.
        trim: percent left out at each end.
    """

    extractor: str = "vgg16_nvidia/lpips"
    epsilon: float = 1e-4
    space: str = "w"
    sampling: str = "end"
    crop: bool = False
    trim: float = 1.0
    streams: tuple[str, ...] = ("fake",)
    gathers: type = Rows
    where: str = "host"

    @property
    def definition(self) -> dict[str, str]:
        """Features, path, trimming."""
        return {
            "name": "path_length",
            "features": self.extractor,
            "path": f"{self.space}, {self.sampling}, step {self.epsilon:g}",
            "crop": "middle" if self.crop else "none",
            "trim": f"{self.trim:g} percent at each end",
        }

    def compute(self, real: Any, fake: Any) -> dict[str, float]:
        """See `metrics.base.SetMetric`."""
        distances = fake.values[:, 0] if fake.count else np.zeros(0)
        if not len(distances):
            raise ValueError("metrics.path_length: got no pair of pictures.")
        found = path_length(distances, epsilon=self.epsilon, trim=self.trim)
        return {"path_length": found}
