"""What a metric offers."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class PairedMetric(Protocol):
    """A number per sample, from the answer and from what it should have been.

    Attributes:
        needs: names of batch features it compares with.
        definition: everything that decides the number, for its provenance.
    """

    needs: tuple[str, ...]
    definition: dict[str, str]

    def values(self, images: np.ndarray, batch: Mapping[str, np.ndarray]) -> np.ndarray:
        """Scores of a batch.

        Args:
            images: answers, uint8 [b, h, w, 3], after quantisation.
            batch: the features of `needs`, as NumPy arrays.

        Returns:
            float64 [b].
        """
        ...
