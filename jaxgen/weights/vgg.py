"""Arrays of published VGG-16 and VGG-19, by name."""

from functools import partial

from jaxgen.weights.rules import Entry, Format, Options, Table, layer

CONVOLUTIONS = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
"""Network -> how many convolutions each block has."""


def places(network: str) -> dict[str, int]:
    """Name of a convolution -> its place in torchvision's list of layers.

    That list has each convolution, the ReLU after it, and a pool after each block.
    """
    found, place = {}, 0
    for block, count in enumerate(CONVOLUTIONS[network], 1):
        for i in range(1, count + 1):
            found[f"conv{block}_{i}"] = place
            place += 2
        place += 1
    return found


def _torchvision(network: str, options: Options) -> Table:
    del options  # Nothing about it varies.
    entries: list[Entry] = []
    for name, place in places(network).items():
        entries += layer(f"features.{place}", f"params/{name}")
    return Table(entries, {r"classifier\..*": "layers after the features"})


FORMATS = {
    "torchvision": Format(
        about="torchvision's vgg16 and vgg19, whole or their `features` alone",
        model={},
        tables={name: partial(_torchvision, name) for name in CONVOLUTIONS},
        sizes={name: lambda shapes, options: {} for name in CONVOLUTIONS},
    )
}
