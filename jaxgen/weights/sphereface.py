"""Arrays of the published SphereFace-20, by name."""

from jaxgen.weights.rules import SAME, Entry, Format, Options, Table, flattened, layer

CONVOLUTIONS = (3, 5, 9, 3)
"""How many convolutions each stage has."""
LAST_MAP = (7, 6)
"""(height, width) of what the dense layer takes."""


def _clcarwin(options: Options) -> Table:
    del options  # Nothing about it varies.
    entries: list[Entry] = []
    for stage, count in enumerate(CONVOLUTIONS, 1):
        for i in range(1, count + 1):
            unit = f"params/conv{stage}_{i}"
            entries += layer(f"conv{stage}_{i}", f"{unit}/conv")
            entries.append(Entry(f"relu{stage}_{i}.weight", f"{unit}/slope", SAME))
    entries += layer("fc5", "params/dense5", flattened(*LAST_MAP))
    return Table(entries, {r"fc6\..*": "the people it was trained with"})


FORMATS = {
    "clcarwin": Format(
        about="clcarwin/sphereface_pytorch, sphere20a; LWGAN's reference has the same",
        model={},
        tables={"sphereface": _clcarwin},
        sizes={"sphereface": lambda shapes, options: {}},
    )
}
