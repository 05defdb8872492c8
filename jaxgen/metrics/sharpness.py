"""How much fine detail a picture has, as a share of its target's."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from jaxgen.metrics import mask as masks


def detail(image: np.ndarray, mask: np.ndarray) -> float:
    """Mean absolute Laplacian at a distance of two pixels, inside a mask.

    Taken after a 2x2 mean, so that single-pixel noise counts little.

    Args:
        image: [h, w, 3].
        mask: 0 or 1, [h, w, 1].
    """
    x = image.astype(np.float64)
    x = (x[1:, 1:] + x[:-1, 1:] + x[1:, :-1] + x[:-1, :-1]) / 4
    around = x[4:, 2:-2] + x[:-4, 2:-2] + x[2:-2, 4:] + x[2:-2, :-4]
    laplacian = np.abs(around - 4 * x[2:-2, 2:-2])
    inside = mask[2:-3, 2:-3].astype(bool)
    return float((laplacian * inside).sum() / (3 * max(inside.sum(), 1)))


@dataclass(frozen=True)
class Metric:
    """`detail` of the answer divided by that of the target, inside the pose mask."""

    needs: tuple[str, ...] = ("target_image", "target_keypoints")

    @property
    def definition(self) -> dict[str, str]:
        """Filter and mask."""
        return {
            "name": "sharpness",
            "filter": "mean absolute Laplacian, distance 2, after a 2x2 mean",
            "mask": masks.describe("pg2"),
        }

    def values(self, images: np.ndarray, batch: Mapping[str, np.ndarray]) -> np.ndarray:
        """See `metrics.base.PairedMetric`."""
        mask = masks.make("pg2", batch, images.shape[1:3])
        triples = zip(images, np.asarray(batch["target_image"]), mask, strict=True)
        return np.array([detail(a, m) / max(detail(b, m), 1e-9) for a, b, m in triples])
