"""What a weights file holds, and which of its parts is meant."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from jaxgen.core import checks
from jaxgen.weights.pickle_literals import shown

CONTAINERS = (
    *("G_ema", "g_ema", "model_ema", "params_ema", "ema", "Gs"),
    *("state_dict", "model_state_dict", "model_weights", "model", "params"),
    *("net", "network"),
)
"""What files call the weights that are meant to be used, the best first."""

_DEEPEST = 3
_MOST_NAMED = 10

_Path = tuple[Any, ...]


@dataclass(frozen=True)
class Contents:
    """What a file holds.

    Attributes:
        kind: of file, in a few words.
        arrays: by name, in the order of the file; they may be views of the file, so
            they may be read-only, and need not lie at multiples of their item size.
        container: where in the file they are, such as `G_ema` or `net/state_dict`;
            empty when they are all that it holds.
        others: what else is in the file, by the same kind of path.
        prefix: what was taken off all names, `module.` of DataParallel, or nothing.
        options: what the network was built with, where a file tells it.
    """

    kind: str
    arrays: Mapping[str, np.ndarray]
    container: str = ""
    others: tuple[str, ...] = ()
    prefix: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


def nested(
    kind: str, value: Any, *, who: str, path: str, container: str | None
) -> Contents:
    """Finds the named arrays in dictionaries within dictionaries.

    Args:
        kind: of file.
        value: all that it holds; parts may be shared and may hold themselves.
        who: starts the messages.
        path: of the file, for messages.
        container: which part is meant, `""` for the top; by default the first of
            `CONTAINERS` in it, or its top, or the only part that has arrays.

    Raises:
        KeyError: when there is no such container.
        ValueError: when nothing has arrays, or several parts have and none is named.
    """
    places, arrays_in = {}, {}
    for place, held in _dictionaries(value):
        if id(held) not in arrays_in:
            arrays_in[id(held)] = _arrays(held)
        if arrays_in[id(held)]:
            places[place] = id(held)
    if not places:
        raise ValueError(
            f"{who}: {path} holds no arrays with names; save a state_dict() instead of "
            "a tensor or a list."
        )
    place = _chosen(f"{who}: {path}", places, container)
    arrays = arrays_in[places[place]]
    prefix = "module." if all(name.startswith("module.") for name in arrays) else ""
    return Contents(
        kind,
        arrays={name.removeprefix(prefix): array for name, array in arrays.items()},
        container=_joined(place),
        others=tuple(_joined(other) for other in _others(value, place)),
        prefix=prefix,
    )


def flat(
    kind: str,
    arrays: Mapping[str, np.ndarray],
    *,
    who: str,
    path: str,
    container: str | None,
    others: tuple[str, ...] = (),
) -> Contents:
    """All arrays of a file without containers, or those below one part of the names.

    Args:
        kind: of file.
        arrays: by their whole names, whose parts are told apart by `/` or `.`.
        who: starts the messages.
        path: of the file, for messages.
        container: what the names of the wanted arrays start with; it is taken off.
        others: what else is in the file.

    Raises:
        KeyError: when no name starts so.
    """
    if not container:
        return Contents(kind, arrays, others=others)
    inside = {
        name[len(container) + 1 :]: array
        for name, array in arrays.items()
        if name.startswith((f"{container}/", f"{container}."))
    }
    if not inside:
        tops = {name.replace("/", ".").partition(".")[0] for name in arrays}
        checks.require_known(f"{who}: {path}", "container", container, tops)
        raise KeyError(f"{who}: {path}: {container!r} is an array, no container.")
    outside = (
        n for n in arrays if not n.startswith((f"{container}/", f"{container}."))
    )
    return Contents(kind, inside, container, (*others, *outside))


def _arrays(held: dict) -> dict[str, np.ndarray]:
    """The arrays with names that lie directly in a dictionary."""
    return {
        k: v for k, v in held.items() if type(k) is str and isinstance(v, np.ndarray)
    }


def _dictionaries(value: Any) -> Iterator[tuple[_Path, dict]]:
    """The dictionaries in a value by their paths, outer ones first.

    One in several places is told of each, but what is in it only of the first.
    """
    level, seen = [((), value)], set()
    for _ in range(_DEEPEST):
        dictionaries = [(p, v) for p, v in level if isinstance(v, dict)]
        level = []
        for place, held in dictionaries:
            yield place, held
            if id(held) not in seen:
                seen.add(id(held))
                level.extend(((*place, key), part) for key, part in held.items())


def _joined(place: _Path) -> str:
    return "/".join(str(key) for key in place)


def _chosen(who: str, places: Mapping[_Path, int], container: str | None) -> _Path:
    """Which of the places is meant; those with the same number hold the same."""
    if container is not None:
        by_name = {_joined(place): place for place in places}
        checks.require_known(who, "container", container, by_name)
        return by_name[container]
    for name in CONTAINERS:
        named = [place for place in places if place[-1:] == (name,)]
        if len(named) == 1:
            return named[0]
        if named:
            break
    first = next(iter(places))
    if first == () or len(set(places.values())) == 1:
        return first
    names = [shown(_joined(place)) for place in places]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    raise ValueError(
        f"{who} holds several sets of weights; say which container is "
        f"meant: {checks.listed(names[:_MOST_NAMED])}{more}."
    )


def _others(value: dict, place: _Path) -> Iterator[_Path]:
    """What lies beside a place, and what in it is no array."""
    for depth, step in enumerate(place):
        yield from ((*place[:depth], key) for key in value if key != step)
        value = value[step]
    arrays = _arrays(value)
    yield from ((*place, key) for key in value if key not in arrays)
