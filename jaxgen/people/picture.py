"""One picture and its labels: samples, colour, light, background.

The result is a record as `render` describes it, without the numbers that say which.
"""

import dataclasses

import numpy as np

from jaxgen.people import fabric, framing, labels, scenes, shade
from jaxgen.people.actors import Posed, with_stool
from jaxgen.people.raster import snap
from jaxgen.people.samples import Samples, average, take_samples, vote

_GRAIN = 0.008
_SMALL = 128


@dataclasses.dataclass(frozen=True)
class Setting:
    """Where a picture is taken.

    Attributes:
        scene: what stands behind.
        light: what falls on the person.
    """

    scene: scenes.Scene
    light: shade.Light


def draw_setting(rng: np.random.Generator) -> Setting:
    """Draws a scene and its light."""
    return Setting(scenes.draw_scene(rng), shade.draw_light(rng))


def draw(
    posed: Posed,
    camera: np.ndarray,
    setting: Setting,
    rng: np.random.Generator,
    size: tuple[int, int],
    *,
    grain: float = _GRAIN,
) -> dict:
    """Draws one picture with its labels; a record without the five numbers.

    Args:
        posed: who is seen.
        camera: (s, tx, ty), float32.
        setting: scene and light.
        rng: draws the grain.
        size: (height, width) in pixels.
        grain: standard deviation of the noise, in sRGB.
    """
    per_pixel = 3 if size[0] <= _SMALL else 2
    samples = _samples(posed, camera, size, per_pixel)
    image = _picture(posed, samples, camera, setting, size, per_pixel)
    image += np.float32(grain) * rng.standard_normal(image.shape, np.float32)
    parsing = vote(samples, per_pixel)
    actor = posed.actor
    marks = labels.keypoints(posed.landmarks, posed.joints, actor.landmarks)
    points = framing.project(marks, camera, size)
    head = posed.landmarks[actor.landmarks.groups["head"]]
    face_box = labels.box(framing.project(head, camera, size))
    return {
        "image": (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8),
        "keypoints": (points - 0.5).astype(np.float32),
        "visible": labels.visible(points, marks[:, 2], samples, per_pixel),
        "parsing": parsing,
        "mask": parsing > 0,
        "betas": np.asarray(actor.person.betas, np.float32),
        "smpl_pose": posed.smpl_pose,
        "camera": camera,
        "face_box": (face_box - 0.5).astype(np.float32),
    }


def _samples(
    posed: Posed, camera: np.ndarray, size: tuple[int, int], per_pixel: int
) -> Samples:
    vertices, attributes = posed.vertices, posed.actor.attributes
    if posed.pose.kind == "sit":
        vertices, attributes = with_stool(posed)
    grid = (size[0] * per_pixel, size[1] * per_pixel)
    points = snap(framing.project(vertices, camera, grid))
    scale = framing.pixels_per_metre(camera, grid[0])
    return take_samples(vertices, points, attributes, grid, scale)


def _picture(
    posed: Posed,
    samples: Samples,
    camera: np.ndarray,
    setting: Setting,
    size: tuple[int, int],
    per_pixel: int,
) -> np.ndarray:
    """The person before the scene, float32 [h, w, 3]."""
    actor = posed.actor
    albedo = fabric.albedo(
        samples.material, samples.canonical, samples.extra, actor.person, actor.outfit
    )
    blur = 0.6 * per_pixel * size[0] / 256 + 0.3
    colour = shade.shade(samples, albedo, setting.light, blur)
    covered = np.concatenate([colour, np.ones_like(colour[:, :1])], 1)
    layers = average(samples, covered, per_pixel)
    person, share = layers[..., :3], layers[..., 3:]
    return person + (1 - share) * _background(posed, camera, setting, size)


def _background(
    posed: Posed, camera: np.ndarray, setting: Setting, size: tuple[int, int]
) -> np.ndarray:
    """The scene with the person's shadow on its floor, float32 [h, w, 3]."""
    upright = posed.vertices[::2] @ posed.view  # Half of the vertices is dense enough.
    floor = (posed.vertices @ posed.view[:, 1]).min()
    feet = np.array([[0.0, floor, 0.0]]) @ posed.view.T
    wall_row = _wall_row(
        framing.project(feet, camera, size)[0, 1], camera, setting, size
    )
    image = scenes.paint(setting.scene, size, wall_row)
    height = upright[:, 1] - floor
    reach = min(1 / max(setting.light.direction[1], 0.3), 2.2)
    below = upright * [1.0, 0.0, 1.0] + [0.0, floor, 0.0]
    slant = setting.light.direction * [1.0, 0.0, 1.0] * reach
    cast = below - height[:, None] * slant
    points = [framing.project(p @ posed.view.T, camera, size) for p in (cast, below)]
    shadow = shade.floor_shadow(np.stack(points), height, size)
    on_floor = np.arange(size[0])[:, None] > wall_row - 1
    return image * np.where(on_floor, shadow, 1)[..., None]


def _wall_row(
    feet_row: float, camera: np.ndarray, setting: Setting, size: tuple[int, int]
) -> float:
    """Row where wall meets floor: above the feet by distance and by pitch."""
    height, scene = size[0], setting.scene
    tilt = 0.18 * camera[0] * np.sin(np.radians(scene.pitch))
    return float(np.clip(feet_row - height * (scene.distance + tilt), 4, 1.5 * height))
