"""Messages that say what was expected, what came, and what exists."""

import difflib
from collections.abc import Iterable, Mapping


def listed(names: Iterable[str]) -> str:
    """Names in order, for the end of a sentence."""
    return ", ".join(sorted(names)) or "nothing"


def counted(count: int, thing: str) -> str:
    """A number of things: "1 picture", "2 pictures"."""
    return f"{count} {thing}{'' if count == 1 else 's'}"


def printable(text: str) -> str:
    """Foreign text for a message: nothing that a terminal obeys, and not too long."""
    return repr(text if len(text) <= 80 else text[:77] + "...")[1:-1]


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint ` (did you mean 'x'?)`, or nothing when no name is close."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def require_known(who: str, kind: str, name: str, known: Iterable[str]) -> None:
    """Raises when `name` is not one of `known`.

    Raises:
        KeyError: naming the nearest and listing all.
    """
    known = list(known)
    if name not in known:
        raise KeyError(
            f"{who}: unknown {kind} {name!r}{nearest(name, known)}; "
            f"there is {listed(known)}."
        )


def require_same_names(
    who: str, kind: str, expected: Iterable[str], got: Iterable[str]
) -> None:
    """Raises when two sets of names differ.

    Raises:
        KeyError: naming what is missing and what is too much.
    """
    expected, got = set(expected), set(got)
    parts = []
    if missing := expected - got:
        parts.append(f"missing {listed(missing)}")
    if extra := got - expected:
        parts.append(f"unknown {listed(extra)}")
    if parts:
        raise KeyError(f"{who}: {kind}: {'; '.join(parts)}.")


def require_arrays(who: str, spec: Mapping, arrays: Mapping) -> None:
    """Raises when arrays differ in names, shapes or dtypes from `spec`.

    Args:
        who: starts the message.
        spec: name -> anything with `shape` and `dtype`.
        arrays: name -> array.

    Raises:
        KeyError: for names.
        ValueError: for the first array of another shape or dtype.
    """
    require_same_names(who, "arrays", spec, arrays)
    for name, want in spec.items():
        got = arrays[name]
        if tuple(got.shape) != tuple(want.shape) or got.dtype != want.dtype:
            raise ValueError(
                f"{who}: {name!r} should be {want.dtype}{list(want.shape)}, "
                f"got {got.dtype}{list(got.shape)}."
            )
