"""Structural similarity, in float64 on the host, as scikit-image computes it.

Eq. 13 of Wang et al. 2004, doi:10.1109/TIP.2003.819861, per channel, averaged. Papers
call it with other windows, ranges and values, and their numbers are not comparable:
all of that is an option here and part of the definition.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, uniform_filter

from jaxgen.core import checks
from jaxgen.metrics import mask as masks
from jaxgen.metrics import scale

_K1, _K2 = 0.01, 0.03
RANGES = ("type", "generated", "target")


@dataclass(frozen=True)
class Window:
    """Over which neighbours means and variances are taken.

    Attributes:
        side: odd side of the square of equal weights, when there is no `sigma`.
        sigma: of a Gaussian instead, in pixels.
        truncate: where it ends, in sigmas: scikit-image's 3.5 gives sigma 1.5 11 taps;
            before version 0.15 it was 4, which gives 13.
        border: pixels left out on each side; by default as far as the window reaches.
            Before 0.15 scikit-image left out 5 of any Gaussian.
        sample: whether variances are those of a sample, n / (n - 1) times larger.
    """

    side: int = 7
    sigma: float | None = None
    truncate: float = 3.5
    border: int | None = None
    sample: bool = True

    @property
    def reach(self) -> int:
        """Pixels from its middle to its end."""
        if self.sigma is None:
            return (self.side - 1) // 2
        return int(self.truncate * self.sigma + 0.5)

    @property
    def cropped(self) -> int:
        """Pixels left out on each side."""
        return self.reach if self.border is None else self.border

    @property
    def correction(self) -> float:
        """From variances under the window to those of a sample."""
        count = (2 * self.cropped + 1) ** 2
        return count / (count - 1) if self.sample else 1.0

    def means(self, plane: np.ndarray) -> np.ndarray:
        """Weighted means about each pixel of float64 [h, w] that is not cropped."""
        if self.sigma is None:
            found = uniform_filter(plane, self.side)
        else:
            found = gaussian_filter(plane, self.sigma, truncate=self.truncate)
        inner = slice(self.cropped, -self.cropped or None)
        return found[inner, inner]

    def __str__(self) -> str:
        """In words."""
        taps = 2 * self.reach + 1
        covariance = "sample" if self.sample else "population"
        kind = "uniform" if self.sigma is None else f"Gaussian sigma {self.sigma:g}"
        return f"{kind} {taps}x{taps}, {covariance} covariance"


def structural_similarity(
    image: np.ndarray,
    target: np.ndarray,
    *,
    window: Window | int = 7,
    data_range: float = 255.0,
) -> float:
    """SSIM, mean of channels, borders left out.

    Args:
        image: [h, w, c].
        target: what `image` should be, of the same range.
        window: a window, or the side of a uniform one with sample covariance.
        data_range: largest minus smallest possible value. 0, which some papers' own
            rule gives for a picture of one colour, makes 0 / 0 and so NaN wherever both
            pictures are flat.

    Raises:
        ValueError: when the images are smaller than the window or differ in shape.
    """
    window = Window(window) if isinstance(window, int) else window
    least = 2 * window.cropped + 1
    if image.shape != target.shape or min(image.shape[:2]) < least:
        raise ValueError(
            f"metrics.ssim: images should have one shape of at least {least} pixels, "
            f"got {list(image.shape)} and {list(target.shape)}."
        )
    channels = [
        _similarity(image[..., c], target[..., c], window, data_range)
        for c in range(image.shape[2])
    ]
    return float(np.mean(channels))


def _similarity(
    image: np.ndarray, target: np.ndarray, window: Window, data_range: float
) -> float:
    """Of one channel [h, w]: in the order of scikit-image, so that all bits agree."""
    x, y = image.astype(np.float64), target.astype(np.float64)
    mx, my = window.means(x), window.means(y)
    xx, yy, xy = mx * mx, my * my, mx * my
    vx = window.correction * (window.means(x * x) - xx)
    vy = window.correction * (window.means(y * y) - yy)
    vxy = window.correction * (window.means(x * y) - xy)
    c1, c2 = (_K1 * data_range) ** 2, (_K2 * data_range) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        values = (2 * xy + c1) * (2 * vxy + c2)
        values /= (xx + yy + c1) * (vx + vy + c2)
    return float(values.mean())


@dataclass(frozen=True)
class Metric:
    """SSIM, or mask-SSIM: both pictures black outside a mask, and the black counts.

    Attributes:
        mask: a name of `metrics.mask.KINDS`, or "" for none.
        side: see `Window`, like the next four.
        sigma: of a Gaussian window.
        truncate: of a Gaussian window.
        border: pixels left out.
        sample: whether covariances are those of a sample.
        values_in: range that bytes are brought to first, a name of `scale.SCALES`.
        data_range: a number in that range; "type": what scikit-image assumes of such
            values; "generated" or "target": largest minus smallest value of that
            picture, under the mask if there is one. These can be 0, see
            `structural_similarity`.
        grey: whether on luminance, as scikit-image weighs it, instead of RGB.
    """

    mask: str = ""
    side: int = 7
    sigma: float | None = None
    truncate: float = 3.5
    border: int | None = None
    sample: bool = True
    values_in: str = "bytes"
    data_range: float | str = "type"
    grey: bool = False

    def __post_init__(self):
        """Refuses unknown names."""
        scale.require("metrics.ssim", self.values_in)
        masks.require("metrics.ssim", self.mask)
        if isinstance(self.data_range, str):
            checks.require_known("metrics.ssim", "range", self.data_range, RANGES)

    @property
    def window(self) -> Window:
        """All about the window."""
        return Window(self.side, self.sigma, self.truncate, self.border, self.sample)

    @property
    def needs(self) -> tuple[str, ...]:
        """The target, and keypoints when there is a mask to make of them."""
        return ("target_image", *masks.needs(self.mask))

    @property
    def definition(self) -> dict[str, str]:
        """Window, covariance, range, border, mask."""
        return {
            "name": "mask_ssim" if self.mask else "ssim",
            "window": str(self.window),
            "values": scale.SCALES[self.values_in].words,
            "data_range": self._range_in_words(),
            "border": f"{self.window.cropped} pixels cropped",
            "channels": "luminance" if self.grey else "RGB, mean of channels",
            "mask": masks.describe(self.mask),
        }

    def values(self, images: np.ndarray, batch: Mapping[str, np.ndarray]) -> np.ndarray:
        """See `metrics.base.PairedMetric`."""
        images, targets = masks.pair(self.mask, images, batch)
        pairs = zip(images, targets, strict=True)
        return np.array([self._value(a, b) for a, b in pairs], np.float64)

    def _value(self, image: np.ndarray, target: np.ndarray) -> float:
        image, target = (self._floats(v) for v in (image, target))
        return structural_similarity(
            image, target, window=self.window, data_range=self._range(image, target)
        )

    def _floats(self, image: np.ndarray) -> np.ndarray:
        image = scale.bring(image, self.values_in)
        return image @ scale.LUMINANCE[:, None] if self.grey else image

    def _range(self, image: np.ndarray, target: np.ndarray) -> float:
        if not isinstance(self.data_range, str):
            return float(self.data_range)
        if self.data_range == "type":
            return scale.SCALES[self.values_in].type_range
        return float(np.ptp(image if self.data_range == "generated" else target))

    def _range_in_words(self) -> str:
        if not isinstance(self.data_range, str):
            return f"{self.data_range:g}"
        if self.data_range == "type":
            return f"{scale.SCALES[self.values_in].type_range:g}, from the type"
        return f"largest minus smallest value of the {self.data_range} picture"
