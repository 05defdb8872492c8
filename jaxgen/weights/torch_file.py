"""Reads what `torch.save` wrote, without torch and without running anything of it.

The format is that of PyTorch 1.6 and later: a zip of plain records, where `data.pkl`
says what there is and `data/0`, `data/1`, ... hold the numbers. Arrays are views of the
mapped file, so only what is used is ever read.
"""

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxgen.weights import contents, pickles, zip_records
from jaxgen.weights.contents import Contents
from jaxgen.weights.mapped_file import mapped
from jaxgen.weights.pickle_literals import shown
from jaxgen.weights.pickle_machine import Named, Names, UnknownName
from jaxgen.weights.torch_names import NAMES, Budget, Storage


def read(path: str, *, container: str | None = None) -> Contents:
    """Reads the named arrays of a file.

    Args:
        path: what `torch.save` wrote: `.pth`, `.pt`, `.tar`, ...
        container: which part of the file is meant, as `contents.nested` takes it.

    Raises:
        FileNotFoundError: when there is no such file.
        KeyError: when it has no such container.
        ValueError: when it is no such file or damaged, when it asks for foreign code,
            or when it has several containers and none is named.
    """
    value = load(mapped(path, who="torch_file"), file=path)
    return contents.nested(
        "PyTorch file", value, who="torch_file", path=path, container=container
    )


def load(data: memoryview, *, file: str) -> Any:
    """All that a file holds; its parts may be shared and may hold themselves.

    Args:
        data: the whole file.
        file: its name, for messages.

    Raises:
        ValueError: as `read`.
    """
    archive = _Archive(file, data)
    return unpickled(archive.program, NAMES, file=file, persistent=archive.storage)[0]


def unpickled(
    data: memoryview, names: Names, *, file: str, persistent: Any
) -> tuple[Any, memoryview]:
    """As `pickles.load_next`, with advice to those who saved a whole model.

    Raises:
        ValueError: as `pickles.load_next`.
    """
    try:
        return pickles.load_next(data, names, file=file, persistent=persistent)
    except UnknownName as unknown:
        if not _is_model(unknown.name):
            raise
        raise ValueError(
            f"torch_file: {file} holds an object of the class {shown(unknown.name)}, "
            "which only the code that it comes from can read; there, save its tensors "
            "alone: torch.save(model.state_dict(), 'weights.pth'). Nothing of it was "
            "run."
        ) from None


def _is_model(name: str) -> bool:
    """Whether a name looks like a class of a repository, as those of models do."""
    module, _, attribute = name.rpartition(".")
    foreign = module.partition(".")[0] not in sys.stdlib_module_names
    return foreign and attribute.lstrip("_")[:1].isupper()


class _Archive:
    """The records of one file, and how many bytes its tensors may still claim."""

    def __init__(self, path: str, data: memoryview):
        self._records, self._budget = _records(path, data), Budget(len(data))
        self._folder, self.program = _program(path, self._records)
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
        return Storage(record[:size], kind.value, self._budget.spend)


def _records(path: str, data: memoryview) -> dict[str, memoryview | None]:
    try:
        return zip_records.records(data)
    except ValueError as error:
        raise ValueError(f"torch_file: {path} {error}.") from None


def _program(
    path: str, found: Mapping[str, memoryview | None]
) -> tuple[str, memoryview]:
    """The folder of the archive, and the record that says what there is."""
    names = [n for n in found if n.endswith("/data.pkl") and n.count("/") == 1]
    program = found[names[0]] if len(names) == 1 else None
    if program is None:
        raise ValueError(
            f"torch_file: {path} is a zip file, but torch.save did not write it: it "
            "has no plain record 'data.pkl' in its only folder."
        )
    return names[0].removesuffix("data.pkl"), program
