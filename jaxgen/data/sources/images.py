"""A folder of pictures, read as they lie: JPEG and PNG, subfolders too."""

import hashlib
import pathlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jaxgen.data.features import Image
from jaxgen.data.files import picture_files
from jaxgen.data.source import Source

OPTIONS = ()


@dataclass(frozen=True)
class _Files:
    paths: Sequence[pathlib.Path]

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> Mapping[str, Any]:
        return {"image": self.paths[index].read_bytes()}


def open_source(data: Mapping[str, Any], split: str) -> Source:
    """The pictures in `folder/split`, or in `folder` itself when it has no such part.

    Raises:
        FileNotFoundError: when there is no folder.
    """
    folder = pathlib.Path(data.get("folder") or "")
    if not data.get("folder") or not folder.is_dir():
        raise FileNotFoundError(
            f"pipeline: source 'images' reads the folder data.folder, and "
            f"{data.get('folder') or ''!r} does not exist."
        )
    if (folder / split).is_dir():
        folder = folder / split
    paths = picture_files(folder)
    names = tuple(path.relative_to(folder).as_posix() for path in paths)
    return Source(
        name="images",
        records=_Files(paths),
        features={"image": Image()},
        names=names,
        size=None,
        digest=_digest(names, paths),
    )


def _digest(names: Sequence[str], paths: Sequence[pathlib.Path]) -> str:
    """Of names, sizes and times: reading every picture would take too long."""
    digest = hashlib.sha256()
    for name, path in zip(names, paths, strict=True):
        status = path.stat()
        digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
