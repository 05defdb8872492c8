"""Draws pictures with a trained workdir.

python -m jaxgen.sample --workdir runs/pg2 --out pictures
python -m jaxgen.sample --workdir runs/pg2 --out pictures --task transfer \
    --source-image me.png --target-keypoints pose.json
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from etils import epath
from PIL import Image, ImageOps, UnidentifiedImageError

import jaxgen
from jaxgen.cli.arguments import Parser, positive, run
from jaxgen.core import checks, skeleton
from jaxgen.data import pipeline
from jaxgen.data.features import rgb
from jaxgen.infer import Model, load
from jaxgen.runtime import experiment, pictures
from jaxgen.systems.base import REQUIRED, Input
from jaxgen.train import prepared_data


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = _parser()
    early, _ = _early_parser().parse_known_args(arguments)
    if early.task and early.workdir and early.checkpoint:
        model = load(early.workdir, early.checkpoint)
        checks.require_known("sample", "task", early.task, model.tasks)
        inputs = model.tasks[early.task].inputs
        _add_inputs(parser, inputs)
        written = draw_task(model, parser.parse_args(arguments), inputs)
    else:
        flags = parser.parse_args(arguments)
        written = draw_samples(load(flags.workdir, flags.checkpoint), flags)
    shown = ", ".join(map(str, written[:3])) + (", ..." if len(written) > 3 else "")
    count = checks.counted(len(written), "picture")
    print(f"sample: wrote {count}: {shown}")


def _early_parser() -> argparse.ArgumentParser:
    """What must be known before all flags are: a task brings its own."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    # A flag without its value is for the parser of all flags to refuse.
    parser.add_argument("--workdir", nargs="?")
    parser.add_argument("--task", nargs="?")
    parser.add_argument("--checkpoint", nargs="?", default="latest")
    return parser


def _parser() -> Parser:
    about = (
        "Draws pictures: a sheet of test samples, or one use of the system (--task)."
    )
    parser = Parser("sample", about)
    add = parser.add_argument
    add("--workdir", required=True, help="folder that train wrote")
    add("--out", required=True, help="folder for pictures")
    add("--checkpoint", default="latest", help="latest, best or a step")
    add("--task", help="a use of the system; its inputs are further flags, shown by "
        "--help together with --workdir and --task")  # fmt: skip
    add("--data", default="", help="folder of prepared data, for sheets; by default "
        "the config's")  # fmt: skip
    add("--split", default="test", help="of the dataset, for sheets")
    add("--samples", type=positive, default=8, help="how many, for sheets")
    add("--singles", action="store_true", help="one file per answer instead of a sheet")
    add("--caption", action="store_true", help="writes under each picture what it is")
    return parser


def _add_inputs(parser: Parser, inputs: Mapping[str, Input]) -> None:
    for name, entry in inputs.items():
        required = entry.default is REQUIRED
        default = None if required else entry.default
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, required=required, default=default, help=entry.about)
    if any(entry.kind == "keypoints" for entry in inputs.values()):
        parser.add_argument(
            "--keypoints-size",
            help="HEIGHTxWIDTH of the picture that keypoints were measured in; by "
            "default that of the given image",
        )


def draw_samples(model: Model, flags: argparse.Namespace) -> list[epath.Path]:
    """A sheet of samples, or one file for each answer.

    Returns:
        The files written.
    """
    opened = model.experiment
    data = prepared_data(opened.config, opened.system, flags.data)
    spec = opened.system.batch_spec(min(flags.samples, opened.config.batch_size))
    files: list[epath.Path] = []
    rows: dict[str, list[np.ndarray]] = {}
    found = pipeline.once(data, spec, split=flags.split, samples=flags.samples)
    for batch, names in found:
        panels = {k: v[: len(names)] for k, v in model.panels(**batch).items()}
        for name, images in panels.items():
            rows.setdefault(name, []).extend(images)
        if flags.singles:
            answers = model.predict(**batch)["image"]
            for name, image in zip(names, answers, strict=False):
                files.append(_save(model, flags, f"{name}.png", image))
    if flags.singles:
        return files
    sheet = pictures.grid({name: np.stack(images) for name, images in rows.items()})
    return [_save(model, flags, "samples.png", sheet)]


def draw_task(
    model: Model, flags: argparse.Namespace, inputs: Mapping[str, Input]
) -> list[epath.Path]:
    """Every picture that one use of the system gives.

    Returns:
        The files written.
    """
    values: dict[str, Any] = {}
    size = model.image_size
    for name, entry in inputs.items():
        if entry.kind not in ("image", "keypoints"):
            raise ValueError(f"sample: inputs of kind {entry.kind!r} have no flag yet.")
        if entry.kind == "image":
            values[name], size = read_image(getattr(flags, name), model.image_size)
    if getattr(flags, "keypoints_size", None):
        size = _size(flags.keypoints_size)
    for name, entry in inputs.items():
        if entry.kind == "keypoints":
            values[name] = read_keypoints(getattr(flags, name), size, model.image_size)
    drawn = model.run_task(flags.task, **values)
    sheet = pictures.grid({name: image[None] for name, image in drawn.items()})
    last = list(drawn)[-1]  # The answer; the panels before it lead there.
    files = {f"{flags.task}.png": sheet, f"{flags.task}_{last}.png": drawn[last]}
    return [_save(model, flags, name, image) for name, image in files.items()]


def read_image(path: str, size: tuple[int, int]) -> tuple[np.ndarray, tuple[int, int]]:
    """A user's photograph, brought to the size that the system takes.

    Args:
        path: of any file that Pillow reads.
        size: height and width wanted; the file must have the same proportions.

    Returns:
        uint8 [h, w, 3] and the height and width of the file.

    Raises:
        ValueError: when it is no image or has other proportions.
    """
    try:
        with Image.open(path) as file:
            picture = rgb(ImageOps.exif_transpose(file))
    except UnidentifiedImageError:
        raise ValueError(f"sample: {path} is not an image that can be read.") from None
    except OSError as error:
        if error.errno:
            raise  # Of the disk, not of the picture.
        raise ValueError(f"sample: {path} is damaged: {error}.") from None
    h, w = picture.height, picture.width
    require_proportions(path, (h, w), size)
    kind = Image.Resampling.BOX if h > size[0] else Image.Resampling.BILINEAR
    return np.asarray(picture.resize((size[1], size[0]), kind)), (h, w)


def require_proportions(what: str, got: tuple[int, int], size: tuple[int, int]) -> None:
    """Raises when a picture would have to be squeezed.

    Raises:
        ValueError: naming both sizes.
    """
    (h, w), (height, width) = got, size
    if abs(h * width - w * height) > 0.02 * h * width:
        raise ValueError(
            f"sample: {what} is {h}x{w} (height x width); this system takes "
            f"pictures of the proportions {height}x{width}: crop it first."
        )


def read_keypoints(
    path: str, measured: tuple[int, int], size: tuple[int, int]
) -> np.ndarray:
    """A user's keypoints in the frame of the system.

    Args:
        path: of a JSON file of any known schema.
        measured: height and width of the picture they were measured in.
        size: height and width of the system's pictures.

    Returns:
        float32 [18, 2]; joints outside the picture are missing, as in training.

    Raises:
        ValueError: when no joint is left, or that picture has other proportions.
    """
    require_proportions(f"the picture of {path}", measured, size)
    points = skeleton.read_keypoints(path, image_size=measured)
    limit = np.array(measured[::-1])
    points[((points < -0.5) | (points > limit - 0.5)).any(-1)] = np.nan
    if np.isnan(points).all():
        raise ValueError(
            f"sample: no joint of {path} lies in a picture of {measured[0]}x"
            f"{measured[1]}; say with --keypoints-size HEIGHTxWIDTH what they were "
            "measured in."
        )
    scale = np.array(size[::-1]) / np.array(measured[::-1])
    return ((points + 0.5) * scale - 0.5).astype(np.float32)


def _size(text: str) -> tuple[int, int]:
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(part.isdigit() and int(part) for part in parts):
        raise ValueError(f"sample: a size should be like 128x64, got {text!r}.")
    return int(parts[0]), int(parts[1])


def _save(model: Model, flags: Any, name: str, image: np.ndarray) -> epath.Path:
    opened = model.experiment
    digest = experiment.config_hash(opened.config)
    folder = epath.Path(flags.out)
    folder.mkdir(parents=True, exist_ok=True)
    notes = pictures.notes(jaxgen.__version__, digest, opened.step)
    if flags.caption:
        image = pictures.captioned(image, notes["Comment"])
    pictures.save_png(folder / name, image, notes)
    return folder / name


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]), "sample")
