"""The training state on disk: one atomic save of weights, step and data position."""

import contextlib
import logging
import os
import re
import signal
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import jax
import orbax.checkpoint as ocp
from etils import epath
from orbax.checkpoint.checkpoint_managers import (
    AnyPreservationPolicy,
    BestN,
    LatestN,
)

from jaxgen.core import checks, trees
from jaxgen.runtime.state import TrainState


def folder(workdir: str) -> epath.Path:
    """Where a workdir keeps its checkpoints; orbax wants an absolute path."""
    path = epath.Path(workdir) / "checkpoints"
    return path if "://" in str(workdir) else epath.Path(os.path.abspath(path))


def require_best(best: Sequence[str], evals: Mapping[str, Any]) -> None:
    """Raises when `config.best` is not an evaluation and `max` or `min`.

    Raises:
        KeyError: naming what there is.
        ValueError: when it is not a pair.
    """
    if best and len(best) != 2:
        raise ValueError(f"config.best: should be (name, 'max' or 'min'), got {best}.")
    if best:
        checks.require_known("config.best", "evaluation", best[0], evals)
        checks.require_known("config.best", "direction", best[1], ("max", "min"))


def _score(metrics: Mapping[str, float], *, name: str, sign: int) -> float:
    return sign * metrics[name]


def _manager(
    workdir: str, *, keep: int = 1, best: Sequence[str] = (), clean: bool = False
) -> ocp.CheckpointManager:
    policies: list[Any] = [LatestN(keep)]
    score: Any = None
    if best:
        name, direction = best
        sign = -1 if direction == "min" else 1
        score = partial(_score, name=name, sign=sign)
        policies.append(
            BestN(get_metric_fn=score, n=1, keep_checkpoints_without_metrics=False)
        )
    return ocp.CheckpointManager(
        folder(workdir),
        item_handlers={
            "state": ocp.StandardCheckpointHandler(),
            "data": ocp.JsonCheckpointHandler(),
        },
        options=ocp.CheckpointManagerOptions(
            # best_fn alone would delete the newest; it is here because without it
            # orbax does not write the numbers down.
            best_fn=score,
            preservation_policy=AnyPreservationPolicy(policies),
            cleanup_tmp_directories=clean,
            # One of several processes that cannot write would wait for the others in
            # the background for twenty minutes before it said so.
            enable_async_checkpointing=jax.process_count() == 1,
        ),
    )


class Checkpoints:
    """Saves, restores, and knows when the machine is about to be taken away."""

    def __init__(self, workdir: str, *, keep: int = 3, best: Sequence[str] = ()):
        """Opens or makes the folder; half-written saves in it are removed.

        Args:
            workdir: of the run.
            keep: how many of the newest stay.
            best: a name in the metrics given to `save` and `max` or `min`: the best
                one stays as well.
        """
        self._manager = _manager(workdir, keep=keep, best=best, clean=True)
        self._failures = _Failures()
        self._asked: int | None = None  # The signal that came.
        self._handlers: dict[int, Any] = {}
        if jax.process_count() == 1:
            for number in (signal.SIGTERM, signal.SIGINT):
                self._handlers[number] = signal.signal(number, self._note)
        else:  # SIGTERM is jax's own there: it tells the other processes.
            self._handlers[signal.SIGINT] = signal.signal(signal.SIGINT, self._pass_on)

    def _note(self, number: int, _: Any) -> None:
        self._asked = number
        self._restore_handlers()  # The second time means it.

    def _pass_on(self, *_: Any) -> None:
        self._restore_handlers()
        signal.raise_signal(signal.SIGTERM)

    def _restore_handlers(self) -> None:
        while self._handlers:
            signal.signal(*self._handlers.popitem())

    def latest_step(self) -> int | None:
        """The newest complete checkpoint."""
        return self._manager.latest_step()

    def stop_asked(self, step: int) -> bool:
        """Whether SIGTERM or Ctrl-C has come, here or at any process of the run.

        Every process asks at every step, so that all stop at the same one.
        """
        if jax.process_count() == 1:
            return self._asked is not None
        return self._manager.reached_preemption(step)

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C is what asked a run of one process to stop."""
        return self._asked == signal.SIGINT

    def restore_latest(
        self, state: TrainState, shardings: TrainState
    ) -> tuple[TrainState, int]:
        """The newest state and the samples taken so far; `state`, 0 if there is none.

        Args:
            state: a fresh state of the architecture that is wanted; when there is a
                checkpoint its memory is given back first.
            shardings: where its leaves shall lie.

        Raises:
            ValueError: when the checkpoint is of another architecture; with a diff.
        """
        step = self.latest_step()
        if step is None:
            return state, 0
        with _undamaged(step):
            stored = self._manager.item_metadata(step)["state"].tree
        require_same_architecture(stored, state, step)
        target = jax.tree.map(
            lambda x, s: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=s),
            state,
            shardings,
        )
        jax.tree.map(lambda x: x.delete(), state)
        with _undamaged(step):
            restored = self._manager.restore(
                step,
                args=ocp.args.Composite(
                    state=ocp.args.StandardRestore(target), data=ocp.args.JsonRestore()
                ),
            )
        return restored["state"], restored["data"]["position"]

    def save(
        self,
        step: int,
        state: TrainState,
        *,
        position: int,
        metrics: Mapping[str, float] | None = None,
    ) -> None:
        """Begins to write a checkpoint; one process trains on meanwhile.

        Args:
            step: steps finished.
            state: everything that training changes.
            position: samples taken so far.
            metrics: numbers of this step, for `best`.

        Raises:
            OSError: when this one or the one before cannot be written.
        """
        with self._failures.explained():
            self._manager.save(
                step,
                args=ocp.args.Composite(
                    state=ocp.args.StandardSave(state),
                    data=ocp.args.JsonSave({"position": int(position)}),
                ),
                metrics=metrics,
            )

    def close(self) -> None:
        """Waits for the save under way; without that it would be lost.

        Raises:
            OSError: when it cannot be written.
        """
        try:
            if self._failures.any:
                return
            with self._failures.explained():
                self._manager.wait_until_finished()
            self._manager.close()
            self._failures.end()
        finally:
            self._restore_handlers()


_TALKING = ("absl", "asyncio")  # Loggers.


class _Failures:
    """Says in one sentence that a save failed; orbax takes hundreds of lines."""

    def __init__(self):
        self.any = False
        self._hook, sys.unraisablehook = sys.unraisablehook, self._unraisable
        for name in _TALKING:
            logging.getLogger(name).addFilter(self._passes)

    @contextlib.contextmanager
    def explained(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, OSError) as error:
            found = re.search(r"[^:]+(?= \[os_error_code)", str(error))
            if not found and not isinstance(error, OSError):
                raise
            self.any = True
            warnings.filterwarnings("ignore", "coroutine .* was never awaited")
            reason = found[0].strip() if found else error
            raise OSError(
                f"checkpoint: it could not be written ({reason}); what was complete "
                "before is whole. Make room and start the same command again."
            ) from error

    def end(self) -> None:
        """Lets others speak again; after a failure its echoes come late."""
        sys.unraisablehook = self._hook
        for name in _TALKING:
            logging.getLogger(name).removeFilter(self._passes)

    def _unraisable(self, error: Any) -> None:
        if "Event loop is closed" not in str(error.exc_value):
            self._hook(error)

    def _passes(self, record: logging.LogRecord) -> bool:
        text = record.pathname + record.getMessage()
        return record.levelno < logging.ERROR or "orbax" not in text


@contextlib.contextmanager
def _undamaged(step: int) -> Iterator[None]:
    """One sentence about a checkpoint whose files somebody or some disk has changed."""
    try:
        yield
    except Exception as error:  # Of orbax, of tensorstore, of the disk.
        raise ValueError(
            f"checkpoint: step {step} is damaged; remove the folder checkpoints/{step} "
            "of the workdir to go on from the one before it."
        ) from error


def require_same_architecture(stored: Any, wanted: Any, step: int) -> None:
    """Compares names, shapes and dtypes; orbax would cast dtypes in silence.

    Raises:
        ValueError: with the first differences.
    """
    there, want = trees.signature(stored), trees.signature(wanted)
    changed = sorted(k for k in there | want if there.get(k) != want.get(k))
    if changed:
        shown = "; ".join(
            f"{name}: stored {_said(there.get(name))}, config {_said(want.get(name))}"
            for name in changed[:3]
        )
        raise ValueError(
            f"checkpoint: step {step} of this workdir is of another architecture; "
            f"{len(changed)} arrays differ, first {shown}. Take another workdir or the "
            "config of this one."
        )


def _said(entry: tuple | None) -> str:
    return "nothing" if entry is None else f"{entry[1]}{list(entry[0])}"


def find_step(workdir: str, which: str, best: Sequence[str] = ()) -> int:
    """The step of a checkpoint by name.

    Args:
        workdir: of a run.
        which: `latest`, `best` or a number.
        best: `config.best`, for `best`.

    Raises:
        FileNotFoundError: when the workdir has no such checkpoint.
        ValueError: for `best` where the config names none.
    """
    path = folder(workdir)
    if not path.is_dir():
        raise FileNotFoundError(f"checkpoint: {workdir} holds no checkpoints.")
    manager = _manager(workdir, best=best)
    steps = sorted(manager.all_steps())
    if not steps:
        raise FileNotFoundError(f"checkpoint: {workdir} holds no complete checkpoint.")
    if which == "latest":
        return steps[-1]
    if which == "best":
        return _best_step(manager, best)
    if not which.isdigit() or int(which) not in steps:
        raise FileNotFoundError(
            f"checkpoint: {workdir} has no checkpoint {which!r}; it has steps "
            f"{', '.join(map(str, steps))}, 'latest' and 'best'."
        )
    return int(which)


def _best_step(manager: ocp.CheckpointManager, best: Sequence[str]) -> int:
    if not best:
        raise ValueError(
            "checkpoint: this run kept no best one, its config.best names no number; "
            "take 'latest' or a step."
        )
    step = manager.best_step()
    if step is None:
        raise FileNotFoundError(f"checkpoint: no checkpoint carries a {best[0]!r}.")
    return step


def restore_part(workdir: str, step: int, part: Any) -> Any:
    """Reads a part of a state: what is not in `part` is not read.

    Args:
        workdir: of a run.
        step: of a complete checkpoint.
        part: a tree of shapes with shardings, with the names of the state.
    """
    with _undamaged(step):
        stored = _manager(workdir).item_metadata(step)["state"].tree
    there = trees.signature(stored)
    wanted = trees.signature(part)
    require_same_architecture(
        {k: jax.ShapeDtypeStruct(*there[k]) for k in wanted if k in there},
        {k: jax.ShapeDtypeStruct(*v) for k, v in wanted.items()},
        step,
    )
    with _undamaged(step):
        return ocp.PyTreeCheckpointer().restore(
            folder(workdir) / str(step) / "state",
            args=ocp.args.PyTreeRestore(
                item=part,
                restore_args=ocp.checkpoint_utils.construct_restore_args(part),
                partial_restore=True,
            ),
        )
