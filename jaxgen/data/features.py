"""The kinds of things a record holds: read at the wanted size, and mirrored.

Points and boxes are in pixels, whole numbers are pixel centres; resizing moves them as
it moves the picture: x becomes (x + .5) s - .5. Mirroring exchanges left and right of
the person as well as of the picture.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import PIL.Image

from jaxgen.core.skeleton import PARSINGS, SWAPS, translate

Size = tuple[int, int]
_SMPL_SWAPS = np.array(
    [0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15]
    + [17, 16, 19, 18, 21, 20, 23, 22]
)


@runtime_checkable
class Feature(Protocol):
    """One kind of feature."""

    @property
    def dtype(self) -> np.dtype:
        """Of the arrays it gives."""
        ...

    @property
    def spatial(self) -> bool:
        """Whether its first two axes are the picture's height and width."""
        ...

    def shape(self, size: Size) -> tuple[int, ...]:
        """Shape of one value at picture size (height, width)."""
        ...

    def read(self, record: Mapping[str, Any], was: Size, size: Size) -> np.ndarray:
        """The value in `record`, whose picture `was` so large, at `size`."""
        ...

    def mirror(self, value: np.ndarray, size: Size) -> np.ndarray:
        """The value of the mirrored picture."""
        ...


def require_same_aspect(who: str, was: Size, size: Size) -> None:
    """Raises when a picture would have to be stretched.

    Raises:
        ValueError: when scaling to the height misses the width by a pixel or more.
    """
    if abs(was[1] * size[0] / was[0] - size[1]) >= 1:
        raise ValueError(
            f"pipeline: the picture size of {who} is {was[0]}x{was[1]} (height x "
            f"width), {size[0]}x{size[1]} is wanted, and the aspect ratios differ."
        )


def decode(value: Any) -> PIL.Image.Image:
    """An encoded image, or an array [h, w] or [h, w, c], as a PIL image.

    Raises:
        ValueError: when the bytes are no readable image.
    """
    if isinstance(value, np.ndarray):
        return PIL.Image.fromarray(value.squeeze())
    try:
        image = PIL.Image.open(io.BytesIO(value))
        image.load()
    except (OSError, SyntaxError) as error:
        raise ValueError(f"it does not decode ({error})") from None
    return image


def rgb(image: PIL.Image.Image) -> PIL.Image.Image:
    """An image of any kind as 8-bit RGB; greys of 16 bits are scaled, not clipped."""
    if image.mode.startswith("I"):
        grey = np.clip(np.asarray(image, np.float32) / 257, 0, 255)
        image = PIL.Image.fromarray(np.rint(grey).astype(np.uint8))
    return image.convert("RGB")


def scale_points(points: np.ndarray, was: Size, size: Size) -> np.ndarray:
    """Points [..., 2] (x, y) of a picture that is resized from `was` to `size`."""
    scale = np.array([size[1] / was[1], size[0] / was[0]], np.float32)
    return (points + np.float32(0.5)) * scale - np.float32(0.5)


@dataclass(frozen=True)
class Image:
    """A picture: uint8 [h, w, 3]; area resize downwards, bilinear upwards."""

    field: str = "image"
    dtype: np.dtype = np.dtype(np.uint8)
    spatial: bool = True

    def shape(self, size: Size) -> tuple[int, ...]:
        """Height, width, 3."""
        return (*size, 3)

    def size(self, record: Mapping[str, Any]) -> Size:
        """(height, width) of the picture in `record`, from its header alone."""
        try:
            with PIL.Image.open(io.BytesIO(record[self.field])) as image:
                return image.height, image.width
        except OSError:
            raise ValueError("it is no picture that can be read") from None

    def read(self, record: Mapping[str, Any], was: Size, size: Size) -> np.ndarray:
        """Decodes and resizes."""
        image = rgb(decode(record[self.field]))
        if (image.height, image.width) != size:
            smaller = size[0] < image.height
            method = PIL.Image.Resampling
            kind = method.BOX if smaller else method.BILINEAR
            image = image.resize((size[1], size[0]), kind)
        return np.asarray(image)

    def mirror(self, value: np.ndarray, size: Size) -> np.ndarray:
        """Columns in reverse."""
        return value[:, ::-1]


@dataclass(frozen=True)
class Labels:
    """A label map: uint8 [h, w]; resized by taking the nearest pixel."""

    field: str = "parsing"
    schema: str = "spt"
    dtype: np.dtype = np.dtype(np.uint8)
    spatial: bool = True

    def shape(self, size: Size) -> tuple[int, ...]:
        """Height, width."""
        return size

    def read(self, record: Mapping[str, Any], was: Size, size: Size) -> np.ndarray:
        """Decodes and resizes."""
        image = decode(record[self.field])
        if (image.height, image.width) != size:
            image = image.resize((size[1], size[0]), PIL.Image.Resampling.NEAREST)
        return np.asarray(image)

    def mirror(self, value: np.ndarray, size: Size) -> np.ndarray:
        """Columns in reverse; left and right classes exchanged."""
        swaps = np.array(PARSINGS[self.schema].swaps, np.uint8)
        return swaps[value[:, ::-1]]


@dataclass(frozen=True)
class Mask:
    """Where a label map shows anything but label 0: bool [h, w]."""

    labels: Labels = Labels()
    dtype: np.dtype = np.dtype(np.bool_)
    spatial: bool = True

    def shape(self, size: Size) -> tuple[int, ...]:
        """Height, width."""
        return size

    def read(self, record: Mapping[str, Any], was: Size, size: Size) -> np.ndarray:
        """Decodes and resizes."""
        return self.labels.read(record, was, size) > 0

    def mirror(self, value: np.ndarray, size: Size) -> np.ndarray:
        """Columns in reverse."""
        return value[:, ::-1]


@dataclass(frozen=True)
class Keypoints:
    """The 18 joints: float32 [18, 2], NaN where missing or outside the picture.

    Attributes:
        field: of the record.
        unseen: joints that count as missing where the record's `visible` is false.
        schema: of the record's points.
    """

    field: str = "keypoints"
    schema: str = "community18"
    unseen: tuple[int, ...] = ()
    dtype: np.dtype = np.dtype(np.float32)
    spatial: bool = False

    def shape(self, size: Size) -> tuple[int, ...]:
        """18 points."""
        return (18, 2)

    def read(self, record: Mapping[str, Any], was: Size, size: Size) -> np.ndarray:
        """Drops what does not count, then scales."""
        points = np.array(record[self.field], np.float32)
        if self.schema != "community18":
            points = translate(points, self.schema)
        edge = np.array(was[::-1], np.float32) - 0.5
        missing = ~np.all((points >= -0.5) & (points < edge), axis=1)
        if self.unseen:
            unseen = np.array(self.unseen)
            missing[unseen] |= ~record["visible"][unseen]
        points[missing] = np.nan
        return scale_points(points, was, size)

    def mirror(self, value: np.ndarray, size: Size) -> np.ndarray:
        """x' = width - 1 - x, then left and right joints exchanged."""
        return np.stack([size[1] - 1 - value[:, 0], value[:, 1]], 1)[SWAPS]


@dataclass(frozen=True)
class Visible:
    """Which of the 18 joints are seen: bool [18]."""

    field: str = "visible"
    dtype: np.dtype = np.dtype(np.bool_)
    spatial: bool = False

    def shape(self, size: Size) -> tuple[int, ...]:
        """18 flags."""
        return (18,)

    def read(self, record: Mapping[str, Any], was: Size, size: Size) -> np.ndarray:
        """The record's own."""
        return np.asarray(record[self.field], np.bool_)

    def mirror(self, value: np.ndarray, size: Size) -> np.ndarray:
        """Left and right joints exchanged."""
        return value[SWAPS]


@dataclass(frozen=True)
class Box:
    """A box (x0, y0, x1, y1) around points: float32 [4]."""

    field: str = "face_box"
    dtype: np.dtype = np.dtype(np.float32)
    spatial: bool = False

    def shape(self, size: Size) -> tuple[int, ...]:
        """Two corners."""
        return (4,)

    def read(self, record: Mapping[str, Any], was: Size, size: Size) -> np.ndarray:
        """Scales both corners."""
        corners = np.asarray(record[self.field], np.float32).reshape(2, 2)
        return scale_points(corners, was, size).reshape(4)

    def mirror(self, value: np.ndarray, size: Size) -> np.ndarray:
        """The right edge becomes the left one."""
        x0, y0, x1, y1 = value
        last = size[1] - 1
        return np.array([last - x1, y0, last - x0, y1], np.float32)


@dataclass(frozen=True)
class Vector:
    """Numbers that resizing leaves alone.

    Attributes:
        field: of the record.
        length: its shape.
        signs: factors that mirroring multiplies by, or empty.
    """

    field: str
    length: tuple[int, ...]
    signs: tuple[int, ...] = ()
    dtype: np.dtype = np.dtype(np.float32)
    spatial: bool = False

    def shape(self, size: Size) -> tuple[int, ...]:
        """Its length."""
        return self.length

    def read(self, record: Mapping[str, Any], was: Size, size: Size) -> np.ndarray:
        """The record's own."""
        return np.asarray(record[self.field], self.dtype)

    def mirror(self, value: np.ndarray, size: Size) -> np.ndarray:
        """Some numbers change sign."""
        return value * np.array(self.signs, self.dtype) if self.signs else value


@dataclass(frozen=True)
class SmplPose:
    """Axis angles of SMPL's 24 joints, root first: float32 [72]."""

    field: str = "smpl_pose"
    dtype: np.dtype = np.dtype(np.float32)
    spatial: bool = False

    def shape(self, size: Size) -> tuple[int, ...]:
        """24 axis angles in a row."""
        return (72,)

    def read(self, record: Mapping[str, Any], was: Size, size: Size) -> np.ndarray:
        """The record's own."""
        return np.asarray(record[self.field], np.float32)

    def mirror(self, value: np.ndarray, size: Size) -> np.ndarray:
        """Rotations about y and z turn round; left and right joints exchange."""
        signs = np.array([1, -1, -1], np.float32)
        return (value.reshape(24, 3)[_SMPL_SWAPS] * signs).reshape(72)
