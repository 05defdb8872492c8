"""Reads NVIDIA's network pickles, without torch and without running their source.

The files of stylegan2-ada-pytorch, stylegan3 and what grew from them. Each module in
them is a class name, the source of its class, and its attributes; here the source is
never looked at, and the attributes give parameters and buffers by the names that
`state_dict()` would give them. Each tensor's numbers are a small `torch.save` file of
their own. The older pickles of stylegan2, for TensorFlow, are read as well, and any
plain pickle of dictionaries of NumPy's arrays.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from jaxgen.weights import contents, torch_file, torch_legacy, wrapped_arrays
from jaxgen.weights.contents import Contents
from jaxgen.weights.mapped_file import mapped
from jaxgen.weights.pickle_names import PYTHON, PickledArray, Stub, stubs
from jaxgen.weights.torch_names import NAMES, Budget, Storage

MOST_PARTS = 100_000

_DEEPEST = 50
_TENSORFLOW = "dnnlib.tflib.network.Network"
_DICTIONARY = PYTHON["collections.OrderedDict"]
_MODULE = "torch_utils.persistence._reconstruct_persistent_obj"
_LONGEST_NAME, _LONGEST_TEXT, _LONGEST_OPTIONS = 500, 200, 1000


@dataclass(frozen=True)
class Module:
    """An object of a class whose source is in the file: name and attributes, inert."""

    class_name: str
    state: Mapping[str, Any]


def read(path: str, *, container: str | None = None) -> Contents:
    """Reads the named arrays of one network in a file.

    Args:
        path: of the pickle.
        container: which network is meant, `G_ema` by default.

    Returns:
        Its arrays, with its constructor's arguments as `options`; those of every
        network are among the `others` too, such as `D/init_kwargs (c_dim=0)`.

    Raises:
        FileNotFoundError: when there is no such file.
        KeyError: when it has no such network.
        ValueError: when it is damaged, asks for foreign code, holds nothing with a
            name, or several things and none is named.
    """
    value = load(mapped(path, who="nvidia"), file=path)
    return named(value, path=path, container=container)


def named(value: Any, *, path: str, container: str | None = None) -> Contents:
    """The arrays of one network in what `load` gave; otherwise as `read`.

    Raises:
        KeyError: as `read`.
        ValueError: as `read`.
    """
    walk = _Walk()
    try:
        tree = walk.tree(value, ())
        options = {place: walk.options(net) for place, net in walk.networks.items()}
    except ValueError as error:
        raise ValueError(f"nvidia: {path} {error}.") from None
    kind = "NVIDIA network pickle" if walk.networks else "pickle of arrays"
    found = contents.nested(kind, tree, who="nvidia", path=path, container=container)
    told = (_told(place, given) for place, given in options.items() if given)
    return replace(
        found,
        others=(*found.others, *told),
        options=options.get(found.container, {}),
    )


def load(data: memoryview, *, file: str) -> Any:
    """All that a pickle holds; its parts may be shared and may hold themselves.

    Args:
        data: the whole file.
        file: its name, for messages.

    Raises:
        ValueError: when it is damaged or asks for foreign code.
    """
    return torch_file.unpickled(
        data,
        {**_NAMES, "torch.storage._load_from_bytes": _Storages(file, len(data)).read},
        file=file,
        persistent=None,
    )[0]


class _Storages:
    """The small files within a file, each of which holds the numbers of a tensor."""

    def __init__(self, file: str, size: int):
        self._file, self._left, self._budget = file, size, Budget(size)

    def read(self, data: Any) -> Storage:
        """The storage that one of them holds; it must hold nothing else.

        Raises:
            ValueError: when it does, or when the same bytes are read again and again.
        """
        if type(data) not in (bytes, memoryview):
            raise ValueError("the storage is in no bytes")
        self._left -= len(data)
        if self._left < 0:
            raise ValueError("the storages take more bytes than the file has")
        reader = torch_file if data[:2] == b"PK" else torch_legacy
        value = reader.load(memoryview(data), file=self._file)
        if not isinstance(value, Storage):
            raise ValueError("it holds no storage")
        return value._replace(spend=self._budget.spend)


def _module(meta: Any) -> Module:
    """A module: `meta` is a dictionary of type, version, source, class and state."""
    if not isinstance(meta, dict) or meta.get("type") != "class":
        raise ValueError("it describes no class")
    name, state = meta.get("class_name"), meta.get("state")
    if type(name) is not str or not isinstance(state, dict | None):
        raise ValueError("it describes an object without a name or a state")
    return Module(name, state or {})


_NAMES = {
    **NAMES,
    **wrapped_arrays.NAMES,
    **stubs([_TENSORFLOW]),
    _MODULE: _module,
    "dnnlib.util.EasyDict": _DICTIONARY,
    "dnnlib.EasyDict": _DICTIONARY,
}


class _Walk:
    """Turns what a pickle holds into dictionaries of arrays, in bounded time.

    Attributes:
        networks: by their places; of one that has several, the first.
    """

    def __init__(self) -> None:
        self.networks: dict[str, Module | Stub] = {}
        self._left, self._known = MOST_PARTS, {}

    def tree(self, value: Any, place: tuple[str, ...]) -> Any:
        """The value with networks as dictionaries of arrays, and arrays as NumPy's.

        Args:
            value: anything that the pickle holds.
            place: of the value, which is looked at three levels deep.

        Raises:
            ValueError: when a network is none, with a part of a sentence.
        """
        key = id(value), len(place)
        if key not in self._known:
            self._known[key] = self._turned(value, place)
        return self._known[key]

    def _turned(self, value: Any, place: tuple[str, ...]) -> Any:
        if isinstance(value, PickledArray):
            return value.values
        network = isinstance(value, Module)
        if network or (isinstance(value, Stub) and value.name == _TENSORFLOW):
            self.networks["/".join(place)] = value
            return self._arrays(
                (_parts if network else _variables)(value, "", _DEEPEST)
            )
        if type(value) is tuple and len(value) == 3 and not place:
            value = dict(zip(("G", "D", "Gs"), value, strict=True))
        if not isinstance(value, dict) or len(place) == 3:
            return value
        return {k: self.tree(v, (*place, str(k))) for k, v in value.items()}

    def _arrays(self, found: Iterator[tuple[str, Any]]) -> dict[str, np.ndarray]:
        arrays = {}
        for name, value in found:
            self._count()
            if len(name) > _LONGEST_NAME:
                raise ValueError(f"has a name of {len(name)} letters")
            if isinstance(value, PickledArray):
                value = value.values
            if isinstance(value, np.ndarray):
                arrays[name] = value
            elif value is not None:
                raise ValueError(f"has {name[:80]!r} that is no array")
        return arrays

    def _count(self) -> None:
        """Counts a part; what is shared may be met as often as a file likes."""
        self._left -= 1
        if self._left < 0:
            raise ValueError(f"has networks of over {MOST_PARTS} parts")

    def options(self, network: Module | Stub) -> dict[str, Any]:
        """What a network was built with by name, as far as it is plain.

        Raises:
            ValueError: when it is far too much, with a part of a sentence.
        """
        key = "_init_kwargs" if isinstance(network, Module) else "static_kwargs"
        given = network.state.get(key)
        return self._plain(given, 4) if isinstance(given, dict) else {}

    def _plain(self, value: Any, levels: int) -> Any:
        """Numbers, texts and dictionaries and lists of them; others become None."""
        self._count()
        if isinstance(value, str):
            return value[:_LONGEST_TEXT]
        if isinstance(value, bool | int | float):
            return value
        if isinstance(value, dict) and levels:
            return {str(k): self._plain(v, levels - 1) for k, v in value.items()}
        if isinstance(value, list | tuple) and levels:
            return [self._plain(v, levels - 1) for v in value]
        return None


def _parts(module: Any, prefix: str, levels: int) -> Iterator[tuple[str, Any]]:
    """Parameters and buffers, then those of the children; one None for the module."""
    if not isinstance(module, Module):
        raise ValueError(f"has {prefix.rstrip('.')[:80]!r} that is no module")
    if not levels:
        raise ValueError(f"has modules within modules, over {_DEEPEST} deep")
    yield prefix, None
    transient = module.state.get("_non_persistent_buffers_set", set())
    if not isinstance(transient, set | frozenset):
        raise ValueError("has a module whose _non_persistent_buffers_set is no set")
    yield from _part(module, "_parameters", prefix)
    for name, value in _part(module, "_buffers", prefix):
        if name.removeprefix(prefix) not in transient:
            yield name, value
    for name, child in _part(module, "_modules", prefix):
        if child is not None:
            yield from _parts(child, f"{name}.", levels - 1)


def _part(module: Module, part: str, prefix: str) -> Iterator[tuple[str, Any]]:
    held = module.state.get(part) or {}
    if not isinstance(held, dict):
        raise ValueError(f"has a module whose {part} are no dictionary")
    for name, value in held.items():
        if type(name) is not str:
            raise ValueError(f"has a module whose {part} have no names")
        yield prefix + name, value


def _variables(network: Any, prefix: str, levels: int) -> Iterator[tuple[str, Any]]:
    """The variables of a network of TensorFlow's, then those of its components."""
    if not isinstance(network, Stub) or not levels:
        raise ValueError("has a component that is no network")
    yield prefix, None
    variables = network.state.get("variables") or []
    if not isinstance(variables, list):
        raise ValueError("has a network without a list of variables")
    for pair in variables:
        whole = type(pair) in (tuple, list) and len(pair) == 2
        if not whole or type(pair[0]) is not str:
            raise ValueError("has a variable that is no name and array")
        yield prefix + pair[0], pair[1]
    components = network.state.get("components") or {}
    if not isinstance(components, dict):
        raise ValueError("has components that are no dictionary")
    for name, part in components.items():
        yield from _variables(part, f"{prefix}{name}/", levels - 1)


def _told(place: str, options: Mapping[str, Any]) -> str:
    said = ", ".join(f"{name}={value!r}" for name, value in options.items())
    if len(said) > _LONGEST_OPTIONS:
        said = f"{said[:_LONGEST_OPTIONS]}..."
    return f"{place}/init_kwargs ({said})".lstrip("/")
