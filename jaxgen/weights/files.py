"""Any weights file, told by what it holds, not by its name."""

import pathlib
import re
import zipfile
from collections.abc import Mapping

import numpy as np

from jaxgen.weights import (
    contents,
    hdf5_file,
    npz,
    nvidia,
    safetensors_file,
    smpl,
    tensorflow_file,
    torch_file,
    torch_legacy,
    torch_tar,
)
from jaxgen.weights.contents import Contents
from jaxgen.weights.mapped_file import mapped

__all__ = ["Contents", "read"]

_PICKLE = b"\x80"
_ZIP = b"PK"
_KEY_OF_BODIES = "kintree_table"
_SHARD = re.compile(r"\.data-\d{5}-of-\d{5}")


def read(path: str, *, container: str | None = None) -> Contents:
    """Reads a file of weights; runs nothing in it.

    Known are files of PyTorch of all versions, NVIDIA's network pickles, safetensors,
    HDF5, NumPy archives, checkpoints of TensorFlow and SMPL bodies.

    Args:
        path: of the file; of a checkpoint of TensorFlow, with or without `.index`.
        container: which part of the file is meant, such as `G_ema`; by default the one
            that is meant to be used.

    Raises:
        FileNotFoundError: when there is none.
        KeyError: when it has no such container.
        ValueError: when it is of another kind, damaged, or asks to run something.
    """
    if not pathlib.Path(path).is_file():
        if pathlib.Path(f"{path}.index").is_file():
            return tensorflow_file.read(f"{path}.index", container=container)
        raise FileNotFoundError(f"weights: there is no file {path}.")
    data = mapped(path, who="weights")
    if data[:2] == _ZIP:
        if not _is_numpy(path):
            return torch_file.read(path, container=container)
        return _flat("NumPy archive", npz.read(path), path, container)
    if data[: len(torch_legacy.MAGIC)] == torch_legacy.MAGIC:
        return torch_legacy.read(path, container=container)
    if data[torch_tar.SIGNATURE] == b"ustar":
        return torch_tar.read(path, container=container)
    if hdf5_file.begins(data):
        return hdf5_file.read(path, container=container)
    if tensorflow_file.ends(data):
        return tensorflow_file.read(path, container=container)
    if safetensors_file.begins(data):
        return safetensors_file.read(path, container=container)
    if data[:1] == _PICKLE:
        value = nvidia.load(data, file=path)
        if isinstance(value, dict) and _KEY_OF_BODIES in value:
            return _flat("SMPL body", smpl.read_body(path), path, container)
        return nvidia.named(value, path=path, container=container)
    if _SHARD.search(path):
        raise ValueError(
            f"weights: {path} has the numbers of a TensorFlow checkpoint, whose names "
            f"are in {_SHARD.sub('.index', path)}; give that file instead."
        )
    raise ValueError(
        f"weights: {path} is no file of weights that is known: PyTorch, NVIDIA's "
        "pickles, safetensors, HDF5, NumPy archives, TensorFlow, SMPL."
    )


def _flat(
    kind: str, arrays: Mapping[str, np.ndarray], path: str, container: str | None
) -> Contents:
    return contents.flat(kind, arrays, who="weights", path=path, container=container)


def _is_numpy(path: str) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False  # The reader of PyTorch's files says what is wrong.
    return bool(names) and all(name.endswith(".npy") for name in names)
