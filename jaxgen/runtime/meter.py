"""Running means that stay on the device, and the guard against NaN."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import numpy as np


class Meter:
    """Collects the scalars of every step; one copy to the host per flush."""

    def __init__(self, batch_size: int):
        """Starts the clock.

        Args:
            batch_size: images per step, for the speed.
        """
        self._kept: list[tuple[int, Mapping[str, Any]]] = []
        self._batch_size = batch_size
        self._since = time.perf_counter()
        self._idle = 0.0

    def add(self, step: int, terms: Mapping[str, Any]) -> None:
        """Keeps the terms of one step, unread."""
        self._kept.append((step, terms))

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Leaves time that is not spent on training out of the speed."""
        began = time.perf_counter()
        yield
        self._idle += time.perf_counter() - began

    def check(self) -> None:
        """Looks for NaN in what was kept since the last flush.

        Raises:
            FloatingPointError: naming the term, the step and the range looked at.
        """
        rows = jax.device_get(self._kept)
        for step, row in rows:
            if bad := sorted(k for k, v in row.items() if not np.isfinite(v)):
                raise FloatingPointError(
                    f"{bad[0]} is not finite at step {step} (looked at steps "
                    f"{rows[0][0]} to {rows[-1][0]}); the last checkpoint is kept."
                )
        self._kept = rows

    def flush(self) -> dict[str, float]:
        """Means by term since the last flush, with `images_per_second`.

        Terms of phases that do not run at every step count in their steps only.

        Raises:
            FloatingPointError: see `check`.
        """
        self.check()
        rows, self._kept = [row for _, row in self._kept], []
        means = {
            name: float(np.mean([row[name] for row in rows if name in row]))
            for name in sorted({name for row in rows for name in row})
        }
        now = time.perf_counter()
        seconds = max(now - self._since - self._idle, 1e-9)
        means["images_per_second"] = len(rows) * self._batch_size / seconds
        self._since, self._idle = now, 0.0
        return means
