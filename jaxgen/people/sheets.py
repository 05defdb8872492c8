"""Contact sheets: how the synthetic people look, for a person's eye to judge.

python -m jaxgen.people.sheets --out sheets
"""

import argparse
import itertools
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

import jaxgen
from jaxgen.core.skeleton import SCHEMAS
from jaxgen.people import framing, picture, poses, render, wardrobe
from jaxgen.people.actors import Actor, Posed, prepare, strike
from jaxgen.people.mesh import Label
from jaxgen.people.noise import Stream, generator

_PALETTE = np.zeros((len(Label), 3), np.uint8)
_PALETTE[Label.FACE] = 250, 200, 160
_PALETTE[Label.HAIR] = 110, 60, 30
_PALETTE[Label.UPPER] = 220, 60, 60
_PALETTE[Label.TROUSERS] = 60, 90, 200
_PALETTE[Label.SKIRT] = 200, 80, 200
_PALETTE[Label.LEFT_ARM] = 80, 200, 120
_PALETTE[Label.RIGHT_ARM] = 40, 140, 80
_PALETTE[Label.LEFT_LEG] = 240, 200, 60
_PALETTE[Label.RIGHT_LEG] = 200, 140, 30


def people_256() -> np.ndarray:
    """24 people at 256x256, all crops."""
    return _grid([_first(1, person, (256, 256)) for person in range(24)], 6)


def people_128x64() -> np.ndarray:
    """24 people at 128x64, whole bodies, each before one of the six cameras."""
    size, pictures = (128, 64), []
    for person in range(24):
        shots = render.records(
            2, person, frames=6, size=size, layout="market1501", framing="full"
        )
        pictures.append([*shots][person % render.CAMERAS]["image"])
    return _grid(pictures, 12)


def one_person_12_poses() -> np.ndarray:
    """Every kind of pose of one person."""
    actor = _actor(1, next(_wearing(1, "trousers")))
    views = itertools.cycle(("front", "oblique", "front", "front"))
    setting = picture.draw_setting(generator(1, Stream.SCENE, 2))
    pictures = []
    for number, (kind, view) in enumerate(zip(poses.KINDS, views, strict=False)):
        rng = generator(5, Stream.FRAME, number)
        pose = poses.sample(rng, kind=kind, view=view)
        pictures.append(_shoot(strike(actor, pose, 5.0), setting, rng))
    return _grid(pictures, 6)


def clips() -> np.ndarray:
    """Three motions in ten pictures each."""
    rows = []
    for person, kind in ((6, "walk"), (8, "turn"), (13, "raise")):
        motion = render.clip(1, person, kind=kind, frames=10, size=(192, 128))
        rows += [record["image"] for record in motion]
    return _grid(rows, 10)


def parsing_keypoints() -> np.ndarray:
    """Pictures, their parsing, and their keypoints and face box drawn over."""
    shots = [_record(3, person, (256, 256)) for person in range(6)]
    rows = [shot["image"] for shot in shots]
    rows += [_PALETTE[shot["parsing"]] for shot in shots]
    return _grid(rows + [_overlay(shot) for shot in shots], 6)


def back_views_and_skirts() -> np.ndarray:
    """Six people from behind, and six skirts."""
    backs = [_view(4, person, "back") for person in range(5)]
    backs.append(_view(4, 5, "oblique back"))
    views = ("front", "oblique", "side")
    skirts = itertools.islice(_wearing(4, "skirt", "dress"), 6)
    fronts = [_view(4, person, views[i % 3]) for i, person in enumerate(skirts)]
    return _grid(backs + fronts, 6)


def body_heads_128() -> np.ndarray:
    """The same bodies from near."""
    return _grid([_head(1, person) for person in range(24)], 12)


SHEETS = {
    sheet.__name__: sheet
    for sheet in (
        people_256,
        people_128x64,
        one_person_12_poses,
        clips,
        parsing_keypoints,
        back_views_and_skirts,
        body_heads_128,
    )
}
"""The sheets by name; each gives uint8 [h, w, 3]."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes sheets as PNG files; 0 when done, 2 on bad input."""
    parser = argparse.ArgumentParser(
        prog="python -m jaxgen.people.sheets",
        description="Draws contact sheets of the synthetic people.",
    )
    parser.add_argument(
        "--version", action="version", version=f"jaxgen {jaxgen.__version__}"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the PNGs")
    parser.add_argument(
        "--only", nargs="+", choices=SHEETS, default=list(SHEETS), help="which sheets"
    )
    options = parser.parse_args(arguments)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        for name in options.only:
            path = options.out / f"{name}.png"
            Image.fromarray(SHEETS[name]()).save(path, optimize=True)
            print(path)
    except OSError as error:
        what = error.filename or options.out
        print(f"sheets: {what}: {error.strerror or error}.", file=sys.stderr)
        return 2
    return 0


def _actor(seed: int, person: int, outfit: int = 0) -> Actor:
    return prepare(
        wardrobe.draw_person(seed, person), wardrobe.draw_outfit(seed, person, outfit)
    )


def _record(seed: int, person: int, size: tuple[int, int]) -> dict:
    return next(render.records(seed, person, frames=1, size=size))


def _first(seed: int, person: int, size: tuple[int, int]) -> np.ndarray:
    return _record(seed, person, size)["image"]


def _shoot(
    posed: Posed, setting: picture.Setting, rng: np.random.Generator
) -> np.ndarray:
    size = (256, 256)
    camera = framing.fit_still(rng, posed.vertices, posed.joints, "full", size)
    return picture.draw(posed, camera, setting, rng, size)["image"]


def _view(seed: int, person: int, view: str) -> np.ndarray:
    """One person seen from one side, standing or walking."""
    actor = _actor(seed, person)
    rng = generator(seed, Stream.FRAME, person)
    kind = ("stand", "walk", "contrapposto")[person % 3]
    pose = poses.sample(rng, kind=kind, view=view, skirt=actor.outfit.skirted)
    setting = picture.draw_setting(generator(seed, Stream.SCENE, person))
    return _shoot(strike(actor, pose, setting.scene.pitch), setting, rng)


def _wearing(seed: int, *kinds: str) -> Iterator[int]:
    """Numbers of people whose first outfit is of one of these kinds."""
    for person in itertools.count(1):
        if wardrobe.draw_outfit(seed, person, 0).kind in kinds:
            yield person


def _head(seed: int, person: int) -> np.ndarray:
    """A head, 36 cm of it in the picture's height."""
    actor, size = _actor(seed, person), (128, 128)
    rng = generator(seed, Stream.FRAME, person)
    pose = poses.sample(rng, kind="stand", view="front")
    posed = strike(actor, pose, 4.0)
    head = posed.landmarks[actor.landmarks.groups["head"]]
    x, y = (head.min(0) + head.max(0))[:2] / 2
    camera = np.array([2 / 0.36, -x, -y - 0.03], np.float32)
    setting = picture.draw_setting(generator(seed, Stream.SCENE, person))
    return picture.draw(posed, camera, setting, rng, size, grain=0.004)["image"]


def _overlay(record: dict) -> np.ndarray:
    """Limbs, keypoints (yellow visible, red hidden) and the face's box."""
    height, width = record["image"].shape[:2]
    image = Image.fromarray(record["image"]).resize((2 * width, 2 * height))
    drawing = ImageDraw.Draw(image)
    points, visible = 2 * record["keypoints"] + 1, record["visible"]
    for a, b in SCHEMAS["community18"].limbs:
        colour = (0, 255, 120) if visible[a] and visible[b] else (255, 90, 60)
        drawing.line([*points[a], *points[b]], fill=colour, width=2)
    for (x, y), seen in zip(points, visible, strict=True):
        colour = (255, 255, 0) if seen else (255, 0, 0)
        drawing.ellipse([x - 4, y - 4, x + 4, y + 4], fill=colour)
    drawing.rectangle(list(2 * record["face_box"] + 1), outline=(0, 200, 255), width=2)
    return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS))


def _grid(pictures: list[np.ndarray], columns: int) -> np.ndarray:
    """Puts pictures of one size side by side, row by row."""
    rows = [pictures[i : i + columns] for i in range(0, len(pictures), columns)]
    return np.concatenate([np.concatenate(row, 1) for row in rows], 0)


if __name__ == "__main__":
    sys.exit(main())
