"""Arrays of the published AlexNet, by name."""

from jaxgen.weights.rules import Entry, Format, Options, Table, layer

PLACES = {"conv1": 0, "conv2": 3, "conv3": 6, "conv4": 8, "conv5": 10}
"""Name of a convolution -> its place in torchvision's list of layers."""


def _torchvision(options: Options) -> Table:
    del options  # Nothing about it varies.
    entries: list[Entry] = []
    for name, place in PLACES.items():
        entries += layer(f"features.{place}", f"params/{name}")
    return Table(entries, {r"classifier\..*": "layers after the features"})


FORMATS = {
    "torchvision": Format(
        about="torchvision's alexnet, whole or its `features` alone",
        model={},
        tables={"alexnet": _torchvision},
        sizes={"alexnet": lambda shapes, options: {}},
    )
}
