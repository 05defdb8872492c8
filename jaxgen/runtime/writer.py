"""Curves and pictures of a run: files in the workdir and TensorBoard events."""

import json
import os
from collections.abc import Mapping

import numpy as np
from etils import epath
from tensorboardX import SummaryWriter

from jaxgen.runtime import pictures
from jaxgen.runtime.experiment import write_text


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
        kept = [line for line in self._read() if json.loads(line)["step"] <= start]
        write_text(self._lines, "".join(f"{line}\n" for line in kept))
        self._events = SummaryWriter(os.fspath(workdir), purge_step=start + 1)

    def _read(self) -> list[str]:
        if not self._lines.exists():
            return []
        lines = self._lines.read_text().splitlines()
        return [line for line in lines if line.endswith("}")]

    def write_scalars(self, step: int, values: Mapping[str, float]) -> None:
        """One line of `metrics.jsonl`, one point per curve."""
        line = json.dumps({"step": step, **values})
        with self._lines.open("a") as file:
            file.write(line + "\n")
        for name, value in values.items():
            self._events.add_scalar(name, value, step)

    def write_images(self, step: int, panels: Mapping[str, np.ndarray]) -> None:
        """A labelled sheet of uint8 panels."""
        sheet = pictures.grid(panels)
        path = self._folder / "pictures" / f"step_{step:07d}.png"
        pictures.save_png(path, sheet, {**self._notes, "Step": str(step)})
        self._events.add_image("panels", sheet, step, dataformats="HWC")

    def close(self) -> None:
        """Writes out what is buffered."""
        self._events.close()


class Silent:
    """Writes nothing: the writer of every process of a run but the first."""

    def write_scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Nothing."""

    def write_images(self, step: int, panels: Mapping[str, np.ndarray]) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""
