"""What is kept of a stream of features: mean and covariance, or every row.

Both are a `metrics.base.State`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Moments:
    """Count, mean and scatter of rows, in float64, one batch after the other.

    The scatter is about the mean at every moment (Chan, Golub and LeVeque 1983), which
    loses nothing where raw second moments would cancel.

    Attributes:
        count: rows seen.
        mean: float64 [d]; [0] before the first row.
        scatter: sum of outer products of deviations from the mean, float64 [d, d].
    """

    count: int
    mean: np.ndarray
    scatter: np.ndarray

    @classmethod
    def empty(cls) -> "Moments":
        """Those of no rows."""
        return cls(0, np.zeros(0), np.zeros((0, 0)))

    @classmethod
    def of(cls, rows: np.ndarray) -> "Moments":
        """Those of rows [n, d]."""
        rows = np.asarray(rows, np.float64)
        if rows.ndim != 2:
            raise ValueError(
                f"metrics: features should be [samples, width], got {list(rows.shape)}."
            )
        if not len(rows):
            return cls.empty()
        mean = rows.mean(0)
        deviation = rows - mean
        return cls(len(rows), mean, deviation.T @ deviation)

    def update(self, rows: np.ndarray) -> "Moments":
        """Those after some more rows [n, d]."""
        return self.merge(self.of(rows))

    def merge(self, other: "Moments") -> "Moments":
        """Those of all rows of both."""
        if not self.count or not other.count:
            return self if self.count else other
        if self.mean.shape != other.mean.shape:
            raise ValueError(
                f"metrics: features of width {len(other.mean)} cannot join those of "
                f"width {len(self.mean)}; they come from different networks or layers."
            )
        count = self.count + other.count
        step = other.mean - self.mean
        scatter = self.scatter + other.scatter
        scatter += np.outer(step, step * (self.count * other.count / count))
        return Moments(count, self.mean + step * (other.count / count), scatter)

    def covariance(self, *, ddof: int = 1) -> np.ndarray:
        """The covariance [d, d].

        Args:
            ddof: 1 divides by the count less one, as `numpy.cov`; 0 by the count.

        Raises:
            ValueError: when there are not more rows than `ddof`.
        """
        if self.count <= ddof:
            raise ValueError(
                f"metrics: a covariance needs more than {ddof} samples, "
                f"got {self.count}."
            )
        return self.scatter / (self.count - ddof)

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything, by name, for a file."""
        count = np.asarray(self.count)
        return {"count": count, "mean": self.mean, "scatter": self.scatter}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Moments":
        """What `arrays` told."""
        return cls(int(arrays["count"]), arrays["mean"], arrays["scatter"])


@dataclass(frozen=True)
class Rows:
    """Every row of a stream, in order and as it came.

    Attributes:
        parts: batches [n, ...].
    """

    parts: tuple[np.ndarray, ...] = ()

    @classmethod
    def empty(cls) -> "Rows":
        """No rows."""
        return cls()

    def update(self, rows: np.ndarray) -> "Rows":
        """With some more rows [n, ...]."""
        return Rows((*self.parts, np.asarray(rows)))

    def merge(self, other: "Rows") -> "Rows":
        """These rows, then those of the other."""
        return Rows(self.parts + other.parts)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(map(len, self.parts))

    @cached_property
    def values(self) -> np.ndarray:
        """All rows [n, ...]."""
        return np.concatenate(self.parts) if self.parts else np.zeros((0, 0))

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything, by name, for a file."""
        return {"values": self.values}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Rows":
        """What `arrays` told."""
        return cls((arrays["values"],))
