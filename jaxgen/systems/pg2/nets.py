"""The networks of PG2: two generators without normalisation, and two judges.

Widths grow linearly: block i of an encoder has `width * (i + 1)` channels. Compute
happens in `dtype`; parameters, outputs and statistics of a batch stay float32.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

_Map = Float[Array, "b h w c"]
_Pose = Float[Array, "b h w k"]
_Coordinates = Float[Array, "b k 3"]
_Code = Float[Array, "b d"]
_AnyMap = Float[Array, "b _ _ _"]

_GLOROT = nn.initializers.xavier_uniform()
_DCGAN = nn.initializers.uniform(2 * 0.02 * 3**0.5)


def _dcgan_init(key, shape, dtype=jnp.float32):
    """Uniform with standard deviation 0.02, as the reference's discriminator."""
    return _DCGAN(key, shape, dtype) - 0.02 * 3**0.5


def _conv(
    features: int,
    name: str,
    *,
    kernel: int = 3,
    stride: int = 1,
    pad: str = "tf_same",
    dtype: Any = jnp.float32,
    init: Any = _GLOROT,
) -> nn.Conv:
    """A convolution that keeps or halves the size, padded as TensorFlow or torch do.

    TensorFlow's SAME puts the odd pixel of a stride-2 layer at the bottom right, torch
    puts as much on each side: same shapes, another function.
    """
    side = (kernel - 1) // 2
    padding = "SAME" if pad == "tf_same" else ((side, side), (side, side))
    return nn.Conv(
        features,
        (kernel, kernel),
        stride,
        padding,
        kernel_init=init,
        dtype=dtype,
        name=name,
    )


def _upsample(x: _AnyMap) -> _AnyMap:
    return x.repeat(2, axis=1).repeat(2, axis=2)


class ConvPair(nn.Module):
    """Two 3x3 convolutions, ReLU after each; with `residual` the input is added."""

    features: int
    residual: bool = False
    pad: str = "tf_same"
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: _AnyMap) -> _AnyMap:
        y = x
        for name in ("conv_a", "conv_b"):
            layer = _conv(self.features, name, pad=self.pad, dtype=self.dtype)
            y = nn.relu(layer(y))
        return x + y if self.residual else y


def _pair(features: int, name: str, remat: bool, **options) -> nn.Module:
    """A `ConvPair`; with `remat` its activations are computed again backwards."""
    kind = nn.remat(ConvPair) if remat else ConvPair
    return kind(features, name=name, **options)


class Encoder(nn.Module):
    """Residual blocks, halved between them, and a dense code of what is left.

    Attributes:
        width: channels of the first block; block i has `width * (i + 1)`.
        blocks: how many.
        code: length of the code.
        pad: `tf_same` or `torch`.
        remat: recompute activations of blocks in the backward pass.
        dtype: compute type.
    """

    width: int
    blocks: int
    code: int
    pad: str = "tf_same"
    remat: bool = False
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: _Map) -> tuple[_Code, list[_AnyMap]]:
        options: dict[str, Any] = dict(pad=self.pad, dtype=self.dtype)
        x = nn.relu(_conv(self.width, "stem", **options)(x.astype(self.dtype)))
        skips = []
        for i in range(self.blocks):
            wide = self.width * (i + 1)
            x = _pair(wide, f"block{i}", self.remat, residual=True, **options)(x)
            skips.append(x)
            if i < self.blocks - 1:
                down = _conv(wide + self.width, f"down{i}", stride=2, **options)
                x = nn.relu(down(x))
        flat = x.reshape(x.shape[0], -1)
        code = nn.Dense(self.code, kernel_init=_GLOROT, dtype=self.dtype, name="dense")
        return code(flat), skips


class Decoder(nn.Module):
    """From a code back to a picture, with the encoder's blocks joined on the way."""

    width: int
    blocks: int
    pad: str = "tf_same"
    remat: bool = False
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, code: _Code, skips: list[_AnyMap]) -> _AnyMap:
        options: dict[str, Any] = dict(pad=self.pad, dtype=self.dtype)
        b, h, w, _ = skips[-1].shape
        dense = nn.Dense(
            h * w * self.width, kernel_init=_GLOROT, dtype=self.dtype, name="dense"
        )
        x = dense(code).reshape(b, h, w, self.width)
        for i, skip in enumerate(reversed(skips)):
            x = jnp.concatenate([x, skip], axis=-1)
            block = _pair(
                x.shape[-1], f"block{i}", self.remat, residual=True, **options
            )
            x = block(x)
            if i < self.blocks - 1:
                # The reference repeats pixels first; a 1x1 convolution and a ReLU
                # commute with that, and cost a quarter this way round.
                wide = self.width * (self.blocks - 1 - i)
                up = _conv(wide, f"up{i}", kernel=1, **options)
                x = _upsample(nn.relu(up(x)))
        return _conv(3, "out", **options)(x).astype(jnp.float32)


class Coarse(nn.Module):
    """G1: a source picture and a target pose to a coarse picture of the target.

    Section 3.2 of arXiv:1705.09368. The output is linear: it may leave [-1, 1].

    Attributes:
        width: channels of the first block, 128 as published.
        blocks: resolutions, log2(height) - 2 as published.
        code: length of the bottleneck code.
        embedding: how the pose enters: `maps` beside the picture (published), `code`
            by two dense layers on coordinates (G1-CE), `encoder` by an encoder of
            its own (G1-HME).
        pad: `tf_same` or `torch`.
        remat: recompute activations of blocks in the backward pass.
        dtype: compute type.
    """

    width: int = 128
    blocks: int = 6
    code: int = 64
    embedding: str = "maps"
    pad: str = "tf_same"
    remat: bool = False
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, image: _Map, pose: _Pose, coordinates: _Coordinates) -> _AnyMap:
        shared: dict[str, Any] = dict(pad=self.pad, remat=self.remat, dtype=self.dtype)
        encoder = Encoder(self.width, self.blocks, self.code, name="encoder", **shared)
        if self.embedding == "maps":
            code, skips = encoder(jnp.concatenate([image, pose], axis=-1))
        else:
            code, skips = encoder(image)
            code = jnp.concatenate([code, self._embed(pose, coordinates)], axis=-1)
        decoder = Decoder(self.width, self.blocks, name="decoder", **shared)
        return decoder(code, skips)

    def _embed(self, pose: _Pose, coordinates: _Coordinates) -> _Code:
        if self.embedding == "encoder":
            encoder = Encoder(
                self.width,
                self.blocks,
                self.code,
                self.pad,
                self.remat,
                self.dtype,
                name="pose_encoder",
            )
            return encoder(pose)[0]
        flat = coordinates.reshape(coordinates.shape[0], -1).astype(self.dtype)
        hidden = nn.Dense(
            self.code, kernel_init=_GLOROT, dtype=self.dtype, name="pose0"
        )
        out = nn.Dense(self.code, kernel_init=_GLOROT, dtype=self.dtype, name="pose1")
        return out(nn.relu(hidden(flat)))


class Refine(nn.Module):
    """G2: the coarse and the source picture to a difference map for the coarse one.

    Section 3.3 of arXiv:1705.09368; details as the released code has them: its first
    decoder block joins the last encoder block with itself, all decoder blocks have
    `width` channels, and layers that halve the size keep the width.

    Attributes:
        width: channels of the first block, 128 as published.
        blocks: resolutions, log2(height) - 4 as published.
        top_skip: whether the first encoder block reaches the last decoder block:
            True in the form for DeepFashion, False in that for Market-1501.
        zero_init: start with no difference at all.
        pad: `tf_same` or `torch`.
        remat: recompute activations of blocks in the backward pass.
        dtype: compute type.
    """

    width: int = 128
    blocks: int = 4
    top_skip: bool = True
    zero_init: bool = False
    pad: str = "tf_same"
    remat: bool = False
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, coarse: _Map, image: _Map) -> _Map:
        options: dict[str, Any] = dict(pad=self.pad, dtype=self.dtype)
        x = jnp.concatenate([coarse, image], axis=-1).astype(self.dtype)
        x = nn.relu(_conv(self.width, "stem", **options)(x))
        skips = []
        for i in range(self.blocks):
            wide = self.width * (i + 1)
            x = _pair(wide, f"encode{i}", self.remat, **options)(x)
            skips.append(x)
            if i < self.blocks - 1:
                x = nn.relu(_conv(wide, f"down{i}", stride=2, **options)(x))
        for i, skip in enumerate(reversed(skips)):
            if i < self.blocks - 1 or self.top_skip:
                x = jnp.concatenate([x, skip], axis=-1)
            x = _pair(self.width, f"decode{i}", self.remat, **options)(x)
            if i < self.blocks - 1:
                x = _upsample(x)
        init = nn.initializers.zeros if self.zero_init else _GLOROT
        return _conv(3, "out", init=init, **options)(x).astype(jnp.float32)


class _BatchNorm(nn.Module):
    """Normalises with the statistics of this batch, in training and after it.

    As the reference does: its moving averages exist but are never used. With `stored`
    the collection `batch_stats` holds the statistics, and nothing moves them.
    """

    stored: bool = False

    @nn.compact
    def __call__(self, x: _Map) -> _Map:
        width = x.shape[-1:]
        scale = self.param("scale", nn.initializers.ones, width)
        bias = self.param("bias", nn.initializers.zeros, width)
        wide = x.astype(jnp.float32)
        if self.stored:
            mean = self.variable("batch_stats", "mean", jnp.zeros, width).value
            var = self.variable("batch_stats", "var", jnp.ones, width).value
        else:
            mean = wide.mean((0, 1, 2))
            var = jnp.square(wide - mean[None, None, None]).mean((0, 1, 2))
        gain = jax.lax.rsqrt(var + 1e-5) * scale
        centered = wide - mean[None, None, None]
        normal = centered * gain[None, None, None] + bias[None, None, None]
        return normal.astype(x.dtype)


class DenseDiscriminator(nn.Module):
    """The published judge: DCGAN with a dense head, one logit per picture.

    Attributes:
        width: channels of the first layer, doubled up to eight times as many.
        layers: halvings, log2(height) - 3 as published.
        pad: `tf_same` or `torch`.
        stored_statistics: normalise with the collection `batch_stats` instead of the
            statistics of each batch.
        dtype: compute type.
    """

    width: int = 64
    layers: int = 5
    pad: str = "tf_same"
    stored_statistics: bool = False
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: _Map, update_stats: bool = False) -> Float[Array, "b n"]:
        del update_stats  # Its statistics are of the batch, or never move.
        x = x.astype(self.dtype)
        for i in range(self.layers):
            layer = _conv(
                self.width * min(2**i, 8),
                f"conv{i}",
                kernel=5,
                stride=2,
                pad=self.pad,
                dtype=self.dtype,
                init=_dcgan_init,
            )
            x = layer(x)
            x = _BatchNorm(self.stored_statistics, name=f"norm{i}")(x) if i else x
            x = nn.leaky_relu(x, 0.2)
        head = nn.Dense(1, kernel_init=_dcgan_init, dtype=self.dtype, name="head")
        return head(x.reshape(x.shape[0], -1)).astype(jnp.float32)


class PatchDiscriminator(nn.Module):
    """A judge of patches, spectrally normalised: arXiv:1611.07004, arXiv:1802.05957.

    Attributes:
        width: channels of the first layer, doubled in each further one.
        layers: halvings; each logit sees about `2**(layers + 2)` pixels.
        dtype: compute type.
    """

    width: int = 64
    layers: int = 3
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: _Map, update_stats: bool = False) -> Float[Array, "b n"]:
        x = x.astype(self.dtype)
        for i in range(self.layers):
            layer = nn.Conv(
                self.width * 2**i, (4, 4), 2, dtype=self.dtype, name=f"conv{i}"
            )
            x = nn.SpectralNorm(layer, name=f"spectral{i}")(
                x, update_stats=update_stats
            )
            x = nn.leaky_relu(x, 0.2)
        head = nn.SpectralNorm(
            nn.Conv(1, (3, 3), dtype=self.dtype, name="head"), name="spectral_head"
        )
        logits = head(x, update_stats=update_stats)
        return logits.reshape(x.shape[0], -1).astype(jnp.float32)
