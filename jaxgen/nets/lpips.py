"""LPIPS: how different two pictures look. arXiv:1801.03924.

At five layers of a network for classification each pixel's features are brought to unit
length; the squared differences are weighted by channel, averaged over the picture and
summed over the layers. The weights were fitted to what people judged alike.
"""

from collections.abc import Sequence
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from jaxgen.core import checks
from jaxgen.core.arrays import Images
from jaxgen.nets.alexnet import AlexNet
from jaxgen.nets.vgg import VGG, imagenet

_Map = Float[Array, "b _ _ _"]
_Distances = Float[Array, " b"]

LAYERS = {
    "alex": ("relu1", "relu2", "relu3", "relu4", "relu5"),
    "vgg": ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3"),
}
"""Backbone -> the layers that are compared; VGG is the one of depth 16."""
WIDTHS = {"alex": (64, 192, 384, 256, 256), "vgg": (64, 128, 256, 512, 512)}
VERSIONS = ("0.0", "0.1")

_LEAST = 1e-10


class LPIPS(nn.Module):
    """The distance of two images: 0 for the same, about 1 for quite different ones.

    Versions differ in two things: 0.0 hands images in [-1, 1] to the backbone as they
    are, 0.1 normalises them for it first (`vgg.imagenet`); and each has weights of its
    own for the channels, fitted to that. The formula and the names are the same, so a
    file does not tell its version. Papers mean 0.1 unless they say otherwise.

    Attributes:
        backbone: `alex` or `vgg`.
        version: `0.1` or `0.0`.
        dtype: compute type of the backbone; lengths and sums stay float32.
    """

    backbone: str = "alex"
    version: str = "0.1"
    dtype: Any = jnp.float32

    def setup(self):
        """Makes the backbone and a weight for each channel that is compared."""
        checks.require_known("LPIPS", "backbone", self.backbone, LAYERS)
        checks.require_known("LPIPS", "version", self.version, VERSIONS)
        alex = self.backbone == "alex"
        self.network = AlexNet(self.dtype) if alex else VGG(16, self.dtype)
        # Non-negative, as the published ones: a distance is never below 0.
        init = nn.initializers.uniform(0.1)
        self.heads = [
            self.param(f"head{i}", init, (width,))
            for i, width in enumerate(WIDTHS[self.backbone])
        ]

    def __call__(self, image: Images, other: Images) -> _Distances:
        """The distance of each pair.

        Args:
            image: [-1, 1]; values outside are taken as they are.
            other: the same.
        """
        return self.compare(self.features(image), self.features(other))

    def features(self, image: Images) -> Sequence[_Map]:
        """What is compared: features of unit length at five layers, in float32."""
        x = image if self.version == "0.0" else imagenet(image)
        layers = LAYERS[self.backbone]
        found = self.network(x, layers)
        return [_unit(found[name].astype(jnp.float32)) for name in layers]

    def compare(self, features: Sequence[_Map], others: Sequence[_Map]) -> _Distances:
        """The distance of what `features` gave, for one side that stays the same."""
        total = jnp.zeros(features[0].shape[0], jnp.float32)
        for mine, other, head in zip(features, others, self.heads, strict=True):
            # No matrix product: accelerators would round what goes into it.
            weighted = jnp.square(mine - other) * head[None, None, None]
            total += weighted.sum(-1).mean((1, 2))
        return total


def _unit(x: _Map) -> _Map:
    """Each pixel's features at unit length; zeros stay zeros, and have a gradient."""
    squares = jnp.square(x).sum(-1, keepdims=True)
    some = squares > 0
    length = jnp.where(some, jnp.sqrt(jnp.where(some, squares, 1.0)), 0.0)
    return x / (length + _LEAST)
