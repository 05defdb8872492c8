"""Resampling with a small filter, alone and folded into 3x3 convolutions.

The conventions are those of StyleGAN2, arXiv:1912.04958: outside the image is zero,
filters run as true convolutions (turned round), and the filter between resolutions is
[1, 3, 3, 1]. Maps may be of any float type; sums of taps are taken in float32 at least.
Everything is differentiable as often as one likes, in either mode.
"""

from itertools import chain

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

_Map = Float[Array, "b h w c"]

#: The filter between resolutions, along one axis; its sum is 1.
BLUR = (0.125, 0.375, 0.375, 0.125)
#: The same for a map in which three of four pixels are zeros that were put in.
_BRIGHT_BLUR = tuple(2 * tap for tap in BLUR)


def upfirdn2d(
    image: _Map,
    *,
    taps: tuple[float, ...],
    up: int = 1,
    down: int = 1,
    padding: tuple[int, int] = (0, 0),
) -> Float[Array, "b u v c"]:
    """Puts in zeros, pads, filters and keeps every so-many-th pixel, on both axes.

    A side of `n` pixels becomes `(n * up + sum(padding) - len(taps)) // down + 1`.
    The zeros are never made: each of the `up` phases of the result is a short sum of
    shifted pixels, on a CPU twenty to a hundred times faster than a convolution channel
    by channel.

    Args:
        image: any range.
        taps: the filter along either axis. To correlate instead, turn it round.
        up: `up - 1` zeros follow each pixel.
        down: of the filtered pixels, those with a multiple of it are kept.
        padding: zeros before and after either axis; negative numbers cut off.

    Raises:
        ValueError: when nothing would be left.
    """
    taps = taps[::-1]
    wide = image.astype(jnp.promote_types(image.dtype, jnp.float32))
    for axis in (2, 1):
        wide = _filter(wide, axis, taps, up, down, padding)
    return wide.astype(image.dtype)


def upsample(image: _Map) -> Float[Array, "b u v c"]:
    """Twice the size: the way of RGB from one resolution to the next.

    Along an axis, `out[2i] = x[i-1]/4 + 3 x[i]/4`, `out[2i+1] = 3 x[i]/4 + x[i+1]/4`.
    """
    return upfirdn2d(image, taps=_BRIGHT_BLUR, up=2, padding=(2, 1))


def downsample(image: _Map) -> Float[Array, "b u v c"]:
    """Half the size, odd sides rounded down: precedes the discriminator's 1x1 skips."""
    return upfirdn2d(image, taps=BLUR, down=2, padding=(1, 1))


def up_convolution(
    image: _Map, weight: Float[Array, "3 3 i o"]
) -> Float[Array, "b u v o"]:
    """Twice the size: transposed convolution with stride 2, then the blur.

    Computed as one 3x3 convolution to four times the channels, one group of them for
    each pixel of a 2x2 block.

    Args:
        image: any range.
        weight: turned round against other convolutions, as the reference stores it:
            `weight[p, q]` takes pixel (y, x) to (2y + p, 2x + q), before the blur.
    """
    folded = _fold("aip,bjq,pqcd->ijcabd", _UP, _UP, weight)
    folded = folded.reshape(3, 3, weight.shape[2], -1)
    return depth_to_space(_convolve(image, folded))


def down_convolution(
    image: _Map, weight: Float[Array, "3 3 i o"]
) -> Float[Array, "b u v o"]:
    """Half the size, odd sides rounded down: the blur, then a convolution, stride 2.

    Computed as one 3x3 convolution of 2x2 blocks.

    Args:
        image: any range.
        weight: not turned round.
    """
    height, width = image.shape[1:3]
    even = ((0, 0), (0, height % 2), (0, width % 2), (0, 0))
    folded = _fold("iap,jbq,pqcd->ijabcd", _DOWN, _DOWN, weight)
    folded = folded.reshape(3, 3, -1, weight.shape[3])
    out = _convolve(space_to_depth(jnp.pad(image, even)), folded)
    return out[:, : height // 2, : width // 2]


def depth_to_space(image: _Map) -> Float[Array, "b u v o"]:
    """Four groups of channels to blocks of 2x2 pixels; group 2a + b to (2y+a, 2x+b).

    One axis after the other: on a TPU less than half as long as both at once.
    """
    b, h, w, c = image.shape
    rows = image.reshape(b, h, w, 2, c // 2).swapaxes(2, 3)
    return rows.reshape(b, 2 * h, 2 * w, c // 4)


def space_to_depth(image: _Map) -> Float[Array, "b u v o"]:
    """Blocks of 2x2 pixels to four groups of channels: undoes `depth_to_space`."""
    b, h, w, c = image.shape
    rows = image.reshape(b, h // 2, 2, w // 2, 2 * c).swapaxes(2, 3)
    return rows.reshape(b, h // 2, w // 2, 4 * c)


def _filter(x, axis, taps, up, down, padding):
    """One axis of `upfirdn2d`, correlated with `taps`.

    Result `up * q + a` is a sum of pixels `down * q + place`, with the places and taps
    of its phase a. In streams of every `down`-th pixel these are slices without a
    stride, whose transposes are quick too.
    """
    n = x.shape[axis]
    size = (n * up + sum(padding) - len(taps)) // down + 1
    if size < 1:
        raise ValueError(
            f"upfirdn2d: {len(taps)} taps find no room on a side of {n} pixels, padded "
            f"by {padding}; pad more."
        )
    phases = [_phase(a, taps, up, down, padding[0]) for a in range(up)]
    places = [place for place, _ in chain(*phases)] or [0]
    many, first = -(-size // up), min(places) // down
    streams = _streams(x, axis, first, max(places) // down + many - first, down)

    def pixels(place):
        begin, stream = divmod(place - first * down, down)
        return lax.slice_in_dim(streams[stream], begin, begin + many, axis=axis)

    nothing = jnp.zeros((*x.shape[:axis], many, *x.shape[axis + 1 :]), x.dtype)
    sums = [sum((t * pixels(p) for p, t in phase), nothing) for phase in phases]
    return lax.slice_in_dim(_interleave(sums, axis), 0, size, axis=axis)


def _phase(a, taps, up, down, before):
    """Place and tap of the pixels among the zeros that result a is made of."""
    places = (divmod(a * down + k - before, up) for k in range(len(taps)))
    return [(p, tap) for (p, rest), tap in zip(places, taps, strict=True) if not rest]


def _streams(x, axis, first, count, down):
    """Every `down`-th pixel from `first * down` on and its neighbours; zero outside."""
    padding, before = [(0, 0, 0)] * x.ndim, -first * down
    padding[axis] = (before, count * down - before - x.shape[axis], 0)
    padded = lax.pad(x, jnp.zeros((), x.dtype), padding)
    blocks = padded.reshape(*x.shape[:axis], count, down, *x.shape[axis + 1 :])
    return jnp.unstack(blocks, axis=axis + 1)


def _interleave(streams, axis):
    before, after = streams[0].shape[:axis], streams[0].shape[axis + 1 :]
    return jnp.stack(streams, axis + 1).reshape(*before, -1, *after)


def _blur_at(index):
    """Taps of the blur by number, zero for numbers that it does not have."""
    return np.where((index >= 0) & (index < 4), np.take(BLUR, index, mode="clip"), 0.0)


# What tap p of a weight gives to tap i of the folded one, for row or column a of a
# block: [a, i, p] and [i, a, p].
_UP = 2 * _blur_at(2 * np.c_[:3] + np.r_[:3] - 1 - np.r_[:2][:, None, None])
_DOWN = _blur_at(2 * np.r_[:3][:, None, None] + np.c_[:2] - np.r_[:3])


def _fold(equation, rows, columns, weight):
    """Folds the blur into a weight, in float32 at least."""
    wide = weight.astype(jnp.promote_types(weight.dtype, jnp.float32))
    rows, columns = (jnp.asarray(table, wide.dtype) for table in (rows, columns))
    return jnp.einsum(equation, rows, columns, wide, precision="highest")


def _convolve(image, weight):
    return lax.conv_general_dilated(
        image,
        weight.astype(image.dtype),
        window_strides=(1, 1),
        padding="SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
