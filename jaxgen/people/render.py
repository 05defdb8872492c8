"""People to records: pictures with everything that is known about them.

A record is a dict of

    image       uint8 [h, w, 3]   sRGB
    keypoints   float32 [18, 2]   (x, y) in pixels, see `labels.KEYPOINTS`
    visible     bool [18]         keypoints inside the picture and not hidden
    parsing     uint8 [h, w]      `mesh.Label`, 0 background to 9
    mask        bool [h, w]       parsing > 0
    betas       float32 [10]      body shape
    smpl_pose   float32 [72]      axis angles in radians, in the camera's frame
    camera      float32 [3]       (s, tx, ty), see `framing`
    face_box    float32 [4]       (x0, y0, x1, y1) of the head, in pixels
    person, outfit, clip, frame, scene    whole numbers; clip is -1 for stills

Pixels (x, y) have whole numbers at pixel centres. The body was placed by betas,
smpl_pose and camera as they stand in the record, so they reproduce its keypoints.
"""

import itertools
from collections.abc import Iterator

import numpy as np

from jaxgen.people import clips, framing, picture, poses, wardrobe
from jaxgen.people.actors import Actor, prepare, strike
from jaxgen.people.noise import Stream, generator

LAYOUTS = ("deepfashion", "market1501")
FRAMINGS = ("full", "mixed")
CAMERAS = 6
"""Cameras of the market1501 layout; frame i is seen by camera i % 6."""


def records(
    seed: int,
    person: int,
    *,
    frames: int,
    size: tuple[int, int],
    layout: str = "deepfashion",
    framing: str = "mixed",
    outfits: int = 1,
) -> Iterator[dict]:
    """Gives the photographs of one person, outfit after outfit.

    Args:
        seed: of the whole data set.
        person: number of the person.
        frames: photographs in each outfit.
        size: (height, width) in pixels.
        layout: "deepfashion" keeps scene, light and camera pitch for all frames of an
            outfit, and a record's `scene` is the outfit's number; "market1501" has six
            cameras with a scene and a light each, the same for all people, and `scene`
            is the camera's number.
        framing: "full" shows whole bodies; "mixed" cuts some off at knee or waist.
        outfits: how many.

    Returns:
        Records, as the module says, drawn one by one as they are asked for. Each
        depends on its own numbers alone, not on what was drawn before it.

    Raises:
        ValueError: `layout` or `framing` is not known, or the size is not positive.
    """
    _check(layout, LAYOUTS, "layout")
    _check(framing, FRAMINGS, "framing")
    _check_size(size)
    return itertools.chain.from_iterable(
        _photographs(seed, person, outfit, frames, size, layout, framing)
        for outfit in range(outfits)
    )


def clip(
    seed: int,
    person: int,
    *,
    kind: str,
    frames: int,
    size: tuple[int, int],
    outfit: int = 0,
) -> list[dict]:
    """Gives one period of a motion, seen by a camera that stands still.

    Args:
        seed: of the whole data set.
        person: number of the person.
        kind: a name in `clips.CLIPS`.
        frames: pictures in the period; after the last comes the first again.
        size: (height, width) in pixels.
        outfit: number of the outfit.

    Returns:
        Records, as the module says; `clip` is the place of `kind` in `clips.CLIPS`.

    Raises:
        ValueError: `kind` is not known, or the size is not positive.
    """
    _check(kind, clips.CLIPS, "kind")
    _check_size(size)
    number = clips.CLIPS.index(kind)
    worn = wardrobe.draw_outfit(seed, person, outfit)
    actor = prepare(wardrobe.draw_person(seed, person), worn)
    setting = picture.draw_setting(generator(seed, Stream.SCENE, person, outfit))
    yaw = generator(seed, Stream.CLIP, person, outfit, number).uniform(-60, 60)
    body = [
        strike(
            actor,
            clips.clip_pose(kind, frame / frames, yaw=yaw, skirt=worn.skirted),
            setting.scene.pitch,
        )
        for frame in range(frames)
    ]
    cameras = framing.fit_clip([posed.vertices for posed in body], size)
    ids = dict(person=person, outfit=outfit, clip=number, scene=outfit)
    drawn = []
    for frame, (posed, camera) in enumerate(zip(body, cameras, strict=True)):
        rng = generator(seed, Stream.CLIP, person, outfit, number, frame)
        drawn.append(
            {**picture.draw(posed, camera, setting, rng, size), **ids, "frame": frame}
        )
    return drawn


def _check(name: str, known: tuple[str, ...], what: str) -> None:
    if name not in known:
        raise ValueError(f"render: no {what} {name!r}; there are {', '.join(known)}.")


def _check_size(size: tuple[int, int]) -> None:
    if len(size) != 2 or min(size) < 1:
        raise ValueError(f"render: expected size (height, width) >= 1, got {size}.")


def _setting(
    seed: int, person: int, outfit: int, frame: int, layout: str
) -> tuple[int, picture.Setting]:
    """The scene's number and what is there."""
    if layout == "deepfashion":
        return outfit, picture.draw_setting(
            generator(seed, Stream.SCENE, person, outfit)
        )
    camera = frame % CAMERAS
    return camera, picture.draw_setting(generator(seed, Stream.CAMERA, camera))


def _photographs(
    seed: int,
    person: int,
    outfit: int,
    frames: int,
    size: tuple[int, int],
    layout: str,
    framed: str,
) -> Iterator[dict]:
    """The photographs of one outfit, which is put on once."""
    wearer = wardrobe.draw_person(seed, person)
    actor = prepare(wearer, wardrobe.draw_outfit(seed, person, outfit))
    for frame in range(frames):
        scene, setting = _setting(seed, person, outfit, frame, layout)
        rng = generator(seed, Stream.FRAME, person, outfit, frame)
        yield {
            **_photograph(actor, setting, rng, size, framed),
            **dict(person=person, outfit=outfit, clip=-1, frame=frame, scene=scene),
        }


def _photograph(
    actor: Actor,
    setting: picture.Setting,
    rng: np.random.Generator,
    size: tuple[int, int],
    framed: str,
) -> dict:
    shares = list(framing.CROPS.values())
    crop = str(rng.choice(list(framing.CROPS), p=shares))
    crop = "full" if framed == "full" else crop
    pose = poses.sample(rng, skirt=actor.outfit.skirted)
    if crop != "full" and pose.kind == "sit":
        pose = poses.sample(rng, kind="stand")
    posed = strike(actor, pose, setting.scene.pitch)
    camera = framing.fit_still(rng, posed.vertices, posed.joints, crop, size)
    return picture.draw(posed, camera, setting, rng, size)
