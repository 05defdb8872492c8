"""Inception Score: sure of each picture, and of many classes. arXiv:1606.03498."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import softmax, xlogy

from jaxgen.metrics.accumulate import Rows


def inception_score(probabilities: np.ndarray) -> float:
    """exp of the mean divergence of each row from the mean row.

    A class of probability 0 adds nothing (0 log 0 = 0): nothing is added to keep the
    logarithm finite.

    Args:
        probabilities: float64 [n, classes], rows that sum to 1.
    """
    mean = probabilities.mean(0, keepdims=True)
    divergence = xlogy(probabilities, probabilities) - xlogy(probabilities, mean)
    return float(np.exp(divergence.sum(1).mean()))


@dataclass(frozen=True)
class Metric:
    """Inception Score: mean and deviation over parts of the stream, in its order.

    Attributes:
        extractor: whose outputs; their softmax are the probabilities.
        splits: parts, which are consecutive: the order of samples counts.
    """

    extractor: str = "inception_tf/logits_unbiased"
    splits: int = 10
    streams: tuple[str, ...] = ("fake",)
    gathers: type = Rows
    where: str = "host"

    @property
    def definition(self) -> dict[str, str]:
        """Outputs, splits."""
        return {
            "name": "inception_score",
            "probabilities": f"softmax of {self.extractor}, float64",
            "splits": f"{self.splits}, consecutive, in the order of the samples",
        }

    def compute(self, real: Any, fake: Any) -> dict[str, float]:
        """See `metrics.base.SetMetric`."""
        count = len(fake.values)
        if count < self.splits:
            raise ValueError(
                f"metrics.inception_score: {self.splits} splits need as many samples, "
                f"got {count}."
            )
        probabilities = softmax(fake.values.astype(np.float64), axis=1)
        edges = [i * count // self.splits for i in range(self.splits + 1)]
        scores = [
            inception_score(probabilities[start:end])
            for start, end in zip(edges[:-1], edges[1:], strict=True)
        ]
        return {
            "inception_score": float(np.mean(scores)),
            "inception_score_std": float(np.std(scores)),
        }
