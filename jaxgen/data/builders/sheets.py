"""Contact sheets: pictures with their skeletons drawn over, for a person to look at."""

import io
import math
import pathlib
from collections.abc import Sequence

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from jaxgen.core.skeleton import SCHEMAS
from jaxgen.data.features import rgb

_PICTURES = 48
_HEIGHT = 256
_GROUND = (32, 32, 32)
# Height and width of PIL's own font; 60 letters fit below a picture 128 wide.
_LETTER, _CAPTION_LINES = (11, 6), 3
_COLOURS = {"right": (230, 60, 60), "left": (70, 120, 255), "": (60, 200, 90)}


def draw_skeleton(image: PIL.Image.Image, points: np.ndarray) -> PIL.Image.Image:
    """The picture, enlarged to 256 rows where it is smaller, with its joints.

    Args:
        image: RGB.
        points: [18, 2] in pixels of `image`, NaN where missing.

    Returns:
        A copy; the person's right side is drawn red, the left blue, the rest green.
    """
    scale = max(1.0, _HEIGHT / image.height)
    size = (round(image.width * scale), round(image.height * scale))
    image = image.resize(size, PIL.Image.Resampling.BICUBIC)
    points = (points + 0.5) * scale - 0.5
    pen = PIL.ImageDraw.Draw(image)
    skeleton = SCHEMAS["community18"]
    for start, end in skeleton.limbs:
        if not np.isnan(points[[start, end]]).any():
            line = [tuple(points[start]), tuple(points[end])]
            pen.line(line, _colour(skeleton.names[end]), width=2)
    for name, (x, y) in zip(skeleton.names, points, strict=True):
        if not np.isnan(x):
            pen.ellipse((x - 2, y - 2, x + 2, y + 2), _colour(name), (255, 255, 255))
    return image


def _colour(name: str) -> tuple[int, int, int]:
    side = name.partition("_")[0]
    return _COLOURS[side if side in _COLOURS else ""]


def write_sheet(
    path: pathlib.Path, files: Sequence[pathlib.Path], poses: Sequence[np.ndarray]
) -> None:
    """Draws up to 48 pictures, evenly taken from all, with their names into one PNG.

    Args:
        path: of the PNG; its folder is made.
        files: the pictures, at least one, all of one size.
        poses: [18, 2] each.
    """
    count = min(_PICTURES, len(files))
    chosen = np.linspace(0, len(files) - 1, count).round().astype(int)
    tiles = []
    for i in chosen:
        image = rgb(PIL.Image.open(io.BytesIO(files[i].read_bytes())))
        tiles.append(_captioned(draw_skeleton(image, poses[i]), files[i].stem))
    path.parent.mkdir(parents=True, exist_ok=True)
    _grid(tiles).save(path)


def _captioned(tile: PIL.Image.Image, text: str) -> PIL.Image.Image:
    """The tile with the picture's name below, in as many lines as it takes."""
    row = max(1, tile.width // _LETTER[1])
    lines = [text[start : start + row] for start in range(0, len(text), row)]
    size = (tile.width, tile.height + _CAPTION_LINES * _LETTER[0])
    captioned = PIL.Image.new("RGB", size, _GROUND)
    captioned.paste(tile)
    pen = PIL.ImageDraw.Draw(captioned)
    font = PIL.ImageFont.load_default_imagefont()
    for number, line in enumerate(lines[:_CAPTION_LINES]):
        pen.text((0, tile.height + number * _LETTER[0]), line, font=font)
    return captioned


def _grid(tiles: Sequence[PIL.Image.Image]) -> PIL.Image.Image:
    width, height = tiles[0].size
    columns = min(len(tiles), math.ceil(math.sqrt(len(tiles) * height / width)))
    rows = math.ceil(len(tiles) / columns)
    sheet = PIL.Image.new("RGB", (columns * width, rows * height), _GROUND)
    for i, tile in enumerate(tiles):
        sheet.paste(tile, (i % columns * width, i // columns * height))
    return sheet
