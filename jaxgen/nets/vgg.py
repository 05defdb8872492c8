"""VGG-16 and VGG-19 up to their last convolution: features for perceptual losses.

arXiv:1409.1556, columns D and E. A layer is named after the convolution before it, so
`relu3_1` is what the first convolution of the third block gives after its ReLU.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from jaxgen.core import checks
from jaxgen.core.arrays import Images
from jaxgen.nets.pooling import max_pool

_Map = Float[Array, "b _ _ _"]

CONVOLUTIONS = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""Depth -> how many convolutions each block has."""
WIDTHS = (64, 128, 256, 512, 512)

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def imagenet(image: Images) -> Images:
    """[-1, 1] to what torchvision's networks were trained with.

    Brings the image to [0, 1], then takes ImageNet's mean of each channel off and
    divides by its deviation. The original LPIPS does the same by other constants.
    """
    return imagenet_of_raw((image + 1) / 2)


def imagenet_of_raw(image: Images) -> Images:
    """Takes ImageNet's mean off and divides by its deviation, whatever the range.

    As SPT's reference does with images in [-1, 1]. LWGAN and S2FGAN do not even that:
    they hand images in [-1, 1] to the network as they are.
    """
    mean = jnp.array(_MEAN, image.dtype)
    deviation = jnp.array(_DEVIATION, image.dtype)
    return (image - mean[None, None, None]) / deviation[None, None, None]


class VGG(nn.Module):
    """Features of an image; computes no deeper than the deepest layer asked for.

    Attributes:
        depth: 16 or 19.
        dtype: compute type; features are given in it.
    """

    depth: int = 19
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self, image: Images, layers: Sequence[str] | None = None
    ) -> Mapping[str, _Map]:
        """Layers by name.

        Args:
            image: [-1, 1] as it is, or after one of the functions above.
            layers: those wanted, by default all.

        Raises:
            KeyError: for a name that is no layer.
        """
        known = layer_names(self.depth)
        wanted = known if layers is None else layers
        for name in wanted:
            checks.require_known("VGG", "layer", name, known)
        found, x = {}, image.astype(self.dtype)
        for name in known[: 1 + max(map(known.index, wanted))]:
            block, place = map(int, name.removeprefix("relu").split("_"))
            if block > 1 and place == 1:
                x = max_pool(x, size=2, stride=2)
            x = nn.relu(self._convolution(WIDTHS[block - 1], f"conv{block}_{place}")(x))
            found[name] = x
        return {name: found[name] for name in wanted}

    def _convolution(self, width: int, name: str) -> nn.Conv:
        init = nn.initializers.he_normal()
        return nn.Conv(width, (3, 3), kernel_init=init, dtype=self.dtype, name=name)


def layer_names(depth: int) -> list[str]:
    """All layers in order: relu1_1, relu1_2, relu2_1, ...

    Raises:
        KeyError: for a depth that nobody published.
    """
    if depth not in CONVOLUTIONS:
        raise KeyError(f"VGG: no depth {depth}; there is 16 and 19.")
    return [
        f"relu{block}_{place}"
        for block, count in enumerate(CONVOLUTIONS[depth], 1)
        for place in range(1, count + 1)
    ]
