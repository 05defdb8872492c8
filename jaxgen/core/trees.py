"""Trees of arrays seen as flat tables of paths like `generator/params/stem/kernel`."""

import re
from collections.abc import Callable
from typing import Any

import jax
import numpy as np


def path_name(path: tuple) -> str:
    """A key path of `jax.tree_util` as `a/b/kernel`."""
    return jax.tree_util.keystr(path, simple=True, separator="/")


def flatten(tree: Any) -> dict[str, Any]:
    """All leaves of `tree` by path."""
    return {path_name(p): leaf for p, leaf in jax.tree.leaves_with_path(tree)}


def map_named(function: Callable[[str, Any], Any], tree: Any) -> Any:
    """Applies `function(path, leaf)` to every leaf."""
    return jax.tree.map_with_path(lambda p, leaf: function(path_name(p), leaf), tree)


def select(tree: Any, pattern: str) -> dict[str, Any]:
    """The leaves whose path the regular expression `pattern` is found in."""
    return {
        name: leaf for name, leaf in flatten(tree).items() if re.search(pattern, name)
    }


def lerp(start: Any, end: Any, t: Any) -> Any:
    """`start + t (end - start)`, leaf by leaf."""
    return jax.tree.map(lambda a, b: a + t * (b - a), start, end)


def count(tree: Any) -> int:
    """How many numbers the leaves hold together."""
    return sum(int(np.prod(leaf.shape)) for leaf in jax.tree.leaves(tree))


def signature(tree: Any) -> dict[str, tuple[tuple[int, ...], str]]:
    """Shape and dtype of every leaf by path: what makes two trees interchangeable."""
    return {
        name: (tuple(leaf.shape), str(np.dtype(leaf.dtype)))
        for name, leaf in flatten(tree).items()
    }
