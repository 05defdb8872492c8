"""Tables that take other people's arrays to our trees, and our trees to theirs.

A table names every array of one published network, the leaf it becomes and the layout
between the two. It is strict both ways: an array that no entry names and no reason
dismisses is an error, and so is a leaf that nothing fills.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from jaxgen.core import checks, trees

Arrays = Mapping[str, np.ndarray]
Shapes = Mapping[str, tuple[int, ...]]
Options = Mapping[str, Any]


class Layout(NamedTuple):
    """How an array lies there and here.

    Attributes:
        ours: their array -> ours.
        theirs: our array -> theirs.
    """

    ours: Callable[[np.ndarray], np.ndarray]
    theirs: Callable[[np.ndarray], np.ndarray]


class Entry(NamedTuple):
    """One array: its name there, the path of the leaf here, the layout between."""

    source: str
    target: str
    layout: Layout


SAME = Layout(lambda x: x, lambda x: x)
CONV = Layout(lambda x: x.transpose(2, 3, 1, 0), lambda x: x.transpose(3, 2, 0, 1))
"""[out, in, h, w] there, [h, w, in, out] here."""
DENSE = Layout(lambda x: x.T, lambda x: x.T)
"""[out, in] there, [in, out] here."""


def flattened(height: int, width: int) -> Layout:
    """A dense layer on a flattened map: (c, h, w) there, (h, w, c) here."""

    def ours(x: np.ndarray) -> np.ndarray:
        maps = x.reshape(len(x), -1, height, width)
        return maps.transpose(2, 3, 1, 0).reshape(-1, len(x))

    def theirs(x: np.ndarray) -> np.ndarray:
        maps = x.reshape(height, width, -1, x.shape[1])
        return maps.transpose(3, 2, 0, 1).reshape(x.shape[1], -1)

    return Layout(ours, theirs)


def unflattened(height: int, width: int) -> Layout:
    """A dense layer, kernel or bias, whose output becomes a map, as `flattened`."""

    def ours(x: np.ndarray) -> np.ndarray:
        maps = x.reshape(-1, height, width, *x.shape[1:])
        return maps.transpose(*range(3, maps.ndim), 1, 2, 0).reshape(*x.shape[1:], -1)

    def theirs(x: np.ndarray) -> np.ndarray:
        maps = x.reshape(*x.shape[:-1], height, width, -1)
        last = maps.ndim - 1
        moved = maps.transpose(last, last - 2, last - 1, *range(last - 2))
        return moved.reshape(-1, *x.shape[:-1])

    return Layout(ours, theirs)


def swapped_inputs(layout: Layout = CONV) -> Layout:
    """As `layout`, with the two halves of the input channels changing places."""

    def swap(x: np.ndarray) -> np.ndarray:
        return np.roll(x, x.shape[1] // 2, axis=1)

    return Layout(lambda x: layout.ours(swap(x)), lambda x: swap(layout.theirs(x)))


def layer(
    source: str,
    target: str,
    layout: Layout = CONV,
    *,
    bias: Layout | None = SAME,
) -> list[Entry]:
    """A layer's `weight` and `bias`, which are `kernel` and `bias` here.

    Args:
        source: name of the layer there.
        target: path of the layer here.
        layout: of the kernel.
        bias: of the bias; None where there is none.
    """
    entries = [Entry(f"{source}.weight", f"{target}/kernel", layout)]
    if bias is not None:
        entries.append(Entry(f"{source}.bias", f"{target}/bias", bias))
    return entries


@dataclass(frozen=True)
class Table:
    """All arrays of one network.

    Attributes:
        entries: what becomes what.
        ignored: regular expression that fits a whole name there -> why it is left out.
        constants: leaf here -> the value that fills it and the reason.
        rebuilt: name there -> the array to write, and why it need not be read.
    """

    entries: Sequence[Entry]
    ignored: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    rebuilt: Mapping[str, tuple[np.ndarray, str]] = field(default_factory=dict)

    def reason(self, source: str) -> str | None:
        """Why an array is left out; None if nothing says so."""
        if source in self.rebuilt:
            return self.rebuilt[source][1]
        for pattern, reason in self.ignored.items():
            if re.fullmatch(pattern, source):
                return reason
        return None


@dataclass(frozen=True)
class Format:
    """How one published implementation names the arrays of a system's networks.

    Attributes:
        about: whose, in a few words.
        model: options of the system that its weights need to mean what they meant.
        tables: network -> options of the system -> its table.
        sizes: network -> shapes in a file, options of the system -> those options that
            must change to fit; a KeyError means that it is not that network.
    """

    about: str
    model: Options
    tables: Mapping[str, Callable[[Options], Table]]
    sizes: Mapping[str, Callable[[Shapes, Options], Options]]


@dataclass(frozen=True)
class Report:
    """What became of everything.

    Attributes:
        mapped: name there -> path here.
        ignored: name there -> why it was left out.
        constants: path here -> why no array fills it.
        parameters: how many numbers were read.
    """

    mapped: Mapping[str, str]
    ignored: Mapping[str, str]
    constants: Mapping[str, str]
    parameters: int


def apply(table: Table, arrays: Arrays, like: Any) -> tuple[Any, Report]:
    """Fills a tree from foreign arrays.

    Args:
        table: of the network.
        arrays: by their names there.
        like: the tree wanted, arrays or their shapes.

    Returns:
        The tree, of views where the layout allows, and the report.

    Raises:
        ValueError: with all that does not fit: arrays that nothing knows, arrays that
            are missing, leaves that nothing fills, shapes.
    """
    leaves = trees.flatten(like)
    _require_fitting(table, arrays, leaves)
    filled = {
        entry.target: entry.layout.ours(
            _finite(entry.source, arrays[entry.source], leaves[entry.target].dtype)
        )
        for entry in table.entries
    }
    for target, (value, _) in table.constants.items():
        leaf = leaves[target]
        filled[target] = np.full(leaf.shape, value, leaf.dtype)
    mapped = {entry.source: entry.target for entry in table.entries}
    report = Report(
        mapped=mapped,
        ignored={n: table.reason(n) or "" for n in arrays if n not in mapped},
        constants={target: reason for target, (_, reason) in table.constants.items()},
        parameters=sum(arrays[source].size for source in mapped),
    )
    return trees.map_named(lambda name, _: filled[name], like), report


def reverse(table: Table, tree: Any) -> dict[str, np.ndarray]:
    """The arrays of a network as they lie there: `apply` backwards.

    Args:
        table: of the network.
        tree: its variables.

    Raises:
        ValueError: when the tree has other leaves, or values where that
            implementation can only have a constant.
    """
    leaves = trees.flatten(tree)
    targets = {entry.target for entry in table.entries} | set(table.constants)
    checks.require_same_names("weights", "leaves", targets, leaves)
    for target, (value, reason) in table.constants.items():
        if (np.asarray(leaves[target]) != value).any():
            raise ValueError(
                f"weights: {target} is not {value} everywhere, and there is no place "
                f"for it there: {reason}."
            )
    found = {
        entry.source: np.ascontiguousarray(
            entry.layout.theirs(np.asarray(leaves[entry.target]))
        )
        for entry in table.entries
    }
    return found | {name: array for name, (array, _) in table.rebuilt.items()}


def known_names(table: Table, names: Iterable[str]) -> int:
    """How many of the names the table has an entry for."""
    return len({entry.source for entry in table.entries} & set(names))


def lacking(table: Table, names: Iterable[str]) -> set[str]:
    """What the table reads and is not among the names."""
    return {entry.source for entry in table.entries} - set(names)


def _require_fitting(table: Table, arrays: Arrays, leaves: Mapping[str, Any]) -> None:
    sources = {entry.source for entry in table.entries}
    targets = {entry.target for entry in table.entries} | set(table.constants)
    unknown = {n for n in arrays if n not in sources and table.reason(n) is None}
    problems = {
        "it has besides": unknown,
        "it lacks": lacking(table, arrays),
        "nothing fills": set(leaves) - targets,
        "the network has no": targets - set(leaves),
        "of another shape": _misshapen(table, arrays, leaves),
    }
    found = {why: names for why, names in problems.items() if names}
    if found:
        raise ValueError(
            "weights: the file is not of this network: "
            + "; ".join(f"{why} {_shown(names)}" for why, names in found.items())
            + "."
        )


def _misshapen(table: Table, arrays: Arrays, leaves: Mapping[str, Any]) -> set[str]:
    found = set()
    for source, target, layout in table.entries:
        if source in arrays and target in leaves:
            leaf = leaves[target]
            # A view of a single number, so that nothing large is made.
            want = layout.theirs(np.broadcast_to(np.float32(0), leaf.shape)).shape
            got = arrays[source]
            if got.shape != want:
                found.add(f"{source} {list(got.shape)} instead of {list(want)}")
            elif not jnp.issubdtype(got.dtype, jnp.floating):
                found.add(f"{source}, of {got.dtype} instead of floats")
    return found


def _finite(source: str, array: np.ndarray, dtype: Any) -> np.ndarray:
    """An array in our precision; one that cannot be used is an error, not a weight."""
    with np.errstate(over="ignore"):
        array = array.astype(dtype, copy=False)
    # A sum is not finite if any part is not, and takes no memory.
    if not np.isfinite(array.sum(dtype=np.float64)):
        raise ValueError(
            f"weights: {checks.printable(source)} holds numbers that are not finite, "
            f"or too large for {np.dtype(dtype)}."
        )
    return array


def _shown(names: set[str]) -> str:
    first = [checks.printable(name) for name in sorted(names)[:3]]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return checks.listed(first) + more
