"""Arrays of published weights of PG2, by name, and what they are here.

Written from the networks' descriptions: the released TensorFlow code, and two PyTorch
ports, `budui/Human-Pose-Transfer` (its networks today and those of its older
`models/PG2.py`) and `harshitbansal05/Pose-Guided-Image-Generation`. The ports pad
stride-2 layers as PyTorch does.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import log2
from typing import Any

import numpy as np

from jaxgen.weights.rules import (
    CONV,
    SAME,
    Entry,
    Format,
    Layout,
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
    blocks = _refine_blocks(model)
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
    entries, rebuilt = [], {}
    for i in range(layers):
        place = 3 * i - 1 if i else 0
        entries += layer(f"main.{place}", f"params/conv{i}", bias=None)
        if i:
            norm = f"main.{place + 1}"
            entries += _norm(norm, f"norm{i}", model)
            rebuilt |= _statistics(norm, model["discriminator_width"] * min(2**i, 8))
    known = {entry.source for entry in entries}
    head = flattened(*_last_map(model))
    reason = "the port's convolutions have no bias"
    return Table(
        [*entries, *layer("fc", "params/head", head)],
        constants={f"params/conv{i}/bias": (0.0, reason) for i in range(layers)},
        rebuilt={name: value for name, value in rebuilt.items() if name not in known},
    )


def _norm(source: str, target: str, model: Options) -> list[Entry]:
    there = {"weight": f"params/{target}/scale", "bias": f"params/{target}/bias"}
    if model["stored_statistics"]:
        there["running_mean"] = f"batch_stats/{target}/mean"
        there["running_var"] = f"batch_stats/{target}/var"
    return [Entry(f"{source}.{name}", path, SAME) for name, path in there.items()]


def _statistics(source: str, width: int) -> dict[str, tuple[np.ndarray, str]]:
    """What batch norm keeps there, as at the start of training."""
    unread = "the judge takes the statistics of the batch it sees"
    return {
        f"{source}.running_mean": (np.zeros(width, np.float32), unread),
        f"{source}.running_var": (np.ones(width, np.float32), unread),
        f"{source}.num_batches_tracked": (np.zeros((), np.int64), "a counter"),
    }


def _tf_coarse(model: Options) -> Table:
    blocks, scope = _blocks(model), "Pose_AE/G"
    encoder = ["stem", *_tf_blocks("block", "down", blocks)]
    decoder = [*_tf_blocks("block", "up", blocks), "out"]
    targets = [*(f"encoder/{n}" for n in encoder), *(f"decoder/{n}" for n in decoder)]
    return Table(
        [
            *_tf_convolutions(scope, targets),
            *_tf_layer(f"{scope}/fully_connected", "encoder/dense"),
            *_tf_layer(f"{scope}/fully_connected_1", "decoder/dense"),
        ],
        ignored=_tf_ignored("Pose_AE"),
    )


def _tf_refine(model: Options) -> Table:
    blocks = _refine_blocks(model)
    decoder = [f"decode{i}/conv_{k}" for i in range(blocks) for k in "ab"]
    targets = ["stem", *_tf_blocks("encode", "down", blocks), *decoder, "out"]
    return Table(_tf_convolutions("UAEnoFC/G", targets), ignored=_tf_ignored("UAEnoFC"))


def _tf_blocks(block: str, between: str, blocks: int) -> list[str]:
    """Two convolutions each and one between, in the order they were built in."""
    names = []
    for i in range(blocks):
        names += [f"{block}{i}/conv_a", f"{block}{i}/conv_b"]
        names += [f"{between}{i}"] if i < blocks - 1 else []
    return names


def _tf_convolutions(scope: str, targets: Sequence[str]) -> list[Entry]:
    """TensorFlow numbers convolutions as they are built: Conv, Conv_1, Conv_2, ..."""
    entries = []
    for k, target in enumerate(targets):
        entries += _tf_layer(f"{scope}/Conv_{k}" if k else f"{scope}/Conv", target)
    return entries


def _tf_layer(source: str, target: str) -> list[Entry]:
    return [
        Entry(f"{source}/weights", f"params/{target}/kernel", SAME),
        Entry(f"{source}/biases", f"params/{target}/bias", SAME),
    ]


def _tf_discriminator(model: Options) -> Table:
    layers, entries = _blocks(model) - 1, []
    flat = flattened(*_last_map(model))
    head = Layout(lambda x: flat.ours(x.T), lambda x: flat.theirs(x).T)
    for i in range(layers):
        there, here = f"Discriminator.{i + 1}", f"params/conv{i}"
        entries.append(Entry(f"{there}/{there}.Filters", f"{here}/kernel", SAME))
        entries.append(Entry(f"{there}/{there}.Biases", f"{here}/bias", SAME))
        if i:
            there, here = f"Discriminator.BN{i + 1}", f"params/norm{i}"
            entries.append(Entry(f"{there}.scale", f"{here}/scale", SAME))
            entries.append(Entry(f"{there}.offset", f"{here}/bias", SAME))
    there = "Discriminator.Output/Discriminator.Output"
    entries.append(Entry(f"{there}.W", "params/head/kernel", head))
    entries.append(Entry(f"{there}.b", "params/head/bias", SAME))
    moving = {r"Discriminator\.BN\d+\.moving_\w+": "never read there either"}
    return Table(entries, ignored={**moving, **_tf_ignored("Discriminator.")})


def _tf_ignored(own: str) -> dict[str, str]:
    """What else the one file of all networks holds."""
    scopes = ("Pose_AE", "UAEnoFC", "Discriminator.")
    others = "|".join(re.escape(scope) for scope in scopes if scope != own)
    return {
        r".*/Adam(_1)?|.*\.Adam(_1)?|beta\d_power(_\d+)?": "of its optimiser",
        "step|g_lr|d_lr": "of its training",
        f"({others}).*": "of another network",
    }


def _tf_coarse_sizes(shapes: Shapes, model: Options) -> Options:
    scope, power = "Pose_AE/G", _power(_tf_coarse, shapes, model)
    inputs, code = shapes[f"{scope}/fully_connected/weights"]
    width = shapes[f"{scope}/Conv/weights"][-1]
    return _of_coarse(model, power, width, inputs, code)


def _tf_refine_sizes(shapes: Shapes, model: Options) -> Options:
    scope, power = "UAEnoFC/G", _power(_tf_refine, shapes, model)
    last = 5 * max(power - 4, 1) - 2
    joined = shapes[f"{scope}/Conv_{last}/weights"][2]
    return _of_refine(model, power, shapes[f"{scope}/Conv/weights"][-1], joined)


def _tf_discriminator_sizes(shapes: Shapes, model: Options) -> Options:
    power = _power(_tf_discriminator, shapes, model)
    channels, width = shapes["Discriminator.1/Discriminator.1.Filters"][2:]
    return _of_discriminator(model, power, width, channels)


def _blocks(model: Options) -> int:
    return int(log2(model["image_size"][0])) - 2


def _refine_blocks(model: Options) -> int:
    return max(_blocks(model) - 2, 1)


def _last_map(model: Options) -> tuple[int, int]:
    """Size of the smallest map in G1 and in the discriminator."""
    height, width = model["image_size"]
    return 8, 8 * width // height


def _coarse_sizes(names: Names, shapes: Shapes, model: Options) -> Options:
    power = _power(partial(_coarse, names), shapes, model)
    code, inputs = shapes[f"{names.dense[0]}.weight"]
    return _of_coarse(model, power, shapes[f"{names.stem}.weight"][0], inputs, code)


def _refine_sizes(names: Names, shapes: Shapes, model: Options) -> Options:
    power = _power(partial(_refine, names), shapes, model)
    blocks = max(power - 4, 1)
    last = names.numbered(names.decode, blocks - 1, blocks)
    joined = shapes[f"{last}.0.weight"][1]
    return _of_refine(model, power, shapes[f"{names.stem}.weight"][0], joined)


def _discriminator_sizes(shapes: Shapes, model: Options) -> Options:
    power = _power(_discriminator, shapes, model)
    width, channels = shapes["main.0.weight"][:2]
    return _of_discriminator(model, power, width, channels)


def _power(table: Callable[[Options], Table], shapes: Shapes, model: Options) -> int:
    """The image height as a power of two: the largest whose layers are all there.

    Raises:
        KeyError: when no height fits.
    """
    for power in range(10, 3, -1):
        taller = {**model, "image_size": (2**power, 2**power)}
        if all(entry.source in shapes for entry in table(taller).entries):
            return power
    raise KeyError("layers are missing")


def _of_coarse(
    model: Options, power: int, width: int, inputs: int, code: int
) -> Options:
    blocks = power - 2
    columns, rest = divmod(inputs, 8 * width * blocks)
    if rest or not columns:
        raise ValueError("the code is of no map")
    size = (2**power, columns * 2 ** (blocks - 1))
    return _changed(model, width=width, code=code, image_size=size)


def _of_refine(model: Options, power: int, width: int, joined: int) -> Options:
    found: dict[str, Any] = {"top_skip": joined > width}
    size = _scaled(model, power)
    if _refine_blocks({"image_size": size}) != _refine_blocks(model):
        found["image_size"] = size
    if width != (model["refine_width"] or model["width"]):
        found["refine_width"] = width
    return _changed(model, **found)


def _of_discriminator(model: Options, power: int, width: int, channels: int) -> Options:
    return _changed(
        model,
        discriminator="dense",
        discriminator_width=width,
        judged="pair" if channels == 6 else "triplet",
        image_size=_scaled(model, power),
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
    "official": Format(
        about="charliememory/Pose-Guided-Person-Image-Generation, TensorFlow 1",
        model={"pad": "tf_same", "pose_maps": "disks"},
        tables={
            "coarse": _tf_coarse,
            "refine": _tf_refine,
            "discriminator": _tf_discriminator,
        },
        sizes={
            "coarse": _tf_coarse_sizes,
            "refine": _tf_refine_sizes,
            "discriminator": _tf_discriminator_sizes,
        },
    ),
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
        "harshitbansal05/Pose-Guided-Image-Generation, models.py; which pose maps it "
        "was trained on was not verified",
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
