"""Arrays of the PyTorch ports of PG2, by name, and what they are here.

Written from the networks' descriptions: `budui/Human-Pose-Transfer` (its networks today
and those of its older `models/PG2.py`) and `harshitbansal05/Pose-Guided-Image-
Generation`. Both pad stride-2 layers as PyTorch does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import log2
from typing import Any

from jaxgen.weights.rules import (
    CONV,
    SAME,
    Entry,
    Format,
    Options,
    Shapes,
    Table,
    flattened,
    layer,
    swapped_inputs,
    unflattened,
)


@dataclass(frozen=True)
class Names:
    """Names of a generator's layers in one port.

    `{i}` counts blocks from 0, `{e}` encoder blocks from 1; `{d}` and `{u}` go on
    counting in the decoder.

    Attributes:
        stem: first convolution.
        encode: prefix of an encoder block's two convolutions, `.0` and `.2`.
        down: convolution that halves.
        decode: prefix of a decoder block's two.
        out: last convolution.
        up: convolution beside the upsampling; G1 only.
        dense: layers to and from the code; G1 only.
        swapped: whether G2 takes the source picture first.
    """

    stem: str
    encode: str
    down: str
    decode: str
    out: str
    up: str = ""
    dense: tuple[str, str] = ("", "")
    swapped: bool = False

    def numbered(self, pattern: str, i: int, blocks: int) -> str:
        """The name of layer `i`."""
        return pattern.format(i=i, e=i + 1, d=blocks + 1 + i, u=blocks + i)


def _coarse(names: Names, model: Options) -> Table:
    blocks, square = _blocks(model), _last_map(model)
    code, back = names.dense
    entries = [
        *layer(names.stem, "params/encoder/stem"),
        *_encoder(names, blocks, "params/encoder/block", "params/encoder/down"),
        *layer(code, "params/encoder/dense", flattened(*square)),
        *layer(
            back,
            "params/decoder/dense",
            unflattened(*square),
            bias=unflattened(*square),
        ),
        *_decoder(names, blocks, "params/decoder/block"),
        *layer(names.out, "params/decoder/out"),
    ]
    for i in range(blocks - 1):
        up = names.numbered(names.up, i, blocks)
        entries += layer(up, f"params/decoder/up{i}")
    return Table(entries)


def _refine(names: Names, model: Options) -> Table:
    blocks = _blocks(model) - 2
    stem = swapped_inputs() if names.swapped else CONV
    return Table(
        [
            *layer(names.stem, "params/stem", stem),
            *_encoder(names, blocks, "params/encode", "params/down"),
            *_decoder(names, blocks, "params/decode"),
            *layer(names.out, "params/out"),
        ]
    )


def _encoder(names: Names, blocks: int, block: str, down: str) -> list[Entry]:
    entries = []
    for i in range(blocks):
        entries += _pair(names.numbered(names.encode, i, blocks), f"{block}{i}")
        if i < blocks - 1:
            entries += layer(names.numbered(names.down, i, blocks), f"{down}{i}")
    return entries


def _decoder(names: Names, blocks: int, block: str) -> list[Entry]:
    entries = []
    for i in range(blocks):
        entries += _pair(names.numbered(names.decode, i, blocks), f"{block}{i}")
    return entries


def _pair(source: str, target: str) -> list[Entry]:
    return [
        *layer(f"{source}.0", f"{target}/conv_a"),
        *layer(f"{source}.2", f"{target}/conv_b"),
    ]


def _discriminator(model: Options) -> Table:
    """A DCGAN with convolutions at 0, 2, 5, 8, ... of one list, without biases."""
    layers = _blocks(model) - 1
    entries, unused = [], {r".*\.num_batches_tracked": "a counter"}
    for i in range(layers):
        place = 3 * i - 1 if i else 0
        entries += layer(f"main.{place}", f"params/conv{i}", bias=None)
        if i:
            entries += _norm(f"main.{place + 1}", f"norm{i}", model)
    if not model["stored_statistics"]:
        unused[r".*\.running_(mean|var)"] = (
            "the judge takes the statistics of the batch it sees"
        )
    head = flattened(*_last_map(model))
    reason = "the port's convolutions have no bias"
    return Table(
        [*entries, *layer("fc", "params/head", head)],
        ignored=unused,
        constants={f"params/conv{i}/bias": (0.0, reason) for i in range(layers)},
    )


def _norm(source: str, target: str, model: Options) -> list[Entry]:
    there = {"weight": f"params/{target}/scale", "bias": f"params/{target}/bias"}
    if model["stored_statistics"]:
        there["running_mean"] = f"batch_stats/{target}/mean"
        there["running_var"] = f"batch_stats/{target}/var"
    return [Entry(f"{source}.{name}", path, SAME) for name, path in there.items()]


def _blocks(model: Options) -> int:
    return int(log2(model["image_size"][0])) - 2


def _last_map(model: Options) -> tuple[int, int]:
    """Size of the smallest map in G1 and in the discriminator."""
    height, width = model["image_size"]
    return 8, 8 * width // height


def _coarse_sizes(names: Names, shapes: Shapes, model: Options) -> Options:
    blocks = (len(shapes) - 4) // 12
    width = shapes[f"{names.stem}.weight"][0]
    code, inputs = shapes[f"{names.dense[0]}.weight"]
    columns = inputs // (8 * width * blocks)
    size = (2 ** (blocks + 2), columns * 2 ** (blocks - 1))
    return _changed(model, width=width, code=code, image_size=size)


def _refine_sizes(names: Names, shapes: Shapes, model: Options) -> Options:
    blocks = (len(shapes) // 2 - 1) // 5
    width = shapes[f"{names.stem}.weight"][0]
    last = names.numbered(names.decode, blocks - 1, blocks)
    found: dict[str, Any] = {"top_skip": shapes[f"{last}.0.weight"][1] > width}
    if width != (model["refine_width"] or model["width"]):
        found["refine_width"] = width
    return _changed(model, image_size=_scaled(model, blocks + 4), **found)


def _discriminator_sizes(shapes: Shapes, model: Options) -> Options:
    layers = sum(name.startswith("main.") and len(s) == 4 for name, s in shapes.items())
    width, channels = shapes["main.0.weight"][:2]
    shapes["fc.weight"]
    return _changed(
        model,
        discriminator="dense",
        discriminator_width=width,
        judged="pair" if channels == 6 else "triplet",
        image_size=_scaled(model, layers + 3),
    )


def _scaled(model: Options, power: int) -> tuple[int, int]:
    """The image size of height 2**power; the file does not tell the width."""
    height, width = model["image_size"]
    return 2**power, width * 2**power // height


def _changed(model: Options, **found: Any) -> Options:
    return {name: value for name, value in found.items() if model[name] != value}


def _format(about: str, coarse: Names, refine: Names, **model: Any) -> Format:
    return Format(
        about=about,
        model={"pad": "torch", **model},
        tables={"coarse": partial(_coarse, coarse), "refine": partial(_refine, refine)},
        sizes={
            "coarse": partial(_coarse_sizes, coarse),
            "refine": partial(_refine_sizes, refine),
        },
    )


def _with_discriminator(generators: Format) -> Format:
    return replace(
        generators,
        tables={**generators.tables, "discriminator": _discriminator},
        sizes={**generators.sizes, "discriminator": _discriminator_sizes},
    )


FORMATS: Mapping[str, Format] = {
    "budui": _with_discriminator(
        _format(
            "budui/Human-Pose-Transfer, implementations/PG2/model.py",
            Names(
                stem="start_conv.0",
                encode="encoder.{i}.res.main",
                down="encoder.{i}.conv.0",
                decode="decoder.{i}.res.main",
                up="decoder.{i}.conv.0",
                dense=("down_fc", "up_fc"),
                out="end_conv",
            ),
            Names(
                stem="start_conv.0",
                encode="encoder.{i}.main",
                down="encoder.{i}.conv.0",
                decode="decoder.{i}.main",
                out="end_conv",
                swapped=True,
            ),
            pose_maps="gaussians",
        )
    ),
    "budui_older": _format(
        "budui/Human-Pose-Transfer, its older models/PG2.py; that G2 takes the source "
        "picture first was not verified",
        Names(
            stem="first_block.0",
            encode="en_block_{i}.block_2conv",
            down="en_block_{i}.block_1conv.0",
            decode="de_block_{i}.block_2conv",
            up="de_block_{i}.block_1conv.0",
            dense=("fc1", "fc2"),
            out="last_conv",
        ),
        Names(
            stem="first_block.0",
            encode="en_block_{i}.block_2conv",
            down="en_block_{i}.block_1conv.0",
            decode="de_block_{i}.block_2conv",
            out="last_conv",
            swapped=True,
        ),
        pose_maps="gaussians",
    ),
    "harshitbansal05": _format(
        "harshitbansal05/Pose-Guided-Image-Generation, models.py",
        Names(
            stem="block_1.0",
            encode="block{e}",
            down="block_one{e}.0",
            decode="block{d}",
            up="block_one{u}.0",
            dense=("fc1", "fc2"),
            out="conv_last",
        ),
        Names(
            stem="block_1.0",
            encode="block{e}",
            down="block_one{e}.0",
            decode="block{d}",
            out="conv_last",
        ),
    ),
}
