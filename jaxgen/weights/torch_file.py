"""Reads what `torch.save` wrote, without torch and without running anything of it.

The format is that of PyTorch 1.6 and later: a zip of plain records, where `data.pkl`
says what there is and `data/0`, `data/1`, ... hold the numbers. Arrays are views of the
mapped file, so only what is used is ever read.
"""

import mmap
import pathlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from jaxgen.core import checks
from jaxgen.weights import pickles, zip_records
from jaxgen.weights.pickle_literals import shown
from jaxgen.weights.pickle_machine import Named, UnknownName
from jaxgen.weights.torch_names import NAMES, Storage

CONTAINERS = (
    *("G_ema", "g_ema", "model_ema", "params_ema", "ema"),
    *("state_dict", "model_state_dict", "model", "params", "net", "network"),
)
"""What files call the weights that are meant to be used, the best first."""

_LEGACY = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19"
_DEEPEST = 3

_Path = tuple[Any, ...]


@dataclass(frozen=True)
class TorchFile:
    """What a file holds.

    Attributes:
        arrays: by name, in the order of the file; read-only.
        container: where in the file they are, such as `G_ema` or `net/state_dict`;
            empty when they are all that it holds.
        others: what else is in the file, by the same kind of path.
        prefix: what was taken off all names, `module.` of DataParallel, or nothing.
    """

    arrays: Mapping[str, np.ndarray]
    container: str
    others: tuple[str, ...]
    prefix: str = ""


def read(path: str, *, container: str | None = None) -> TorchFile:
    """Reads the named arrays of a file.

    Args:
        path: what `torch.save` wrote: `.pth`, `.pt`, `.tar`, ...
        container: which part of the file is meant, `""` for its top; by default the
            first of `CONTAINERS` in it, or its top, or the only part that has arrays.

    Raises:
        FileNotFoundError: when there is no such file.
        KeyError: when it has no such container.
        ValueError: when it is no such file or damaged, when it asks for foreign code,
            or when it has several containers and none is named.
    """
    value = _load(path)
    places = {place: held for place, held in _dictionaries(value) if _arrays(held)}
    if not places:
        raise ValueError(
            f"torch_file: {path} holds no arrays with names; save a state_dict() "
            "instead of a tensor or a list."
        )
    place = _chosen(path, list(places), container)
    arrays = _arrays(places[place])
    prefix = "module." if all(name.startswith("module.") for name in arrays) else ""
    return TorchFile(
        arrays={name.removeprefix(prefix): array for name, array in arrays.items()},
        container=_joined(place),
        others=tuple(_joined(other) for other in _others(value, place)),
        prefix=prefix,
    )


def _load(path: str) -> Any:
    """All that a file holds; its parts may be shared and may hold themselves."""
    archive = _Archive(path, _mapped(path))
    try:
        return pickles.load(
            archive.program, NAMES, file=path, persistent=archive.storage
        )
    except UnknownName as unknown:
        if not _is_model(unknown.name):
            raise
        raise ValueError(
            f"torch_file: {path} holds an object of the class {shown(unknown.name)}, "
            "which only the code that it comes from can read; there, save its tensors "
            "alone: torch.save(model.state_dict(), 'weights.pth'). Nothing of it was "
            "run."
        ) from None


def _mapped(path: str) -> memoryview:
    if not pathlib.Path(path).is_file():
        raise FileNotFoundError(f"torch_file: there is no file {path}.")
    with open(path, "rb") as file:
        if not file.seek(0, 2):
            raise ValueError(f"torch_file: {path} is empty.")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _is_model(name: str) -> bool:
    """Whether a name looks like a class of a repository, as those of models do."""
    module, _, attribute = name.rpartition(".")
    foreign = module.partition(".")[0] not in sys.stdlib_module_names
    return foreign and attribute.lstrip("_")[:1].isupper()


class _Archive:
    """The records of one file, and how many bytes its tensors may still claim."""

    def __init__(self, path: str, data: memoryview):
        self._records, self._budget = _records(path, data), 4 * len(data) + 2**26
        program = _program(path, self._records)
        self._folder = program.removesuffix("data.pkl")
        if f"{self._folder}constants.pkl" in self._records:
            raise ValueError(
                f"torch_file: {path} is TorchScript, which is a program; load it in "
                "PyTorch and save its state_dict()."
            )
        if self._records.get(f"{self._folder}byteorder", b"little") != b"little":
            raise ValueError(
                f"torch_file: {path} was written by a big-endian machine; save it "
                "again on a common one."
            )
        self.program = self._records[program]

    def storage(self, identifier: Any) -> Storage:
        """What `data.pkl` calls ('storage', type, record, device, count)."""
        if type(identifier) is not tuple or len(identifier) != 5:
            raise ValueError("it has not five parts")
        word, kind, key, _, count = identifier
        if word != "storage" or type(key) is not str or type(count) is not int:
            raise ValueError("it is that of no storage")
        if type(kind) is not Named or not isinstance(kind.value, np.dtype):
            raise ValueError("the type of the storage is unknown")
        record = self._records.get(f"{self._folder}data/{key}")
        if record is None:
            raise ValueError(f"record {shown(key)} is missing or compressed")
        size = count * kind.value.itemsize
        if not 0 <= size <= len(record):
            raise ValueError(f"record {shown(key)} has {len(record)} of {size} bytes")
        return Storage(record[:size], kind.value, self._spend)

    def _spend(self, amount: int) -> None:
        self._budget -= amount
        if self._budget < 0:
            raise ValueError("the tensors claim many times the bytes of the file")


def _records(path: str, data: memoryview) -> dict[str, memoryview | None]:
    if data[: len(_LEGACY)] == _LEGACY:
        raise ValueError(
            f"torch_file: {path} is in PyTorch's format from before 1.6; load it in "
            "PyTorch and save it again."
        )
    try:
        return zip_records.records(data)
    except ValueError as error:
        raise ValueError(f"torch_file: {path} {error}.") from None


def _program(path: str, found: Mapping[str, Any]) -> str:
    """The name of the record that says what there is."""
    names = [n for n in found if n.endswith("/data.pkl") and n.count("/") == 1]
    if len(names) != 1 or found[names[0]] is None:
        raise ValueError(
            f"torch_file: {path} is a zip file, but torch.save did not write it: it "
            "has no plain record 'data.pkl' in its only folder."
        )
    return names[0]


def _arrays(held: dict) -> dict[str, np.ndarray]:
    """The arrays with names that lie directly in a dictionary."""
    return {k: v for k, v in held.items() if type(k) is str and _is_array(v)}


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray)


def _dictionaries(value: Any) -> Iterator[tuple[_Path, dict]]:
    """The dictionaries in a value by their paths, each once, outer ones first."""
    level, seen = [((), value)], set()
    for _ in range(_DEEPEST):
        dictionaries = [(p, v) for p, v in level if isinstance(v, dict)]
        level = []
        for place, held in dictionaries:
            if id(held) not in seen:
                seen.add(id(held))
                yield place, held
                level.extend(((*place, key), part) for key, part in held.items())


def _joined(place: _Path) -> str:
    return "/".join(str(key) for key in place)


def _chosen(path: str, places: list[_Path], container: str | None) -> _Path:
    """Which of the places with arrays is meant."""
    if container is not None:
        by_name = {_joined(place): place for place in places}
        checks.require_known(f"torch_file: {path}", "container", container, by_name)
        return by_name[container]
    for name in CONTAINERS:
        named = [place for place in places if place[-1:] == (name,)]
        if len(named) == 1:
            return named[0]
        if named:
            break
    if places[0] == () or len(places) == 1:
        return places[0]
    raise ValueError(
        f"torch_file: {path} holds several sets of weights; say which container is "
        f"meant: {checks.listed(shown(_joined(place)) for place in places)}."
    )


def _others(value: dict, place: _Path) -> Iterator[_Path]:
    """What lies beside a place, and what in it is no array."""
    for depth, step in enumerate(place):
        yield from ((*place[:depth], key) for key in value if key != step)
        value = value[step]
    arrays = _arrays(value)
    yield from ((*place, key) for key in value if key not in arrays)
