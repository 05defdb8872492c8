"""Inception v3 (arXiv:1512.00567), whose features FID, KID and Inception Score compare.

Two networks go by this name and give different numbers. `tf` is TensorFlow's graph of
2015-12-05, which the metrics were defined with, as pytorch-fid ported it; `torchvision`
is that library's. They differ in weights, in whether average pools count the padding,
and in the last block, where the first one takes maxima.

Protocols differ in how a picture comes to 299x299, so that is done beside the network.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from jaxgen.core import checks
from jaxgen.core.arrays import Images
from jaxgen.nets import inception_blocks as blocks
from jaxgen.nets.inception_blocks import Branch, Conv
from jaxgen.nets.pooling import average_pool, max_pool

_Map = Float[Array, "b _ _ _"]

SIZE = 299
"""Height and width that the network was trained with."""
LAYERS = ("pool1", "pool2", "pre_aux", "pool3", "logits", "logits_unbiased")


class Variant(NamedTuple):
    """What differs: classes, what mean pools count, the pool of the last block."""

    classes: int
    counts_padding: bool
    last_pool: str


VARIANTS = {
    "tf": Variant(1008, counts_padding=False, last_pool="max"),
    "torchvision": Variant(1000, counts_padding=True, last_pool="mean"),
}


class Inception(nn.Module):
    """Features of an image; computes no deeper than the deepest layer asked for.

    `pool1` (64 channels), `pool2` (192) and `pre_aux` (768) are maps, `pool3` is the
    mean of the last map [b, 2048], `logits` are of the classes. `logits_unbiased`
    leaves their bias out: the Inception Score of the TensorFlow graph did.

    Attributes:
        variant: `tf` or `torchvision`.
        dtype: compute type; means and logits are float32.
    """

    variant: str = "tf"
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self, image: Images, layers: Sequence[str] = ("pool3",)
    ) -> Mapping[str, Array]:
        """Layers by name.

        Args:
            image: [-1, 1], from one of the functions below.
            layers: those wanted.

        Raises:
            KeyError: for a name that is no layer, or no variant.
        """
        checks.require_known("Inception", "variant", self.variant, VARIANTS)
        for name in layers:
            checks.require_known("Inception", "layer", name, LAYERS)
        deepest = max(map(LAYERS.index, layers))
        found: dict[str, Array] = {}
        x = self._row(blocks.STEM, image.astype(self.dtype))
        found["pool1"] = x = max_pool(x, size=3, stride=2)
        if deepest >= LAYERS.index("pool2"):
            x = self._row(blocks.STEM_AFTER_POOL, x)
            found["pool2"] = x = max_pool(x, size=3, stride=2)
        if deepest >= LAYERS.index("pre_aux"):
            found["pre_aux"] = x = self._mix(blocks.BLOCKS, x)
        if deepest >= LAYERS.index("pool3"):
            x = self._mix(blocks.BLOCKS_AFTER_AUX, x)
            found["pool3"] = x.astype(jnp.float32).mean((1, 2))
        if deepest >= LAYERS.index("logits"):
            found |= self._logits(found["pool3"])
        return {name: found[name] for name in layers}

    def _row(self, row: Sequence[Conv], x: _Map) -> _Map:
        for conv in row:
            x = _Unit(conv, self.dtype, name=conv.name)(x)
        return x

    def _mix(self, part: Mapping[str, Sequence[Branch]], x: _Map) -> _Map:
        variant = VARIANTS[self.variant]
        for name, branches in part.items():
            x = _Block(branches, variant, self.dtype, name=name)(x)
        return x

    def _logits(self, pooled: Float[Array, "b 2048"]) -> dict[str, Array]:
        classes = VARIANTS[self.variant].classes
        dense = nn.Dense(classes, use_bias=False, precision="highest", name="classes")
        bias = self.param("class_bias", nn.initializers.zeros, (classes,))
        logits = dense(pooled)
        return {"logits": logits + bias[None], "logits_unbiased": logits}


class _Unit(nn.Module):
    """A convolution without bias, batch norm by stored statistics, ReLU."""

    conv: Conv
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: _Map) -> _Map:
        conv = self.conv
        # XLA takes three to four times as long on a CPU for a convolution of stride 1
        # without padding, so there the border is computed, too, and cut off.
        cut = conv.valid and conv.stride == 1
        x = nn.Conv(
            conv.width,
            conv.kernel,
            conv.stride,
            padding="VALID" if conv.valid and not cut else "SAME",
            use_bias=False,
            kernel_init=nn.initializers.he_normal(),
            dtype=self.dtype,
            name="conv",
        )(x)
        x = x[:, 1:-1, 1:-1] if cut else x
        norm = nn.BatchNorm(
            use_running_average=True, epsilon=1e-3, dtype=self.dtype, name="norm"
        )
        return nn.relu(norm(x))


class _Block(nn.Module):
    """Branches side by side."""

    branches: Sequence[Branch]
    variant: Variant
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: _Map) -> _Map:
        parts = [part for branch in self.branches for part in self._parts(branch, x)]
        return jnp.concatenate(parts, axis=-1)

    def _parts(self, branch: Branch, x: _Map) -> list[_Map]:
        x = self._pool(branch.pool, x)
        for conv in branch.row:
            x = self._unit(conv, x)
        return [self._unit(conv, x) for conv in branch.ends] or [x]

    def _unit(self, conv: Conv, x: _Map) -> _Map:
        return _Unit(conv, self.dtype, name=conv.name)(x)

    def _pool(self, pool: str, x: _Map) -> _Map:
        pool = self.variant.last_pool if pool == "last" else pool
        if pool == "half":
            return max_pool(x, size=3, stride=2)
        if pool == "max":
            return max_pool(x, size=3, stride=1, padding=1)
        if pool == "mean":
            counts = self.variant.counts_padding
            return average_pool(x, size=3, counts_padding=counts)
        return x


def bilinear_input(image: Images) -> Float[Array, "b 299 299 c"]:
    """Brings [-1, 1] to 299x299 as pytorch-fid does: pixel centres, no antialiasing.

    The papers that took torchvision's network (GFLA and after it, LWGAN) do the same.
    """
    for axis in (1, 2):
        step = image.shape[axis] / SIZE
        image = _resized(image, axis, (np.arange(SIZE) + 0.5) * step - 0.5)
    return image


def tensorflow_input(image: Images) -> Float[Array, "b 299 299 c"]:
    """Brings [-1, 1] to 299x299 as the graph of 2015 does itself with bytes.

    Its bilinear resize lines up the first corners of the pixels, not their centres;
    then it computes (bytes - 128) / 128, which is not quite [-1, 1].
    """
    for axis in (1, 2):
        step = image.shape[axis] / SIZE
        image = _resized(image, axis, np.arange(SIZE) * step)
    return ((image + 1) * 127.5 - 128) / 128


def _resized(image: Images, axis: int, places: np.ndarray) -> _Map:
    """Pixels at fractional places of an axis; beyond its ends the last pixel holds."""
    # Not `jax.image.resize`, whose places in float32 miss by 1e-4 of a pixel.
    last = image.shape[axis] - 1
    places = np.clip(places, 0, last)
    first = np.floor(places).astype(int)
    second = np.minimum(first + 1, last)
    shape = [1, 1, 1, 1]
    shape[axis] = len(places)
    weight = jnp.asarray(places - first, image.dtype).reshape(shape)
    low, high = (jnp.take(image, i, axis=axis, mode="clip") for i in (first, second))
    return low + weight * (high - low)
