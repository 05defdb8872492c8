"""Turns a raw dataset, or nothing at all, into records to train from.

python -m jaxgen.prepare synthetic --out people --people 200 --frames 8 --size 128x64
python -m jaxgen.prepare market1501 --source Market-1501-v15.09.15 --out market --check
python -m jaxgen.prepare deepfashion --source fashion --out deepfashion --check
"""

import argparse
import contextlib
import math
import os
import pathlib
import re
import shutil
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jaxgen.cli.arguments import Parser, run
from jaxgen.core import checks, interrupts
from jaxgen.data import records
from jaxgen.data.builders import (
    deepfashion,
    folders,
    layouts,
    market1501,
    photographs,
    plausible,
    sheets,
    synthetic,
)
from jaxgen.data.builders.cache import default_workers
from jaxgen.data.builders.drawing import FRAMINGS, World
from jaxgen.data.source import open_source

_ABOUT = "Turns a raw dataset into records to train from; writes all of it or nothing."
_PHOTOGRAPHS = {
    "market1501": (market1501.Market1501, market1501.LAYOUT),
    "deepfashion": (deepfashion.DeepFashion, deepfashion.LAYOUT),
}
_LAYOUT_SIZES = {"market1501": (128, 64), "deepfashion": (256, 256)}


def main(arguments: Sequence[str] | None = None) -> None:
    """The command.

    Args:
        arguments: the command line without the program, by default the real one.
    """
    flags = _parser().parse_args(arguments)
    out = pathlib.Path(flags.out)
    with _terminable(out), folders.fresh(out, last=records.ABOUT) as temporary:
        if flags.dataset == "synthetic":
            said = _prepare_synthetic(flags, temporary)
        else:
            said = _prepare_photographs(flags, temporary)
    print(_summary(said, out, flags))


@contextlib.contextmanager
def _terminable(out: pathlib.Path) -> Iterator[None]:
    """Cleans up on SIGTERM and leaves with 143, whatever threads still run."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def terminate(number: int, frame: Any) -> None:
        raise interrupts.Terminated

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    except interrupts.Terminated:
        print(f"prepare: terminated; {out} was not written.", file=sys.stderr)
        sys.stderr.flush()
        os._exit(128 + signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


class _Subparser(Parser):
    """The flags of one dataset; its errors name the whole command."""

    def __init__(self, prog: str, description: str):
        super().__init__("prepare", description)
        self.prog = prog


def _parser() -> Parser:
    parser = Parser("prepare", _ABOUT)
    datasets = parser.add_subparsers(
        dest="dataset", required=True, metavar="DATASET", parser_class=_Subparser
    )
    about = "People drawn from nothing, with parsing, keypoints and body parameters."
    _add_synthetic_flags(
        datasets.add_parser("synthetic", help=about, description=about)
    )
    for name, (builder, _) in _PHOTOGRAPHS.items():
        about = f"{(builder.__doc__ or name).strip()} {_FOLDERS[name]}"
        _add_photograph_flags(datasets.add_parser(name, help=about, description=about))
    return parser


_FOLDERS = {
    "market1501": (
        "SOURCE holds train/ and test/, or bounding_box_train/ and bounding_box_test/; "
        "keypoints as *annotation*{train,test}.csv or one PICTURE_keypoints.json or "
        "PICTURE.json each; pairs as *pairs*{train,test}.csv, or all of one person."
    ),
    "deepfashion": (
        "SOURCE holds train/ and test/, or img/ with the official tree and the "
        "annotations telling the splits apart; keypoints as *annotation*{train,test}"
        ".csv or one PICTURE_keypoints.json or PICTURE.json each; pairs as "
        "*pairs*{train,test}.csv, or all pairs of one item."
    ),
}


def _add_synthetic_flags(parser: argparse.ArgumentParser) -> None:
    add, default = parser.add_argument, World()
    add("--out", help="new or empty folder for the records", **_REQUIRED)
    add("--people", type=int, default=default.people, help="to train with")
    add("--test-people", type=int, default=default.test_people, help="others, to test")
    add("--frames", type=int, default=default.frames, help="pictures of each outfit")
    add("--outfits", type=int, default=default.outfits, help="of each person")
    add(
        "--clips",
        type=_natural,
        default=default.clips,
        help="motions of each outfit, of so many frames each, up to 3: walking, "
        "turning round, raising the arms; for data.pairing=clip",
    )
    add(
        "--size",
        type=_size,
        default=argparse.SUPPRESS,
        help="HEIGHTxWIDTH (default: 128x64, or that of --layout)",
        metavar="HxW",
    )
    add("--seed", type=int, default=default.seed, help="of everything")
    add(
        "--layout",
        choices=tuple(_LAYOUT_SIZES),
        default=argparse.SUPPRESS,
        help="draw that dataset's scenes and also write OUT/LAYOUT/ as users have that "
        "dataset: JPEG files, keypoint and pair CSV",
    )
    add("--framing", choices=FRAMINGS, default=default.framing, help="what is in view")
    add(
        "--workers",
        type=_natural,
        default=argparse.SUPPRESS,
        help="processes, 0 for this one alone (default: as many as processors, 0 for "
        "few pictures)",
    )


def _add_photograph_flags(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--source", help="folder of the raw dataset", **_REQUIRED)
    add("--out", help="new or empty folder for the records", **_REQUIRED)
    add(
        "--check",
        action="store_true",
        help="also draw skeletons into OUT/check/*.png, or where the data is refused "
        "into OUT-check/*.png",
    )
    add("--shift", type=_finite, default=0.0, help="pixels added to the x of keypoints")


# A suppressed default keeps "(default: None)" out of the help.
_REQUIRED: Mapping[str, Any] = {"required": True, "default": argparse.SUPPRESS}


def _natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"should be a whole number from 0, got {text}")
    return int(text)


def _finite(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"should be a number of pixels, got {text}")
    return number


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    if found is None:
        raise argparse.ArgumentTypeError(
            f"should be HEIGHTxWIDTH as 128x64, got {text!r}"
        )
    return int(found[1]), int(found[2])


def _prepare_synthetic(
    flags: argparse.Namespace, folder: pathlib.Path
) -> Mapping[str, Any]:
    layout = vars(flags).get("layout", "")
    wanted = _LAYOUT_SIZES.get(layout, World.size)
    size = vars(flags).get("size", wanted)
    if layout and size != wanted:
        height, width = wanted
        raise ValueError(
            f"synthetic: pictures of {layout} are {height}x{width}; use --size "
            f"{height}x{width} with --layout {layout}, or leave --layout out."
        )
    if flags.frames < 2:
        raise ValueError(
            f"synthetic: frames should be at least 2, for pairs, got {flags.frames}."
        )
    world = World(
        people=flags.people,
        test_people=flags.test_people,
        frames=flags.frames,
        outfits=flags.outfits,
        clips=flags.clips,
        size=size,
        layout=layout or World.layout,
        framing=flags.framing,
        seed=flags.seed,
    )
    workers = vars(flags).get("workers", default_workers(world))
    said = synthetic.build(folder, world, workers=workers)
    if layout:
        data = {"source": "synthetic", "folder": str(folder)}
        for split in synthetic.SPLITS:
            source = open_source(data, split)
            layouts.write_layout(layout, folder / layout, split, source)
    return said


def _prepare_photographs(
    flags: argparse.Namespace, folder: pathlib.Path
) -> Mapping[str, Any]:
    builder, layout = _PHOTOGRAPHS[flags.dataset]
    source = pathlib.Path(flags.source)
    found = {
        name: photographs.read(layout, source, name, shift=flags.shift)
        for name in photographs.SPLITS
    }
    photographs.require_apart(layout.name, found)
    paths = [path for split in found.values() for path in split.paths.values()]
    size = plausible.require_pictures(layout.name, paths, layout.sizes)
    if flags.check:
        _draw_sheets(folder, found)
    try:
        untold = _require_plausible(layout.name, found, size)
    except ValueError as error:
        raise ValueError(f"{error}{_kept_sheets(flags, folder)}") from error
    splits = {
        name: photographs.paired(layout, source, name, split, size)
        for name, split in found.items()
    }
    options = {"shift": flags.shift}
    said = photographs.build(builder, layout, folder, splits, size, options=options)
    return {**said, "untold": untold}


def _draw_sheets(
    folder: pathlib.Path, splits: Mapping[str, photographs.Photographs]
) -> None:
    for name, split in splits.items():
        sheets.write_sheet(
            folder / "check" / f"{name}.png",
            list(split.paths.values()),
            list(split.poses.values()),
        )


def _kept_sheets(flags: argparse.Namespace, folder: pathlib.Path) -> str:
    """Saves the sheets of refused data from going with it; the sentence about them."""
    if not flags.check:
        return " --check draws them."
    out = pathlib.Path(flags.out).resolve()
    kept = out.with_name(f"{out.name}-check")
    shutil.copytree(folder / "check", kept, dirs_exist_ok=True)
    return f" The skeletons are drawn in {kept}."


def _require_plausible(
    who: str, splits: Mapping[str, photographs.Photographs], size: tuple[int, int]
) -> list[str]:
    """Refuses what cannot be; the splits with too few faces to tell left and right."""
    untold = []
    for name, split in splits.items():
        plausible.require_inside(f"{who}: {name}", split.poses, size)
        plausible.require_order(f"{who}: {name}", split.poses)
        if not plausible.require_sides(f"{who}: {name}", split.poses):
            untold.append(name)
    everybody = {n: p for split in splits.values() for n, p in split.poses.items()}
    told = plausible.require_sides(who, everybody)
    return [] if told and len(untold) == len(splits) else untold


def _summary(
    said: Mapping[str, Any], out: pathlib.Path, flags: argparse.Namespace
) -> str:
    lines = [f"prepare: wrote {said['source']} to {out}:"]
    for split, count in said["counts"].items():
        dropped = said.get("left_out", {}).get(split, {})
        left_out = [
            f"{number} {reason}" for reason, number in dropped.items() if number
        ]
        tail = f"; left out {', '.join(left_out)}" if left_out else ""
        pictures = checks.counted(count, "picture")
        pairs = checks.counted(said["pairs"][split], "pair")
        lines.append(f"  {split}: {pictures}, {pairs}{tail}")
    for split in said.get("untold", ()):
        lines.append(f"  left and right of {split} not checked: too few faces")
    if vars(flags).get("check"):
        lines.append(f"  skeletons to look at: {out / 'check'}")
    if layout := vars(flags).get("layout"):
        lines.append(f"  as users have {layout}: {out / layout}")
    return "\n".join(lines)


if __name__ == "__main__":
    run(main, "prepare")
