"""Backgrounds: a wall above a row, a floor below it, a little out of focus.

A scene is a few numbers; painting it again gives the same wall and floor, wherever the
camera's row between the two lies. Colours are sRGB, 0 to 1; lengths on the wall are
given in 1/256 of the picture's height, so a scene looks alike at every size.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter

from jaxgen.people import painters
from jaxgen.people.painters import Canvas


class Scene(NamedTuple):
    """What stands behind a person.

    Attributes:
        kind: a name in `KINDS`.
        seed: of the generator that paints it.
        pitch: degrees by which the camera looks down.
        distance: of the wall behind the feet, in picture heights on the floor.
    """

    kind: str
    seed: int
    pitch: float
    distance: float


def draw_scene(rng: np.random.Generator, kind: str | None = None) -> Scene:
    """Draws a scene; its kind too, by its share, unless one of `KINDS` is named."""
    if kind is None:
        shares = [share for share, _, _ in KINDS.values()]
        kind = str(rng.choice(list(KINDS), p=shares))
    if kind not in KINDS:
        raise KeyError(f"scenes: no kind {kind!r}; there are {', '.join(KINDS)}.")
    seed = int(rng.integers(2**32))
    return Scene(kind, seed, rng.uniform(2, 9), rng.uniform(0.02, 0.10))


def paint(scene: Scene, size: tuple[int, int], wall_row: float) -> np.ndarray:
    """Paints a scene.

    Args:
        scene: what to paint.
        size: (height, width) in pixels.
        wall_row: raster row where the wall meets the floor; may lie below the picture.

    Returns:
        float32 [h, w, 3], sRGB 0 to 1.
    """
    rng = np.random.Generator(np.random.PCG64(scene.seed))
    _, painter, softness = KINDS[scene.kind]
    brightness, blur = rng.uniform(0.85, 1.06), softness * rng.uniform(0.7, 1.5)
    canvas = Canvas(size, wall_row)
    image = painter(rng, canvas).astype(np.float32)
    sigma = blur * canvas.unit
    if sigma > 0.1:
        image = gaussian_filter(image, (sigma, sigma, 0), truncate=3.0)
    return np.clip(image * np.float32(brightness), 0, 1)


_Painter = Callable[[np.random.Generator, Canvas], np.ndarray]

KINDS: dict[str, tuple[float, _Painter, float]] = {
    "studio": (0.22, painters.studio, 0.0),
    "room": (0.24, painters.room, 0.5),
    "street": (0.14, painters.street, 1.3),
    "park": (0.12, painters.park, 1.6),
    "beach": (0.08, painters.beach, 1.3),
    "brick": (0.10, painters.brick, 0.4),
    "blur": (0.10, painters.blurred, 5.0),
}
"""Kinds of scene: (share, painter, blur in 1/256 of the picture's height)."""
