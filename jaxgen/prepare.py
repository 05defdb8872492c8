"""Turns a raw dataset, or nothing at all, into records to train from.

python -m jaxgen.prepare synthetic --out people --people 200 --frames 8 --size 128x64
python -m jaxgen.prepare market1501 --source Market-1501-v15.09.15 --out market --check
python -m jaxgen.prepare deepfashion --source fashion --out deepfashion --check
"""

import argparse
import pathlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from jaxgen.cli.arguments import Parser, run
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
    with folders.fresh(out) as temporary:
        if flags.dataset == "synthetic":
            said = _prepare_synthetic(flags, temporary)
        else:
            said = _prepare_photographs(flags, temporary)
    print(_summary(said, out, flags))


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
        "keypoints as *annotation*{train,test}.csv or PICTURE_keypoints.json of "
        "OpenPose; pairs as *pairs*{train,test}.csv, or all pairs of one person."
    ),
    "deepfashion": (
        "SOURCE holds train/ and test/, or img/ with the official tree and the "
        "annotations telling the splits apart; keypoints as *annotation*{train,test}"
        ".csv or PICTURE_keypoints.json of OpenPose; pairs as *pairs*{train,test}.csv, "
        "or all pairs of one item."
    ),
}


def _add_synthetic_flags(parser: argparse.ArgumentParser) -> None:
    add, default = parser.add_argument, World()
    add("--out", required=True, help="new folder for the records")
    add("--people", type=int, default=default.people, help="to train with")
    add("--test-people", type=int, default=default.test_people, help="others, to test")
    add("--frames", type=int, default=default.frames, help="pictures of each outfit")
    add("--outfits", type=int, default=default.outfits, help="of each person")
    add("--size", type=_size, default="128x64", help="HEIGHTxWIDTH", metavar="HxW")
    add("--seed", type=int, default=default.seed, help="of everything")
    add(
        "--layout",
        choices=tuple(_LAYOUT_SIZES),
        help="draw that dataset's scenes and also write OUT/LAYOUT/ as users have that "
        "dataset: JPEG files, keypoint and pair CSV",
    )
    add("--framing", choices=FRAMINGS, default=default.framing, help="what is in view")
    add(
        "--workers",
        type=int,
        default=argparse.SUPPRESS,
        help="processes, 0 for this one alone (default: as many as processors, 0 for "
        "few pictures)",
    )


def _add_photograph_flags(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--source", required=True, help="folder of the raw dataset")
    add("--out", required=True, help="new folder for the records")
    add("--check", action="store_true", help="also draw skeletons into OUT/check/*.png")
    add("--shift", type=float, default=0.0, help="pixels added to the x of keypoints")


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    if found is None or "0" in found.groups():
        raise argparse.ArgumentTypeError(
            f"should be HEIGHTxWIDTH as 128x64, got {text!r}"
        )
    return int(found[1]), int(found[2])


def _prepare_synthetic(
    flags: argparse.Namespace, folder: pathlib.Path
) -> Mapping[str, Any]:
    layout = flags.layout
    if layout and flags.size != _LAYOUT_SIZES[layout]:
        height, width = _LAYOUT_SIZES[layout]
        raise ValueError(
            f"synthetic: pictures of {layout} are {height}x{width}; use --size "
            f"{height}x{width} with --layout {layout}, or leave --layout out."
        )
    world = World(
        people=flags.people,
        test_people=flags.test_people,
        frames=flags.frames,
        outfits=flags.outfits,
        size=flags.size,
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
    splits = {
        name: photographs.read(
            layout, pathlib.Path(flags.source), name, shift=flags.shift
        )
        for name in photographs.SPLITS
    }
    paths = [path for split in splits.values() for path in split.paths.values()]
    size = plausible.require_pictures(layout.name, paths, layout.sizes)
    for name, split in splits.items():
        plausible.require_inside(f"{layout.name}: {name}", split.poses, size)
        if flags.check:
            sheets.write_sheet(
                folder / "check" / f"{name}.png",
                list(split.paths.values()),
                list(split.poses.values()),
            )
    everybody = {n: p for split in splits.values() for n, p in split.poses.items()}
    plausible.require_sides(layout.name, everybody)
    options = {"shift": flags.shift}
    return photographs.build(builder, layout, folder, splits, size, options=options)


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
        lines.append(f"  {split}: {count} pictures, {said['pairs'][split]} pairs{tail}")
    if vars(flags).get("check"):
        lines.append(f"  skeletons to look at: {out / 'check'}")
    if layout := vars(flags).get("layout"):
        lines.append(f"  as users have {layout}: {out / layout}")
    return "\n".join(lines)


if __name__ == "__main__":
    run(main, "prepare")
