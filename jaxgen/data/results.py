"""Folders of anybody's pictures: found, looked at, and read as they are.

Five pictures of one size in a row are a strip as PATN and its followers save them:
source, its pose, target, its pose, answer.
"""

import functools
import hashlib
import io
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import PIL.Image

from jaxgen.data.files import picture_files

Size = tuple[int, int]

PANELS = 5
"""Pictures in a strip."""
ROLES = {"target": 2, "answer": 4}
"""What a folder is asked for -> which picture of a strip that is."""

_UNREADABLE = (OSError, SyntaxError, ValueError, PIL.Image.DecompressionBombError)
"""What Pillow raises for files that it cannot read."""
_MODES = ("RGB", "L", "P", "RGBA", "LA")


@dataclass(frozen=True)
class Picture:
    """A picture in a file.

    Attributes:
        path: of the file.
        name: relative to its folder, with `/`.
        size: height and width of the picture, not of a strip that it is in.
        format: "PNG" or "JPEG".
        quality: of a JPEG, 1 to 100 as libjpeg counts; None if it has other tables.
        panel: which one of a strip; None for a picture by itself.
    """

    path: pathlib.Path
    name: str
    size: Size
    format: str
    quality: int | None
    panel: int | None

    @property
    def saved(self) -> str:
        """How it was saved, in words."""
        words = self.format
        if self.format == "JPEG":
            quality = "another kind" if self.quality is None else str(self.quality)
            words = f"JPEG of quality {quality}"
        return words if self.panel is None else f"{words}, strips of {PANELS}"

    def read(self) -> np.ndarray:
        """Bytes [h, w, 3].

        Raises:
            ValueError: when it does not read as a picture.
        """
        try:
            with PIL.Image.open(self.path) as image:
                pixels = np.asarray(image.convert("RGB"))
        except _UNREADABLE as error:
            raise ValueError(
                f"results: {self.path} does not read as a picture ({error})."
            ) from None
        width = self.size[1]
        start = width * (self.panel or 0)
        return pixels[:, start : start + width]


def open_folder(folder: str, role: str) -> tuple[Picture, ...]:
    """Every picture in a folder and below, sorted by name.

    Args:
        folder: of JPEG and PNG files.
        role: a name in `ROLES`.

    Raises:
        FileNotFoundError: when there is no such folder, or no picture in it.
        ValueError: for a file that is no picture, is named in bytes that are no text,
            or has a part that is not opaque.
    """
    root = pathlib.Path(folder)
    if not root.is_dir():
        raise FileNotFoundError(f"results: there is no folder {folder}.")
    files = picture_files(root)
    if not files:
        raise FileNotFoundError(f"results: {folder} holds no JPEG or PNG picture.")
    return tuple(_look(path, root, ROLES[role]) for path in files)


def _look(path: pathlib.Path, root: pathlib.Path, panel: int) -> Picture:
    _require_text(path)
    try:
        with PIL.Image.open(path) as image:
            problem = _problem(image)
            (width, height), format = image.size, image.format or ""
            tables = getattr(image, "quantization", None)
    except _UNREADABLE as error:
        raise ValueError(
            f"results: {path} does not read as a picture ({error})."
        ) from None
    if problem:
        raise ValueError(f"results: {path} {problem}")
    strip = is_strip((height, width))
    return Picture(
        path=path,
        name=path.relative_to(root).as_posix(),
        size=(height, width // PANELS if strip else width),
        format=format,
        quality=jpeg_quality(tables) if tables else None,
        panel=panel if strip else None,
    )


def is_strip(size: Size) -> bool:
    """Whether a picture of a height and a width is five in a row.

    People stand upright: no picture of one is twice as wide as it is high.
    """
    height, width = size
    return width >= 2 * height and width % PANELS == 0


def _require_text(path: pathlib.Path) -> None:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise ValueError(
            f"results: the name {ascii(path.name)} is not UTF-8; rename the file."
        ) from None


def _problem(image: PIL.Image.Image) -> str:
    """Why a picture is not read as it is; empty if it is."""
    if image.mode not in _MODES:
        return f"has pixels of kind {image.mode}; RGB of 8 bits is read."
    if image.mode in ("RGBA", "LA") or "transparency" in image.info:
        alpha = image.convert("RGBA").getchannel("A")
        if alpha.getextrema() != (255, 255):
            return (
                "is transparent in places, and what shows there is for you to say: "
                "save it without an alpha channel."
            )
    return ""


def jpeg_quality(tables: Mapping[int, Sequence[int]]) -> int | None:
    """The quality that libjpeg makes such tables for; None if it makes none."""
    found = tuple(tuple(tables[number]) for number in sorted(tables))
    fits = (q for q, known in _tables().items() if known[: len(found)] == found)
    return next(fits, None)


@functools.cache
def _tables() -> dict[int, tuple[tuple[int, ...], ...]]:
    """Quality -> quantisation tables, as the library itself writes them."""
    known = {}
    for quality in range(1, 101):
        file = io.BytesIO()
        PIL.Image.new("RGB", (8, 8)).save(file, "JPEG", quality=quality)
        with PIL.Image.open(file) as image:
            tables = getattr(image, "quantization", {})
        known[quality] = tuple(tuple(tables[number]) for number in sorted(tables))
    return known


def digest(pictures: Iterable[Picture]) -> str:
    """A hash of names, order and contents, sixteen hex digits."""
    total = hashlib.sha256()
    for picture in pictures:
        content = hashlib.sha256(picture.path.read_bytes()).hexdigest()
        total.update(f"{picture.name}\0{picture.panel}\0{content}\n".encode())
    return total.hexdigest()[:16]
