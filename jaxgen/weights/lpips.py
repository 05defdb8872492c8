"""Arrays of published LPIPS networks, by name.

The lpips package ships only the weights of channels, its heads, and takes the backbone
from torchvision. So there are two files to bring, whose names do not collide: `parts`
is for the arrays of both together. A whole LPIPS that somebody saved is a `package`.
"""

from collections.abc import Callable, Mapping
from functools import partial

from jaxgen.weights import alexnet, vgg
from jaxgen.weights.rules import Entry, Format, Layout, Options, Table, layer

NETWORKS = {
    f"lpips_{backbone}_v{version}": backbone
    for backbone in ("alex", "vgg")
    for version in ("0.0", "0.1")
}
"""Network -> its backbone. Versions name their arrays alike."""
PLACES = {"alex": alexnet.PLACES, "vgg": vgg.places("vgg16")}
"""Backbone -> convolution -> its place in torchvision's list of layers."""
SLICES = {"alex": (2, 5, 8, 10), "vgg": (4, 9, 16, 23)}
"""Backbone -> the places before which the package cuts that list into slices."""
HEADS = 5

CHANNELS = Layout(lambda x: x.reshape(-1), lambda x: x.reshape(1, -1, 1, 1))
"""A 1x1 convolution to one channel, without bias, there; a vector here."""


def _parts(backbone: str, options: Options) -> Table:
    del options  # Nothing about it varies.
    entries = _backbone(backbone, lambda place: f"features.{place}")
    unused = {r"classifier\..*": "layers after the features"}
    return Table([*entries, *_heads()], unused)


def _package(prefix: str, backbone: str, options: Options) -> Table:
    del options  # Nothing about it varies.
    entries = _backbone(backbone, partial(_sliced, prefix, backbone))
    unused = {
        r"lins\..*": "the same heads once more",
        r"scaling_layer\.(shift|scale)": "constants that the network has in its code",
    }
    return Table([*entries, *_heads()], unused)


def _sliced(prefix: str, backbone: str, place: int) -> str:
    number = 1 + sum(place >= cut for cut in SLICES[backbone])
    return f"{prefix}slice{number}.{place}"


def _backbone(backbone: str, name: Callable[[int], str]) -> list[Entry]:
    entries: list[Entry] = []
    for ours, place in PLACES[backbone].items():
        entries += layer(name(place), f"params/network/{ours}")
    return entries


def _heads() -> list[Entry]:
    return [
        Entry(f"lin{i}.model.1.weight", f"params/head{i}", CHANNELS)
        for i in range(HEADS)
    ]


def _format(about: str, table: Callable[[str, Options], Table]) -> Format:
    return Format(
        about=about,
        model={},
        tables={name: partial(table, kind) for name, kind in NETWORKS.items()},
        sizes={name: lambda shapes, options: {} for name in NETWORKS},
    )


FORMATS: Mapping[str, Format] = {
    "parts": _format(
        "torchvision's backbone together with the heads of the lpips package", _parts
    ),
    "package": _format("a whole LPIPS of the lpips package", partial(_package, "net.")),
    "slices": _format(
        "backbone and heads of the lpips package, each saved by itself",
        partial(_package, ""),
    ),
}
