"""PCKh: the share of joints that a pose detector finds where they should be.

As PATN's `tool/calPCKH_*.py`: within half the width *and* half the height of the head's
box, which is the extent of the nose, neck, eyes and ears of the target.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from jaxgen.metrics.accumulate import Rows

HEAD = np.array([0, 1, 14, 15, 16, 17])


def correct_joints(
    found: np.ndarray, target: np.ndarray, *, alpha: float = 0.5
) -> tuple[np.ndarray, np.ndarray]:
    """How many joints of each pose are right, and how many there are.

    A pose with fewer than two joints of the head has no box and counts with 0 of 0.

    Args:
        found: what a detector saw in the generated pictures, [n, 18, 2], NaN if not.
        target: [n, 18, 2], NaN where a joint is missing.
        alpha: share of the head that is near enough.

    Returns:
        Two integer arrays [n].
    """
    there = np.all(np.isfinite(target), axis=-1)
    boxed = there[:, HEAD].sum(1) >= 2
    head = np.where(there[:, HEAD, None], target[:, HEAD], np.nan)
    size = np.fmax.reduce(head, axis=1) - np.fmin.reduce(head, axis=1)
    near = np.abs(found - target) < alpha * size[:, None]
    right = near.all(-1) & boxed[:, None]
    return right.sum(1), (there & boxed[:, None]).sum(1)


@dataclass(frozen=True)
class Metric:
    """PCKh over all joints of all pairs together.

    Its streams are poses [n, 18, 2] in the same order: those of the targets are the
    real one, those that a detector found in the generated pictures the other.

    Attributes:
        extractor: the detector.
        alpha: share of the head that is near enough.
    """

    extractor: str = "openpose/keypoints"
    alpha: float = 0.5
    streams: tuple[str, ...] = ("real", "fake")
    gathers: type = Rows
    where: str = "host"

    @property
    def definition(self) -> dict[str, str]:
        """Detector, distance, what is left out."""
        return {
            "name": "pckh",
            "detector": self.extractor,
            "near": f"{self.alpha:g} of the width and of the height of the head's box",
            "head": "extent of nose, neck, eyes and ears; pairs with fewer than two of "
            "them are left out",
            "mean": "over joints of all pairs",
        }

    def compute(self, real: Any, fake: Any) -> dict[str, float]:
        """See `metrics.base.SetMetric`."""
        if real.values.shape != fake.values.shape:
            raise ValueError(
                f"metrics.pckh: both streams should hold the same pairs, got poses "
                f"{list(real.values.shape)} and {list(fake.values.shape)}."
            )
        right, there = correct_joints(fake.values, real.values, alpha=self.alpha)
        share = right.sum() / there.sum() if there.sum() else float("nan")
        return {"pckh": float(share), "pckh_pairs_left_out": float((there == 0).sum())}
