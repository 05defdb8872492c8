"""Structural similarity, in float64 on the host, as scikit-image computes it.

Eq. 13 of Wang et al. 2004, doi:10.1109/TIP.2003.819861, per channel, averaged.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.ndimage import uniform_filter

from jaxgen.metrics import mask as masks

_K1, _K2 = 0.01, 0.03


def structural_similarity(
    image: np.ndarray, target: np.ndarray, *, window: int = 7, data_range: float = 255.0
) -> float:
    """SSIM with a uniform window and sample covariance, borders cropped.

    Args:
        image: [h, w, c].
        target: what `image` should be, of the same range.
        window: odd side of the window; a border of half of it is left out.
        data_range: largest minus smallest possible value.

    Raises:
        ValueError: when the images are smaller than the window or differ in shape.
    """
    if image.shape != target.shape or min(image.shape[:2]) < window:
        raise ValueError(
            f"metrics.ssim: images should have one shape of at least {window} pixels, "
            f"got {list(image.shape)} and {list(target.shape)}."
        )
    x, y = image.astype(np.float64), target.astype(np.float64)

    def mean(values: np.ndarray) -> np.ndarray:
        return uniform_filter(values, size=window, axes=(0, 1))

    mx, my = mean(x), mean(y)
    sample = window**2 / (window**2 - 1)
    vx = sample * (mean(x * x) - mx * mx)
    vy = sample * (mean(y * y) - my * my)
    vxy = sample * (mean(x * y) - mx * my)
    c1, c2 = (_K1 * data_range) ** 2, (_K2 * data_range) ** 2
    values = (2 * mx * my + c1) * (2 * vxy + c2)
    values /= (mx**2 + my**2 + c1) * (vx + vy + c2)
    border = (window - 1) // 2
    inner = values[border:-border, border:-border]
    return float(inner.mean((0, 1)).mean())


@dataclass(frozen=True)
class Metric:
    """SSIM, or mask-SSIM: both pictures black outside the target's pose mask.

    Attributes:
        masked: whether to mask. The black outside counts, as in PG2's own script;
            its mask is that of the target pose (the script loads the source's).
    """

    masked: bool = False
    window: int = 7
    needs: tuple[str, ...] = field(init=False, default=("target_image",))

    def __post_init__(self):
        """Asks for keypoints when there is a mask to make."""
        if self.masked:
            needs = ("target_image", "target_keypoints")
            object.__setattr__(self, "needs", needs)

    @property
    def definition(self) -> dict[str, str]:
        """Window, covariance, range, border, mask."""
        return {
            "name": "mask_ssim" if self.masked else "ssim",
            "window": f"uniform {self.window}x{self.window}, sample covariance",
            "data_range": "255, uint8 by truncation",
            "border": f"{(self.window - 1) // 2} pixels cropped",
            "channels": "RGB, mean of channels",
            "mask": f"target pose, {masks.DEFINITION}" if self.masked else "none",
        }

    def values(self, images: np.ndarray, batch: Mapping[str, np.ndarray]) -> np.ndarray:
        """See `metrics.base.PairedMetric`."""
        targets = np.asarray(batch["target_image"])
        if self.masked:
            mask = masks.pose_mask(batch["target_keypoints"], images.shape[1:3])
            images, targets = images * mask, targets * mask
        pairs = zip(images, targets, strict=True)
        return np.array(
            [structural_similarity(a, b, window=self.window) for a, b in pairs]
        )
