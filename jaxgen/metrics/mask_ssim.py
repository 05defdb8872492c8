"""mask-SSIM of arXiv:1705.09368, section 4.2: SSIM of what lies under the pose mask."""

from functools import partial

from jaxgen.metrics import ssim

Metric = partial(ssim.Metric, masked=True)
