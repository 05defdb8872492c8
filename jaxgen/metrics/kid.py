"""Kernel distance between two sets of features. arXiv:1801.01401."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from jaxgen.metrics.accumulate import Rows


def polynomial_kernel(x: np.ndarray, y: np.ndarray, *, degree: int = 3) -> np.ndarray:
    """(x . y / d + 1)^degree for every pair of rows, [n, m].

    Args:
        x: [n, d].
        y: [m, d].
        degree: of the polynomial.
    """
    return (x @ y.T / x.shape[1] + 1) ** degree


def unbiased_mmd(x: np.ndarray, y: np.ndarray, *, degree: int = 3) -> float:
    """The squared maximum mean discrepancy; 0 in expectation for one distribution.

    Args:
        x: float64 [n, d], two rows or more.
        y: float64 [m, d], two rows or more.
        degree: of the polynomial kernel.
    """
    within = sum(
        _mean_off_diagonal(polynomial_kernel(v, v, degree=degree)) for v in (x, y)
    )
    return float(within - 2 * polynomial_kernel(x, y, degree=degree).mean())


def _mean_off_diagonal(kernel: np.ndarray) -> float:
    count = len(kernel)
    return (kernel.sum() - np.trace(kernel)) / (count * (count - 1))


@dataclass(frozen=True)
class Metric:
    """KID: the mean over random subsets, drawn without repetition.

    Attributes:
        extractor: which features it compares.
        subsets: how many; 0 takes all rows at once, without chance. NVIDIA's script and
            clean-fid take 100.
        subset_size: at most; the size of the smaller stream if that is less. 1,000 in
            both scripts.
        degree: of the kernel.
        seed: of the draws; the scripts leave it to chance.
    """

    extractor: str = "inception_tf/pool3"
    subsets: int = 100
    subset_size: int = 1000
    degree: int = 3
    seed: int = 0
    streams: tuple[str, ...] = ("real", "fake")
    gathers: type = Rows
    where: str = "host"

    @property
    def definition(self) -> dict[str, str]:
        """Features, kernel, subsets."""
        drawn = f"{self.subsets} of at most {self.subset_size}, seed {self.seed}"
        return {
            "name": "kid",
            "features": self.extractor,
            "kernel": f"(x . y / width + 1) to the power of {self.degree}",
            "estimator": "unbiased, float64",
            "subsets": drawn if self.subsets else "none: all at once",
        }

    def compute(self, real: Any, fake: Any) -> dict[str, float]:
        """See `metrics.base.SetMetric`."""
        x, y = fake.values, real.values
        size = min(len(x), len(y))
        if size < 2:
            raise ValueError(
                f"metrics.kid: two samples or more are needed of each stream, got "
                f"{len(y)} real and {len(x)} generated."
            )
        if not self.subsets:
            return {"kid": self._mmd(x, y)}
        size, rng = min(size, self.subset_size), np.random.default_rng(self.seed)
        found = [
            self._mmd(*(v[rng.choice(len(v), size, replace=False)] for v in (x, y)))
            for _ in range(self.subsets)
        ]
        return {"kid": float(np.mean(found))}

    def _mmd(self, x: np.ndarray, y: np.ndarray) -> float:
        x, y = x.astype(np.float64), y.astype(np.float64)
        return unbiased_mmd(x, y, degree=self.degree)
