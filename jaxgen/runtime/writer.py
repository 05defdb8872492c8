"""Curves and pictures of a run: files in the workdir and TensorBoard events."""

import json
import math
import os
import socket
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from etils import epath
from tensorboardX import summary
from tensorboardX.proto import event_pb2
from tensorboardX.record_writer import RecordWriter

from jaxgen.runtime import pictures
from jaxgen.runtime.experiment import naming, write_text

_EVENTS: Any = event_pb2  # Its classes are made when it is imported.
_START = _EVENTS.SessionLog(status=_EVENTS.SessionLog.START)
_FLUSH_EVERY = 30.0  # Seconds: in a bucket every flush writes the whole file.


class Writer:
    """Writes `metrics.jsonl`, `pictures/*.png` and TensorBoard events."""

    def __init__(self, workdir: str, *, start: int, notes: Mapping[str, str]):
        """Opens the files of a run that begins or goes on at step `start`.

        Lines of later steps, from a run that was killed after its last checkpoint, are
        dropped: they will be written again.

        Args:
            workdir: of the run.
            start: steps finished.
            notes: metadata of pictures.
        """
        self._folder = epath.Path(workdir)
        self._notes = dict(notes)
        self._lines = self._folder / "metrics.jsonl"
        (self._folder / "pictures").mkdir(parents=True, exist_ok=True)
        lines = self._lines.read_text().splitlines() if self._lines.exists() else []
        kept = [line for line in lines if _step_of(line) <= start]
        write_text(self._lines, "".join(f"{line}\n" for line in kept))
        self._events = _Events(self._folder, purge=start + 1)

    def write_scalars(self, step: int, values: Mapping[str, float]) -> None:
        """One line of `metrics.jsonl`, one point per curve."""
        line = json.dumps({"step": step, **values})
        with naming(self._lines), self._lines.open("a") as file:
            file.write(line + "\n")
        for name, value in values.items():
            self._events.add(step, summary=summary.scalar(name, value))

    def write_images(self, step: int, panels: Mapping[str, np.ndarray]) -> None:
        """A labelled sheet of uint8 panels."""
        sheet = pictures.grid(panels)
        path = self._folder / "pictures" / f"step_{step:07d}.png"
        pictures.save_png(path, sheet, {**self._notes, "Step": str(step)})
        image = summary.image("panels", sheet, dataformats="HWC")
        self._events.add(step, summary=image)

    def close(self) -> None:
        """Writes out what is buffered."""
        self._events.close()


def _step_of(line: str) -> float:
    """The step of a line; infinite where a full disk or a kill has cut it off."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, TypeError, KeyError):
        return math.inf


class _Events:
    """TensorBoard's file. The library's own writer would hang on a full disk."""

    def __init__(self, folder: epath.Path, *, purge: int):
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}"
        self._path, self._flushed = folder / name, time.monotonic()
        self._file = RecordWriter(os.fspath(self._path))
        self.add(0, file_version="brain.Event:2")
        # Points of later steps, from a run that was killed, are not shown.
        self.add(purge, session_log=_START)

    def add(self, step: int, **content: Any) -> None:
        event = _EVENTS.Event(wall_time=time.time(), step=step, **content)
        with naming(self._path):
            self._file.write(event.SerializeToString())
            if time.monotonic() - self._flushed > _FLUSH_EVERY:
                self._file.flush()
                self._flushed = time.monotonic()

    def close(self) -> None:
        with naming(self._path):
            self._file.close()


class Silent:
    """Writes nothing: the writer of every process of a run but the first."""

    def write_scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Nothing."""

    def write_images(self, step: int, panels: Mapping[str, np.ndarray]) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""
