"""AlexNet's five convolutions: features for LPIPS.

In the form of arXiv:1404.5997, as torchvision has it: one column, without local
response normalisation.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from jaxgen.core import checks
from jaxgen.core.arrays import Images
from jaxgen.nets.pooling import max_pool

_Map = Float[Array, "b _ _ _"]


class Layer(NamedTuple):
    """A convolution and the ReLU after it, whose name the layer has."""

    width: int
    kernel: int
    stride: int = 1
    padding: int = 1
    pooled: bool = False  # Its input is: 3x3 windows, every other pixel.


LAYERS = {
    "relu1": Layer(64, kernel=11, stride=4, padding=2),
    "relu2": Layer(192, kernel=5, padding=2, pooled=True),
    "relu3": Layer(384, kernel=3, pooled=True),
    "relu4": Layer(256, kernel=3),
    "relu5": Layer(256, kernel=3),
}


class AlexNet(nn.Module):
    """Features of an image; computes no deeper than the deepest layer asked for.

    Attributes:
        dtype: compute type; features are given in it.
    """

    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self, image: Images, layers: Sequence[str] | None = None
    ) -> Mapping[str, _Map]:
        """Layers by name.

        Args:
            image: normalised by `vgg.imagenet`; at least 63 pixels high and wide.
            layers: those wanted, by default all.

        Raises:
            KeyError: for a name that is no layer.
        """
        known = list(LAYERS)
        wanted = known if layers is None else layers
        for name in wanted:
            checks.require_known("AlexNet", "layer", name, known)
        found, x = {}, image.astype(self.dtype)
        for name in known[: 1 + max(map(known.index, wanted))]:
            layer = LAYERS[name]
            if layer.pooled:
                x = max_pool(x, size=3, stride=2)
            x = nn.relu(self._convolution(layer, name.replace("relu", "conv"))(x))
            found[name] = x
        return {name: found[name] for name in wanted}

    def _convolution(self, layer: Layer, name: str) -> nn.Conv:
        sides = (layer.padding, layer.padding)
        return nn.Conv(
            layer.width,
            (layer.kernel, layer.kernel),
            layer.stride,
            padding=(sides, sides),
            kernel_init=nn.initializers.he_normal(),
            dtype=self.dtype,
            name=name,
        )
