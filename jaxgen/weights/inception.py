"""Arrays of published Inception v3 networks, by name."""

from functools import partial

from jaxgen.weights.rules import CONV, DENSE, SAME, Entry, Format, Options, Table

STEM = ("1a_3x3", "2a_3x3", "2b_3x3", "3b_1x1", "4a_3x3")
BRANCHES = {
    "5b 5c 5d": "1x1 5x5_1 5x5_2 3x3dbl_1 3x3dbl_2 3x3dbl_3 _pool",
    "6a": "3x3 3x3dbl_1 3x3dbl_2 3x3dbl_3",
    "6b 6c 6d 6e": "1x1 7x7_1 7x7_2 7x7_3 7x7dbl_1 7x7dbl_2 7x7dbl_3 7x7dbl_4 7x7dbl_5 "
    "_pool",
    "7a": "3x3_1 3x3_2 7x7x3_1 7x7x3_2 7x7x3_3 7x7x3_4",
    "7b 7c": "1x1 3x3_1 3x3_2a 3x3_2b 3x3dbl_1 3x3dbl_2 3x3dbl_3a 3x3dbl_3b _pool",
}
"""Blocks -> the convolutions in each of them."""


def _torchvision(options: Options, **unused: str) -> Table:
    del options  # Nothing about it varies.
    entries: list[Entry] = []
    for name in STEM:
        entries += _unit(f"Conv2d_{name}", f"conv_{name.partition('_')[0]}")
    for blocks, branches in BRANCHES.items():
        for block in blocks.split():
            for branch in branches.split():
                entries += _unit(
                    f"Mixed_{block}.branch{branch}", f"mixed_{block}/branch{branch}"
                )
    entries += [
        Entry("fc.weight", "params/classes/kernel", DENSE),
        Entry("fc.bias", "params/class_bias", SAME),
    ]
    return Table(entries, {r".*\.num_batches_tracked": "a counter", **unused})


def _unit(source: str, target: str) -> list[Entry]:
    """A convolution without bias and its batch norm."""
    norm = {
        "weight": f"params/{target}/norm/scale",
        "bias": f"params/{target}/norm/bias",
        "running_mean": f"batch_stats/{target}/norm/mean",
        "running_var": f"batch_stats/{target}/norm/var",
    }
    return [
        Entry(f"{source}.conv.weight", f"params/{target}/conv/kernel", CONV),
        *(Entry(f"{source}.bn.{name}", path, SAME) for name, path in norm.items()),
    ]


_AUXILIARY = {r"AuxLogits\..*": "a second classifier, which only training needs"}

FORMATS = {
    "torchvision": Format(
        about="torchvision's inception_v3; pytorch-fid's, which names arrays alike",
        model={},
        tables={
            "inception_tf": _torchvision,
            "inception_torchvision": partial(_torchvision, **_AUXILIARY),
        },
        sizes={
            "inception_tf": lambda shapes, options: {},
            "inception_torchvision": lambda shapes, options: {},
        },
    )
}
