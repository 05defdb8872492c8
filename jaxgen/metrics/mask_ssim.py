"""mask-SSIM of arXiv:1705.09368, section 4.2: SSIM of what lies under the pose mask."""

from dataclasses import dataclass

from jaxgen.metrics import ssim


@dataclass(frozen=True)
class Metric(ssim.Metric):
    """SSIM under the mask of the target's pose, unless another is named."""

    mask: str = "pg2"
