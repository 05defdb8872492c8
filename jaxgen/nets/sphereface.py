"""SphereFace-20: features of faces. arXiv:1704.08063, its network of 20 layers.

Four stages, each a convolution that halves the size and then residual pairs; after each
convolution a PReLU with one slope for each channel.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from jaxgen.core import checks
from jaxgen.core.arrays import Images

_Map = Float[Array, "b _ _ _"]

SIZE = (112, 96)
"""(height, width) of a face."""
STAGES = ((64, 1), (128, 2), (256, 4), (512, 1))
"""Of each stage the channels and the residual pairs."""
LAYERS = ("feature1", "feature2", "feature3", "feature4", "embedding")
_CODE = 512


def as_trained(image: Images) -> Images:
    """RGB in [-1, 1] to what the network was trained with: BGR, (bytes - 127.5) / 128.

    LWGAN's reference leaves this out and hands RGB in [-1, 1] to it.
    """
    return image[..., ::-1] * (127.5 / 128)


class SphereFace(nn.Module):
    """Features of a face; computes no deeper than the deepest layer asked for.

    Attributes:
        dtype: compute type; features are given in it.
    """

    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self, image: Images, layers: Sequence[str] = LAYERS
    ) -> Mapping[str, Array]:
        """Layers by name: `feature1` to `feature4` maps, `embedding` [b, 512].

        Args:
            image: a face of 112x96, upright and filling the picture, as it is or after
                `as_trained`.
            layers: those wanted.

        Raises:
            KeyError: for a name that is no layer.
            ValueError: for an embedding of a picture of another size.
        """
        for name in layers:
            checks.require_known("SphereFace", "layer", name, LAYERS)
        _require_size(image, layers)
        found, x = {}, image.astype(self.dtype)
        last = max(map(LAYERS.index, layers))
        for stage, (width, pairs) in enumerate(STAGES[: last + 1], 1):
            x = self._stage(x, stage, width, pairs)
            found[f"feature{stage}"] = x
        if "embedding" in layers:
            dense = nn.Dense(_CODE, dtype=self.dtype, name="dense5")
            found["embedding"] = dense(x.reshape(x.shape[0], -1))
        return {name: found[name] for name in layers}

    def _stage(self, x: _Map, stage: int, width: int, pairs: int) -> _Map:
        options: dict[str, Any] = dict(width=width, dtype=self.dtype)
        x = _Unit(stride=2, name=f"conv{stage}_1", **options)(x)
        for first in range(2, 2 + 2 * pairs, 2):
            y = _Unit(name=f"conv{stage}_{first}", **options)(x)
            x = x + _Unit(name=f"conv{stage}_{first + 1}", **options)(y)
        return x


class _Unit(nn.Module):
    """A 3x3 convolution and a PReLU."""

    width: int
    stride: int = 1
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: _Map) -> _Map:
        x = nn.Conv(
            self.width,
            (3, 3),
            self.stride,
            padding=((1, 1), (1, 1)),
            kernel_init=nn.initializers.he_normal(),
            dtype=self.dtype,
            name="conv",
        )(x)
        slope = self.param("slope", nn.initializers.constant(0.25), (self.width,))
        return jnp.where(x > 0, x, x * slope[None, None, None].astype(x.dtype))


def _require_size(image: Images, layers: Sequence[str]) -> None:
    if "embedding" in layers and image.shape[1:3] != SIZE:
        raise ValueError(
            f"SphereFace: an embedding is of a face of {SIZE[0]}x{SIZE[1]}, got "
            f"{image.shape[1]}x{image.shape[2]}; resize it first."
        )
