"""What scripts do to pictures before they measure: resize, pad, save, read again.

Pictures are NumPy arrays [b, h, w, 3]: bytes, or floats in the same range, 0 to 255.
Libraries resize differently, and so their numbers differ; each way is here by its name.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from jaxgen.core import checks

Step = tuple[str, Mapping[str, Any]]
Size = tuple[int, int]

# More than float32 loses from a byte to a float and back: see `ops.image.to_bytes`.
_LOST = 1e-4

FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
}


def resize_pillow(
    images: np.ndarray, *, size: Size, filter: str = "bicubic"
) -> np.ndarray:
    """Pillow's resize, whose filters widen when they shrink.

    Bytes stay bytes. Floats are resized channel by channel and clipped to 0..255
    (clean-fid); torch's bicubic with antialias=True does the same but for the clipping.

    Args:
        images: bytes or floats.
        size: height and width.
        filter: a name in `FILTERS`.
    """
    checks.require_known("metrics.prepare", "filter", filter, FILTERS)

    def resized(picture: Image.Image) -> np.ndarray:
        return np.asarray(picture.resize((size[1], size[0]), FILTERS[filter]))

    if images.dtype == np.uint8:
        return np.stack([resized(Image.fromarray(image)) for image in images])
    planes = [
        [resized(Image.fromarray(plane)) for plane in np.moveaxis(image, -1, 0)]
        for image in images.astype(np.float32)
    ]
    return np.moveaxis(np.array(planes), 1, -1).clip(0, 255)


def resize_pillow_floats(
    images: np.ndarray, *, size: Size, filter: str = "bicubic"
) -> np.ndarray:
    """`resize_pillow` that gives float32 for bytes too, unrounded: clean-fid's way."""
    return resize_pillow(images.astype(np.float32), size=size, filter=filter)


def resize_bilinear(images: np.ndarray, *, size: Size) -> np.ndarray:
    """Between pixel centres, without antialiasing, as float32.

    torch's `interpolate(mode="bilinear", align_corners=False)`, and OpenCV's
    INTER_LINEAR of floats. Shrinking skips pixels.

    Args:
        images: bytes or floats.
        size: height and width.
    """
    return _interpolated(images, size, _centred)


def resize_by_corners(images: np.ndarray, *, size: Size) -> np.ndarray:
    """Pixel i from i * old / new, without antialiasing, as float32.

    TensorFlow 1's `resize_bilinear`, which the Inception graph of 2015 applies to its
    input: up to half a pixel up and left of `resize_bilinear`.

    Args:
        images: bytes or floats.
        size: height and width.
    """
    return _interpolated(images, size, _cornered)


def resize_opencv(images: np.ndarray, *, size: Size) -> np.ndarray:
    """OpenCV's `resize` with INTER_LINEAR, its default.

    Floats as `resize_bilinear`. Bytes in OpenCV's fixed-point numbers, 11 bits for a
    weight, which lose up to half a level on the way; some of its kernels differ from
    this by a level at a few values in a hundred.

    Args:
        images: bytes or floats.
        size: height and width.
    """
    if images.shape[1:3] == tuple(size):
        return images
    if images.dtype != np.uint8:
        return resize_bilinear(images, size=size)
    (top, bottom, down), (left, right, along) = (
        _neighbours(_centred(old, new).astype(np.float32), old)
        for old, new in zip(images.shape[1:3], size, strict=True)
    )
    x = images.astype(np.int64)
    a, b = (w[:, None] for w in _fixed_point(along))
    rows = x[:, :, left] * a + x[:, :, right] * b
    a, b = (w[:, None, None] for w in _fixed_point(down))
    above, below = (rows[:, index] >> 4 for index in (top, bottom))
    total = (a * above >> 16) + (b * below >> 16)
    return (total + 2 >> 2).clip(0, 255).astype(np.uint8)


def _fixed_point(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """1 - weight and weight in 2048ths."""
    first, second = np.rint(np.stack([1 - weight, weight]) * 2048).astype(np.int64)
    return first, second


def _centred(old: int, new: int) -> np.ndarray:
    """Where new pixels lie among old ones, when both have centres."""
    return ((np.arange(new) + 0.5) * (old / new) - 0.5).clip(0, old - 1)


def _cornered(old: int, new: int) -> np.ndarray:
    """Where new pixels lie among old ones, when both start in the corner."""
    return np.arange(new) * (old / new)


def _neighbours(at: np.ndarray, old: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each place two old pixels and the weight of the second."""
    first = np.floor(at).astype(int)
    return first, np.minimum(first + 1, old - 1), at - first.astype(at.dtype)


def _interpolated(images: np.ndarray, size: Size, places: Callable) -> np.ndarray:
    x = images.astype(np.float32)
    for axis, new in zip((1, 2), size, strict=True):
        old = x.shape[axis]
        first, second, weight = _neighbours(places(old, new), old)
        weight = weight.astype(np.float32).reshape([-1] + [1] * (3 - axis))
        low, high = x.take(first, axis), x.take(second, axis)
        x = low + weight * (high - low)
    return x


def require_width(images: np.ndarray, *, width: int) -> np.ndarray:
    """The pictures, unless the number means nothing at their width.

    Raises:
        ValueError: when it is another.
    """
    if images.shape[2] != width:
        raise ValueError(
            f"metrics.prepare: this number is of pictures {width} wide, these are "
            f"{images.shape[2]}."
        )
    return images


def pad_white(images: np.ndarray, *, columns: int) -> np.ndarray:
    """White columns on both sides: 40 bring 176 back to 256, as DeepFashion came."""
    sides = [(0, 0), (0, 0), (columns, columns), (0, 0)]
    return np.pad(images, sides, constant_values=255)


def crop_columns(images: np.ndarray, *, columns: int) -> np.ndarray:
    """Without so many columns on both sides."""
    return images[:, :, columns : images.shape[2] - columns]


def jpeg(images: np.ndarray, *, quality: int) -> np.ndarray:
    """What is left after saving bytes as JPEG, colours at half size, and reading.

    Args:
        images: bytes.
        quality: 75 is the default of Pillow and imageio, 95 that of OpenCV.
    """
    return np.stack([_through_jpeg(image, quality) for image in images])


def _through_jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def to_bytes(images: np.ndarray) -> np.ndarray:
    """Floats from 0 to 255 as bytes, clipped, fractions cut off."""
    return images.clip(0, 255).astype(np.uint8)


def signed_and_back(images: np.ndarray) -> np.ndarray:
    """Bytes to [-1, 1] in float32 and back with fractions cut off, as torch code does.

    63 of the 256 levels come back one lower.

    Args:
        images: bytes.
    """
    half = np.float32(0.5)
    signed = (images.astype(np.float32) / np.float32(255) - half) / half
    return ((signed + 1) / np.float32(2) * np.float32(255)).astype(np.uint8)


def affine(
    images: np.ndarray, *, factor: Sequence[float], shift: Sequence[float]
) -> np.ndarray:
    """`factor` * images + `shift` per channel, float32: what a network wants."""
    scaled = images.astype(np.float64) * np.array(factor) + np.array(shift)
    return scaled.astype(np.float32)


def quantise(images: np.ndarray, *, rule: str) -> np.ndarray:
    """[-1, 1] as bytes, clipped.

    Args:
        images: floats.
        rule: "truncate" cuts fractions off as `ops.image.to_bytes`, "half_up" rounds to
            the nearest (NVIDIA).

    Raises:
        KeyError: for another rule.
    """
    checks.require_known("metrics.prepare", "rule", rule, ("truncate", "half_up"))
    levels = (images + 1.0) * 127.5 + (0.5 if rule == "half_up" else _LOST)
    return levels.clip(0, 255).astype(np.uint8)


STEPS: Mapping[str, Callable[..., np.ndarray]] = {
    step.__name__: step
    for step in (
        resize_pillow,
        resize_pillow_floats,
        resize_bilinear,
        resize_by_corners,
        resize_opencv,
        require_width,
        pad_white,
        crop_columns,
        jpeg,
        to_bytes,
        signed_and_back,
        affine,
    )
}


def apply(images: np.ndarray, steps: Sequence[Step]) -> np.ndarray:
    """Images after steps, in order.

    Args:
        images: bytes or floats, 0 to 255.
        steps: pairs of a name in `STEPS` and its options.

    Raises:
        KeyError: for a step that there is not.
    """
    for name, options in steps:
        checks.require_known("metrics.prepare", "step", name, STEPS)
        images = STEPS[name](images, **options)
    return images


def describe(steps: Sequence[Step]) -> str:
    """Steps in words, for definitions; those that only refuse say nothing."""
    changing = (step for step in steps if step[0] != require_width.__name__)
    return ", then ".join(_step_in_words(*step) for step in changing) or "none"


def _step_in_words(name: str, options: Mapping[str, Any]) -> str:
    words = [f"{key} {_value_in_words(value)}" for key, value in options.items()]
    return " ".join([name.replace("_", " "), *words])


def _value_in_words(value: Any) -> str:
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_value_in_words, value)) + ")"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
