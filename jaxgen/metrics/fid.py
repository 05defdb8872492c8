"""Frechet distance between two sets of features. arXiv:1706.08500."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from jaxgen.metrics.accumulate import Moments


def frechet_distance(real: Moments, fake: Moments, *, ddof: int = 1) -> float:
    """Squared distance of the Gaussians with the moments of two streams.

    |m - n|^2 + tr S + tr T - 2 tr (S T)^(1/2). With S = A A' and T = B B', the last
    trace is the sum of the singular values of A' B: no root of a matrix that is not
    symmetric, and directions without variance, which fewer samples than features leave,
    add nothing instead of the root of rounding noise.

    Args:
        real: of at least `ddof` + 1 rows, like the other.
        fake: of the same width.
        ddof: see `Moments.covariance`.

    Raises:
        ValueError: for too few rows or different widths.
    """
    if real.mean.shape != fake.mean.shape:
        raise ValueError(
            f"metrics.fid: both streams should have features of one width, got "
            f"{len(real.mean)} and {len(fake.mean)}."
        )
    covariances = [moments.covariance(ddof=ddof) for moments in (real, fake)]
    a, b = (_factor(covariance) for covariance in covariances)
    overlap = np.linalg.svd(a.T @ b, compute_uv=False).sum()
    traces = sum(np.trace(covariance) for covariance in covariances)
    return float(np.square(real.mean - fake.mean).sum() + traces - 2 * overlap)


def _factor(covariance: np.ndarray) -> np.ndarray:
    """A [d, rank] with A A' = `covariance`."""
    values, vectors = np.linalg.eigh(covariance)
    least = len(values) * np.finfo(np.float64).eps * max(values[-1], 0.0)
    kept = values > least
    return vectors[:, kept] * np.sqrt(values[kept])


@dataclass(frozen=True)
class Metric:
    """FID.

    Attributes:
        extractor: which features it compares; a FID of others is another number.
        ddof: 1 for the covariance of a sample, as `numpy.cov` and most scripts; 0 for
            NVIDIA's.
    """

    extractor: str = "inception_tf/pool3"
    ddof: int = 1
    streams: tuple[str, ...] = ("real", "fake")
    gathers: type = Moments
    where: str = "host"

    @property
    def definition(self) -> dict[str, str]:
        """Features, covariance, precision."""
        divisor = "samples less 1" if self.ddof else "samples"
        return {
            "name": "fid",
            "features": self.extractor,
            "covariance": f"divided by {divisor}, float64",
        }

    def compute(self, real: Any, fake: Any) -> dict[str, float]:
        """See `metrics.base.SetMetric`."""
        return {"fid": frechet_distance(real, fake, ddof=self.ddof)}
