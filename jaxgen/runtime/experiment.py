"""A workdir as others see it: its config, its system, its networks."""

import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
from etils import epath
from jax.sharding import Mesh
from ml_collections import ConfigDict

from jaxgen import systems
from jaxgen.core import checks
from jaxgen.core.arrays import Config, Nets
from jaxgen.runtime import checkpoint, mesh, processes
from jaxgen.systems.base import System

_LOCK = ".lock"


@dataclass(frozen=True)
class Experiment:
    """A trained system, ready to be used.

    Attributes:
        workdir: where it came from.
        config: what ran.
        system: built from the config.
        nets: its networks, averaged where the run averaged them.
        step: of the checkpoint.
        mesh: where the networks lie.
    """

    workdir: str
    config: Config
    system: System
    nets: Nets
    step: int
    mesh: Mesh


def open_workdir(workdir: str, which: str | int = "latest") -> Experiment:
    """Reads a workdir's config and networks, not its optimisers.

    Args:
        workdir: folder of a run.
        which: checkpoint: `latest`, `best` or a step.

    Raises:
        FileNotFoundError: when it is no workdir, or has no such checkpoint.
        ValueError: when its config.json is damaged or lacks keys.
    """
    config = read_config(workdir)
    if lacking := [key for key in _NEEDED if key not in config]:
        raise ValueError(
            f"experiment: the config.json of {workdir} is of no run: it lacks "
            f"{checks.listed(lacking)}."
        )
    system = systems.build(config.system, config.model.to_dict(), config.dtype)
    on = mesh.make_mesh()
    step = checkpoint.find_step(workdir, str(which), config.best)
    shapes = jax.eval_shape(system.init, jax.random.key(0))
    mine = {n: v for n, v in shapes.items() if n not in system.frozen()}
    part = {"nets": mine, "ema": {n: mine[n]["params"] for n in config.ema}}
    where = mesh.replicated(on)
    part = jax.tree.map(
        lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=where), part
    )
    state = checkpoint.restore_part(workdir, step, part)
    nets = {
        n: {**net, "params": state["ema"][n]} if n in state["ema"] else net
        for n, net in state["nets"].items()
    }
    return Experiment(workdir, config, system, nets, step, on)


_NEEDED = (
    *("system", "model", "dtype", "data", "seed", "batch_size"),
    *("ema", "best", "evals"),
)


def write_config(workdir: str, config: Config) -> None:
    """Writes `config.json`, atomically; makes the workdir."""
    folder = epath.Path(workdir)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "config.json", json.dumps(config.to_dict(), indent=1))


def read_config(workdir: str) -> Config:
    """The config of a workdir; lists come back as tuples.

    Raises:
        FileNotFoundError: when the folder is no workdir.
        ValueError: when its config.json is damaged.
    """
    path = epath.Path(workdir) / "config.json"
    if not path.exists():
        raise FileNotFoundError(
            f"experiment: {workdir} is not a workdir: it has no config.json."
        )
    try:
        config = _tuples(json.loads(path.read_text()))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"experiment: {path} is damaged: {error}.") from None
    if not isinstance(config, dict):
        raise ValueError(f"experiment: {path} is damaged: it holds no keys.")
    return ConfigDict(config)


_FREE = (
    "steps",
    "batch_size",
    "microbatches",
    "optim",
    "evals",
    "best",
    "mesh",
    "keep",
)


def require_same_run(workdir: str, config: Config) -> None:
    """Raises when a workdir was begun with what would make another experiment of it.

    Free to change are the length of the run, batches, rates, evaluations, intervals,
    the mesh, and where the data lies.

    Raises:
        ValueError: with the first differences.
    """
    if not (epath.Path(workdir) / "config.json").exists():
        return
    old, new = (_flat(c.to_dict()) for c in (read_config(workdir), config))
    changed = [k for k in sorted(old | new) if old.get(k) != new.get(k)]
    if changed:
        shown = "; ".join(
            f"{key} was {old.get(key)!r} and is now {new.get(key)!r}"
            for key in changed[:3]
        )
        raise ValueError(
            f"train: {workdir} was begun with another config: {shown}. Take another "
            "workdir."
        )


def _flat(config: dict) -> dict[str, Any]:
    """What makes an experiment, by dotted key."""
    kept = {
        key: value
        for key, value in config.items()
        if key not in _FREE and not key.endswith("_every")
    }
    for key in ("folder", "workers"):
        kept["data"].pop(key, None)
    nested = {k: v for k, v in kept.items() if isinstance(v, dict)}
    flat = {k: v for k, v in kept.items() if k not in nested}
    return flat | {f"{k}.{name}": v for k, d in nested.items() for name, v in d.items()}


def config_hash(config: Config) -> str:
    """Twelve hexadecimal digits that name a config."""
    text = json.dumps(config.to_dict(), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def write_text(path: epath.Path, text: str) -> None:
    """Writes a text file whole or not at all; see `write_bytes`."""
    write_bytes(path, text.encode())


def write_bytes(path: epath.Path, content: bytes) -> None:
    """Writes a file whole or not at all.

    Raises:
        OSError: naming the file, when the disk is full.
    """
    temporary = path.parent / f".{path.name}.tmp"
    with naming(path):
        try:
            temporary.write_bytes(content)
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def naming(path: os.PathLike) -> Iterator[None]:
    """Errors of writing say of which file; Python's own do not."""
    try:
        yield
    except OSError as error:
        error.filename = os.fspath(path)
        raise


@contextlib.contextmanager
def locked(workdir: str) -> Iterator[None]:
    """Holds a workdir for one run of `train`, which may be of several processes.

    The lock goes away with the process that holds it, however that ends. Buckets
    (`gs://`) know no locks: there it is up to the user that no two runs share one.

    Raises:
        FileExistsError: when another run holds it.
        FileNotFoundError: when this process does not see the first one's workdir.
    """
    if "://" in str(workdir):
        yield
        return
    mark = uuid.uuid4().hex
    with contextlib.ExitStack() as held:
        if processes.is_first():
            held.enter_context(_alone(workdir, mark))
        _require_shared(workdir, mark)
        yield


@contextlib.contextmanager
def _alone(workdir: str, mark: str) -> Iterator[None]:
    """Holds the lock, and leaves a mark that only this run knows."""
    os.makedirs(workdir, exist_ok=True)
    with open(os.path.join(workdir, _LOCK), "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FileExistsError(
                f"train: another run is training in {workdir}; wait for it or take "
                "another workdir."
            ) from None
        with naming(pathlib.Path(workdir, _LOCK)):
            file.truncate(0)
            file.write(mark)
            file.flush()
            os.fsync(file.fileno())
        yield


def _require_shared(workdir: str, mark: str) -> None:
    """Looks for the first process's mark; network disks may show it a little late."""
    path, mark = pathlib.Path(workdir, _LOCK), processes.said_by_first("workdir", mark)
    for _ in range(50):
        if path.exists() and path.read_text() == mark:
            return
        time.sleep(0.1)
    raise FileNotFoundError(
        f"train: one process does not see in {workdir} what the first one wrote there; "
        "all processes of a run need one folder that they share."
    )


def _tuples(value: Any) -> Any:
    """JSON knows lists only; configs hold tuples only."""
    if isinstance(value, dict):
        return {k: _tuples(v) for k, v in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
