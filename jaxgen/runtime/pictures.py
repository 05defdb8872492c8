"""Panels of pictures as one labelled sheet, and files that say what they are."""

import io
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
import numpy as np
from etils import epath
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from jaxgen.ops import image as pixels
from jaxgen.runtime.experiment import write_bytes

_MARGIN = 4
_PAPER = (255, 255, 255)
_INK = (32, 32, 32)


def grid(panels: Mapping[str, np.ndarray]) -> np.ndarray:
    """One row per panel, one column per sample, names at the left.

    Args:
        panels: name -> uint8 [n, h, w, 3], all of one shape.

    Returns:
        uint8 [H, W, 3].

    Raises:
        ValueError: when panels differ in shape.
    """
    shapes = {images.shape for images in panels.values()}
    if len(shapes) != 1:
        raise ValueError(f"pictures: panels should have one shape, got {shapes}.")
    n, h, w, _ = shapes.pop()
    font = ImageFont.load_default(size=max(11, h // 16))
    label = int(max(font.getlength(name) for name in panels)) + 2 * _MARGIN
    size = (label + n * (w + _MARGIN), len(panels) * (h + _MARGIN) + _MARGIN)
    sheet = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(sheet)
    for row, (name, images) in enumerate(panels.items()):
        top = _MARGIN + row * (h + _MARGIN)
        draw.text((_MARGIN, top + h // 2), name, _INK, font, anchor="lm")
        for column, image in enumerate(images):
            place = (label + column * (w + _MARGIN), top)
            sheet.paste(Image.fromarray(np.asarray(image)), place)
    return np.asarray(sheet)


def captioned(image: np.ndarray, text: str) -> np.ndarray:
    """The picture with text below it, in as many lines as it takes."""
    h, w, _ = image.shape
    size = max(11, min(h, w) // 24)
    font = ImageFont.load_default(size=size)
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > w - 2 * _MARGIN:
            lines.append(word)
        else:
            lines[-1] = longer
    row = size + _MARGIN
    sheet = Image.new("RGB", (w, h + row * len(lines) + _MARGIN), _PAPER)
    sheet.paste(Image.fromarray(image))
    draw = ImageDraw.Draw(sheet)
    for number, line in enumerate(lines):
        middle = h + row * number + row // 2 + _MARGIN // 2
        draw.text((_MARGIN, middle), line, _INK, font, anchor="lm")
    return np.asarray(sheet)


def named_bytes(draw: Callable, **options: Any) -> Callable:
    """Compiles a function of named pictures; gives uint8 on the host, in its order.

    Args:
        draw: anything -> name -> picture in [-1, 1].
        **options: for `jax.jit`.
    """
    names: list[str] = []

    @partial(jax.jit, **options)
    def compiled(*arguments):
        drawn = draw(*arguments)
        names[:] = drawn  # jit gives dicts back sorted; the order is for people.
        return [pixels.to_bytes(image) for image in drawn.values()]

    def call(*arguments) -> dict[str, np.ndarray]:
        images = jax.device_get(compiled(*arguments))
        return dict(zip(names, images, strict=True))

    return call


def save_png(path: epath.Path, image: np.ndarray, notes: Mapping[str, str]) -> None:
    """Writes a PNG whole or not at all, with `notes` in its metadata.

    Args:
        path: of the file.
        image: uint8 [h, w, 3].
        notes: keyword -> text, such as that the picture is synthetic.
    """
    info = PngInfo()
    for keyword, text in notes.items():
        info.add_text(keyword, text)
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", pnginfo=info)
    write_bytes(path, buffer.getvalue())


def notes(version: str, config_hash: str, step: int) -> dict[str, str]:
    """The metadata of every picture that a network drew."""
    return {
        "Software": f"jaxgen {version}",
        "Comment": "synthetic: holds pictures drawn by a neural network",
        "Config": config_hash,
        "Step": str(step),
    }
