"""The one compiled training step, whatever the system."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax

from jaxgen.core import checks
from jaxgen.core.arrays import Batch, Config, Nets
from jaxgen.runtime import optim
from jaxgen.runtime.optim import Optimizer
from jaxgen.runtime.state import TrainState
from jaxgen.systems.base import Context, Phase, Result, System


def make_step(
    system: System,
    optimizers: Mapping[str, Optimizer],
    shardings: TrainState,
    replicated: Any,
    config: Config,
) -> Callable:
    """Compiles `step(state, frozen, batch, key, plan=...) -> (state, metrics)`.

    One compilation for each distinct plan. The state is donated: the old one is gone.

    Args:
        system: whose phases to run.
        optimizers: one for each trained network.
        shardings: of the state. Without them the first call may hand out others, and
            the second one compiles again.
        replicated: the sharding of metrics.
        config: of which `ema` (network -> half life in images) and `microbatches`
            (parts of a batch whose gradients are summed one after another) are read.
    """
    phases = system.phases()
    order = {name: place for place, name in enumerate(phases)}
    half_lives = config.ema.to_dict()

    @partial(
        jax.jit,
        static_argnames="plan",
        donate_argnames="state",
        out_shardings=(shardings, replicated),
    )
    def step(state: TrainState, frozen: Nets, batch: Batch, key, *, plan):
        size = jax.tree.leaves(batch)[0].shape[0]
        key, carry, metrics = jax.random.fold_in(key, state.step), {}, {}
        batch = jax.lax.stop_gradient(system.inputs({**frozen, **state.nets}, batch))
        for name in plan:
            phase = phases[name]
            context = Context(jax.random.fold_in(key, order[name]), state.step, carry)
            with jax.named_scope(name):
                state, result = _run_phase(
                    phase,
                    optimizers,
                    state,
                    frozen,
                    batch,
                    context,
                    config.microbatches,
                )
            carry = carry | jax.lax.stop_gradient(dict(result.carry))
            metrics |= {f"{name}/{term}": v for term, v in result.metrics.items()}
        moved = {n for name in plan for n in phases[name].trains}
        for name in sorted(moved):
            metrics[f"rate/{name}"] = optimizers[name].schedule(state.step)
        return _averaged(state, moved & set(half_lives), half_lives, size), metrics

    return step


def _run_phase(
    phase: Phase,
    optimizers: Mapping[str, Optimizer],
    state: TrainState,
    frozen: Nets,
    batch: Batch,
    context: Context,
    microbatches: int,
) -> tuple[TrainState, Result]:
    constants = {**frozen, **state.nets}

    def loss(params: Mapping[str, Any], batch: Batch, context: Context):
        result = phase.objective(_with_params(constants, params), batch, context)
        return result.loss * phase.every, result

    params = {name: state.nets[name]["params"] for name in phase.trains}
    gradient = jax.grad(loss, has_aux=True)
    if microbatches == 1:
        gradients, result = gradient(params, batch, context)
    else:
        gradients, result = _accumulated(gradient, params, batch, context, microbatches)
    nets, opt = _with_updates(state.nets, result.updates), dict(state.opt)
    # A finite loss can have a gradient that is not; this is how the meter sees it.
    norms = {f"gradient/{n}": optax.tree.norm(g) for n, g in gradients.items()}
    result = replace(result, metrics={**result.metrics, **norms})
    for name in phase.trains:
        moved, opt[name] = optim.move(
            optimizers[name], gradients[name], opt[name], params[name], state.step
        )
        nets[name] = {**nets[name], "params": moved}
    return replace(state, nets=nets, opt=opt), result


def _accumulated(
    gradient: Callable, params, batch: Batch, context: Context, parts: int
):
    """Means over micro-batches, taken with a stride so that every shard stays put."""

    def split(x):
        return x.reshape(x.shape[0] // parts, parts, *x.shape[1:]).swapaxes(0, 1)

    def merge(x):
        return x.swapaxes(0, 1).reshape(-1, *x.shape[2:])

    def body(total, part):
        index, batch, carry = part
        inner = Context(jax.random.fold_in(context.key, index), context.step, carry)
        gradients, result = gradient(params, batch, inner)
        return jax.tree.map(jnp.add, total, gradients), result

    zero = jax.tree.map(jnp.zeros_like, params)
    pieces = (
        jnp.arange(parts),
        jax.tree.map(split, dict(batch)),
        jax.tree.map(split, dict(context.carry)),
    )
    total, results = jax.lax.scan(body, zero, pieces)
    mean = partial(jax.tree.map, lambda x: x.mean(0))
    result = Result(
        loss=mean(results.loss),
        metrics=mean(results.metrics),
        carry=jax.tree.map(merge, results.carry),
        updates=mean(results.updates),
    )
    return jax.tree.map(lambda x: x / parts, total), result


def _with_params(nets: Nets, params: Mapping[str, Any]) -> Nets:
    return {**nets, **{n: {**nets[n], "params": p} for n, p in params.items()}}


def _with_updates(nets: Nets, updates: Mapping[str, Mapping]) -> dict[str, Any]:
    """New values of collections, of the old dtypes: others would compile again."""

    def like(new, old):
        return jax.lax.stop_gradient(new).astype(old.dtype)

    nets = dict(nets)
    for name, collections in updates.items():
        for kind, value in collections.items():
            known = set(nets[name]) - {"params"}
            checks.require_known(
                f"step: updates of {name!r}", "collection", kind, known
            )
            nets[name] = {
                **nets[name],
                kind: jax.tree.map(like, value, nets[name][kind]),
            }
    return nets


def _averaged(state: TrainState, names, half_lives, size: int) -> TrainState:
    seen, ema = dict(state.seen), dict(state.ema)
    for name in sorted(names):
        seen[name] = seen[name] + size
        ema[name] = optim.averaged(
            ema[name], state.nets[name]["params"], seen[name], size, half_lives[name]
        )
    return replace(state, ema=ema, seen=seen, step=state.step + 1)
