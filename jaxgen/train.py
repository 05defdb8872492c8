"""Trains a system from a config, or goes on where the workdir stopped.

python -m jaxgen.train --config pg2_synthetic:small --workdir runs/pg2
"""

import pathlib
from contextlib import ExitStack
from functools import partial
from typing import Any

import jax
from clu import parameter_overview
from jax.sharding import Mesh

import jaxgen
from jaxgen import systems
from jaxgen.cli import evaluators
from jaxgen.cli.arguments import Parser, run
from jaxgen.cli.networks import resolve_pretrained
from jaxgen.cli.progress import Progress
from jaxgen.core.arrays import Config
from jaxgen.data import builders, pipeline
from jaxgen.data.builders.cache import cache_folder
from jaxgen.runtime import compilation, experiment, pictures, processes
from jaxgen.runtime.checkpoint import Checkpoints, require_best
from jaxgen.runtime.evaluation import Judge
from jaxgen.runtime.mesh import (
    guarded,
    make_mesh,
    mesh_key,
    part,
    put,
    replicated,
    require_divisible,
)
from jaxgen.runtime.meter import Meter
from jaxgen.runtime.optim import make_optimizers
from jaxgen.runtime.provenance import write_provenance
from jaxgen.runtime.state import TrainState, create
from jaxgen.runtime.step import make_step
from jaxgen.runtime.writer import Silent, Writer
from jaxgen.systems.base import System, picture_size

_SHOWN: dict[str, Any] = dict(split="test", samples=8)


def train(config: Config, workdir: str) -> TrainState:
    """Trains until `config.steps`, or until SIGTERM asks it to stop.

    Args:
        config: complete, as `cli.arguments` reads it.
        workdir: where checkpoints, curves and pictures go. If it holds a checkpoint,
            training goes on from there, bit for bit.

    Returns:
        The last state.

    Raises:
        ValueError, KeyError, FileNotFoundError, FileExistsError: for a config, data
            or workdir that do not fit; nothing is lost.
        FloatingPointError: when a number is no longer finite.
        KeyboardInterrupt: after Ctrl-C, when the state is saved; at once if it comes
            twice, or before the first step.
    """
    compilation.enable_cache(cache_folder() / "compiled")
    mesh = make_mesh(data=config.mesh.data, model=config.mesh.model)
    require_divisible(config.batch_size, config.microbatches, mesh)
    system = systems.build(config.system, config.model.to_dict(), config.dtype)
    evaluations = evaluators.evaluations(config.evals.to_dict(), system)
    require_best(config.best, evaluations)
    optimizers = make_optimizers(config, system)

    with ExitStack() as stack:
        stack.enter_context(experiment.locked(workdir))
        experiment.require_same_run(workdir, config)
        data, spec = prepared_data(config, system), system.batch_spec(config.batch_size)
        _require_samples(data, spec, config.data.split, _SHOWN["split"], evaluations)
        pretrained = resolve_pretrained(config.pretrained.to_dict(), system.frozen())
        start = create(system, optimizers, mesh, config, pretrained)
        checkpoints = Checkpoints(workdir, keep=config.keep, best=config.best)
        stack.callback(checkpoints.close)  # Waits for the last save whatever happens.
        state, position = checkpoints.restore_latest(start.state, start.shardings)
        batches = _batches(data, spec, config.seed, position, mesh)
        stack.callback(batches.close)
        writer = _writer(config, data, workdir, state)
        stack.callback(writer.close)
        quiet = not processes.is_first()
        progress = Progress("train", config.steps, int(state.step), quiet=quiet)
        stack.callback(progress.close)
        key, meter = mesh_key(config.seed, mesh), Meter(config.batch_size)
        judge = Judge(
            system, evaluations, partial(pipeline.once, data, spec), mesh, key
        )
        step_fn = make_step(
            system, optimizers, start.shardings, replicated(mesh), config
        )
        stack.enter_context(guarded(mesh))
        previous = None
        for step in range(int(state.step), config.steps):
            batch = put(next(batches), mesh)
            plan = system.plan(step)
            state, terms = step_fn(state, start.frozen, batch, key, plan=plan)
            # Bounds the queue of steps: several CPU devices deadlock without it.
            jax.block_until_ready(previous)
            previous, done = terms, step + 1
            meter.add(done, terms)
            progress.advance()
            stop = checkpoints.stop_asked(done)
            last = stop or done == config.steps
            judged = not stop and (last or due(done, config.eval_every))
            judged = judged and bool(evaluations)
            if last or due(done, config.log_every):
                logged = meter.flush()  # Stops on NaN.
                writer.write_scalars(done, logged)
                progress.report(done, logged)
            with meter.paused():
                waits = judged and config.best  # For the numbers it is kept for.
                if (last or due(done, config.save_every)) and not waits:
                    meter.check()  # A NaN never becomes the newest checkpoint.
                    checkpoints.save(done, state, position=batches.position)
                if stop:
                    break  # There may be seconds left: no pictures, no numbers.
                nets = {**start.frozen, **state.averaged_nets()}
                if last or due(done, config.show_every):
                    writer.write_images(done, judge.panels(nets, **_SHOWN))
                if judged:
                    numbers = judge.numbers(nets)
                    writer.write_scalars(done, numbers)
                    progress.report(done, numbers)
                if waits:
                    meter.check()
                    checkpoints.save(
                        done, state, position=batches.position, metrics=numbers
                    )
    if checkpoints.interrupted:
        raise KeyboardInterrupt(_ending(state, config, workdir))
    return state


def due(done: int, every: int) -> bool:
    """Whether something that happens every so many steps happens now; 0 is never."""
    return every > 0 and done % every == 0


def prepared_data(config: Config, system: System, folder: str = "") -> dict[str, Any]:
    """The data part of a config with its folder; synthetic people are drawn first.

    Args:
        config: of the run.
        system: whose pictures.
        folder: of prepared data, instead of the config's.
    """
    data = config.data.to_dict()
    data["folder"] = folder or data["folder"]
    size = picture_size(system.batch_spec(1))
    return {**data, "folder": str(builders.ensure(data, size))}


def _require_samples(data, spec, trained: str, shown: str, evaluations) -> None:
    """Opens every split that the run will need, now and not after hours."""
    tested = {shown, *(entry.split for entry in evaluations.values())}
    for split in sorted({trained, *tested}):
        next(pipeline.once(data, spec, split=split, samples=1))


def _batches(
    data: dict[str, Any], spec, seed: int, position: int, mesh: Mesh
) -> pipeline.Batches:
    mine, parts = part(mesh)
    return pipeline.batches(
        data, spec, seed, start=position, process=mine, processes=parts
    )


def _writer(config: Config, data, workdir: str, state: TrainState) -> Writer | Silent:
    """Writes down what runs, says it, and opens curves and pictures."""
    if not processes.is_first():
        return Silent()
    digest = experiment.config_hash(config)
    fingerprint = pipeline.fingerprint(data, config.data.split)
    experiment.write_config(workdir, config)
    write_provenance(workdir, {"config": digest, "dataset": fingerprint})
    sizes = ", ".join(
        f"{name} {parameter_overview.count_parameters(net['params']):,}"
        for name, net in state.nets.items()
    )
    where = f"from step {int(state.step)} to {config.steps}"
    devices = f"{jax.device_count()} {jax.devices()[0].platform} devices"
    print(f"train: {config.system} {where} on {devices}; parameters: {sizes}")
    notes = pictures.notes(jaxgen.__version__, digest, int(state.step))
    return Writer(workdir, start=int(state.step), notes=notes)


def default_workdir(argument: str) -> str:
    """`runs/<config>-<variant>` for a `--config` argument; a workdir's own for its."""
    name, _, variant = argument.partition(":")
    stem = pathlib.Path(name).stem
    if name.endswith(".json"):
        return str(pathlib.Path(name).parent)
    return f"runs/{stem}-{variant}" if variant else f"runs/{stem}"


def _ending(state: TrainState, config: Config, workdir: str) -> str:
    """How a run ended, for the person who began it."""
    done = int(state.step)
    if done < config.steps:
        return (
            f"stopped at step {done} of {config.steps} and saved; the same command "
            f"goes on; everything is in {workdir}"
        )
    return f"{done} steps done; everything is in {workdir}"


def main() -> None:
    """The command."""
    parser = Parser("train", "Trains a system, or goes on where the workdir stopped.")
    parser.add_argument(
        "--workdir", help="where everything goes; by default runs/<config>-<variant>"
    )
    parser.add_argument(
        "--distributed",
        metavar="auto|HOST:PORT,COUNT,INDEX",
        help="makes this one of several processes of one run: auto asks SLURM, a TPU "
        "pod, GKE or Open MPI; otherwise where process 0 listens, how many processes "
        "there are, and which one this is, from 0",
    )
    with ExitStack() as stack:
        # First of all, so that what is refused here is told to the other processes.
        arguments, config = parser.parse_with_config(
            before=lambda flags: stack.enter_context(
                processes.joined(flags.distributed)
            )
        )
        workdir = arguments.workdir or default_workdir(arguments.config)
        state = train(config, workdir)
        if processes.is_first():
            print(f"train: {_ending(state, config, workdir)}")


if __name__ == "__main__":
    run(main, "train")
