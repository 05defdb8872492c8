"""Precision and recall: which pictures lie among the others. arXiv:1904.06991."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from jaxgen.metrics.accumulate import Rows

_BLOCK = 2_000
_NOISE = 1e-12


def _squared_distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """[n, m]; what is rounding noise next to the lengths of the rows counts as 0."""
    lengths = np.square(x).sum(1)[:, None] + np.square(y).sum(1)[None]
    squares = lengths - 2 * (x @ y.T)
    return np.where(squares > _NOISE * lengths, squares, 0.0)


def radii(rows: np.ndarray, *, neighbours: int) -> np.ndarray:
    """The squared distance of each row to its k-th nearest other row, [n].

    Args:
        rows: float64 [n, d].
        neighbours: k.
    """
    blocks = [
        np.partition(_squared_distances(block, rows), neighbours, axis=1)[:, neighbours]
        for block in np.array_split(rows, -(-len(rows) // _BLOCK))
    ]
    return np.concatenate(blocks)


def share_inside(probes: np.ndarray, rows: np.ndarray, *, neighbours: int) -> float:
    """The share of `probes` within the radius of any of `rows`.

    Args:
        probes: float64 [n, d].
        rows: float64 [m, d], more than `neighbours`.
        neighbours: k of `radii`.
    """
    reach = radii(rows, neighbours=neighbours)
    inside = [
        (_squared_distances(block, rows) <= reach).any(1)
        for block in np.array_split(probes, -(-len(probes) // _BLOCK))
    ]
    return float(np.concatenate(inside).mean())


@dataclass(frozen=True)
class Metric:
    """Precision: generated pictures among real ones. Recall: the other way round.

    Attributes:
        extractor: which features it compares.
        neighbours: k: how far a picture reaches.
    """

    extractor: str = "vgg16_nvidia/features"
    neighbours: int = 3
    streams: tuple[str, ...] = ("real", "fake")
    gathers: type = Rows
    where: str = "host"

    @property
    def definition(self) -> dict[str, str]:
        """Features, neighbours."""
        return {
            "name": "precision_recall",
            "features": self.extractor,
            "neighbours": str(self.neighbours),
            "distance": "Euclidean, float64",
        }

    def compute(self, real: Any, fake: Any) -> dict[str, float]:
        """See `metrics.base.SetMetric`."""
        x, y = real.values.astype(np.float64), fake.values.astype(np.float64)
        if min(len(x), len(y)) <= self.neighbours:
            raise ValueError(
                f"metrics.precision_recall: more than {self.neighbours} samples are "
                f"needed of each stream, got {len(x)} real and {len(y)} generated."
            )
        middle = np.concatenate([x, y]).mean(0)  # Short rows lose less to rounding.
        x, y = x - middle, y - middle
        return {
            "precision": share_inside(y, x, neighbours=self.neighbours),
            "recall": share_inside(x, y, neighbours=self.neighbours),
        }
