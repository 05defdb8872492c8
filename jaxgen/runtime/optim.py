"""From `config.optim` to optimisers whose rate follows the global step."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import optax

from jaxgen.core import checks, trees
from jaxgen.core.arrays import Config
from jaxgen.systems.base import System


@dataclass(frozen=True)
class Optimizer:
    """An optax transform without a rate, and the rate.

    Attributes:
        direction: gradients -> what to move along.
        schedule: global step -> rate. Not the optimiser's own count, so that networks
            that rest or begin late follow the curve their paper draws.
    """

    direction: optax.GradientTransformation
    schedule: Callable[[Any], Any]


@dataclass(frozen=True)
class Schedule:
    """How a rate moves over global steps.

    Attributes:
        name: `constant`, or `cosine` or `linear` down to `final`.
        begin: first step of the curve.
        end: step at which `final` is reached.
        warmup: steps from `begin` on in which the rate rises.
        final: share of the rate that is left at `end`.
    """

    name: str = "constant"
    begin: int = 0
    end: int = 0
    warmup: int = 0
    final: float = 0.0


@dataclass(frozen=True)
class Options:
    """One network's entry of `config.optim`.

    Attributes:
        name: `adam`, `rmsprop` or `sgd`.
        rate: the largest one of the schedule.
        b1: decay of the mean of gradients.
        b2: decay of the mean of their squares.
        eps: added to the root of it.
        weight_decay: pull of weights towards zero, times the rate.
        clip: bound on the norm of this network's gradients; 0 for none.
        schedule: of the rate.
    """

    name: str = "adam"
    rate: float = 2e-4
    b1: float = 0.9
    b2: float = 0.999
    eps: float = 1e-8
    weight_decay: float = 0.0
    clip: float = 0.0
    schedule: Schedule = field(default_factory=Schedule)


def complete(options: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of `config.optim` with every option.

    Raises:
        KeyError: for an unknown option; names the nearest.
    """
    filled = asdict(Options())
    for where, given, known in (
        ("config.optim", options, filled),
        ("config.optim.schedule", options.get("schedule", {}), filled["schedule"]),
    ):
        for key in given:
            checks.require_known(where, "option", key, known)
    schedule = filled["schedule"] | dict(options.get("schedule", {}))
    return {**filled, **options, "schedule": schedule}


def optimizer(
    options: Mapping[str, Any], *, every: int = 1, who: str = "config.optim"
) -> Optimizer:
    """One network's optimiser.

    Args:
        options: of `Options`; what is left out has its default.
        who: starts the message of an error.
        every: of its laziest phase; rate and betas are corrected as in appendix B of
            arXiv:1912.04958.

    Raises:
        KeyError: for an unknown option, optimiser or schedule.
        ValueError: for a number that the option cannot have.
    """
    filled = complete(options)
    _require_sensible(who, filled)
    schedule = Schedule(**filled.pop("schedule"))
    o = Options(**filled, schedule=schedule)
    lazy = every / (every + 1) if every > 1 else 1.0
    b1, b2 = o.b1**lazy if o.b1 else 0.0, o.b2**lazy
    kinds = {
        "adam": lambda: optax.scale_by_adam(b1, b2, eps=o.eps),
        "rmsprop": lambda: optax.scale_by_rms(b2, eps=o.eps),
        "sgd": optax.identity,
    }
    checks.require_known("config.optim", "optimiser", o.name, kinds)
    parts = [optax.clip_by_global_norm(o.clip)] if o.clip else []
    parts.append(kinds[o.name]())
    if o.weight_decay:
        parts.append(optax.add_decayed_weights(o.weight_decay))
    return Optimizer(optax.chain(*parts), _curve(o.rate * lazy, o.schedule))


def _require_sensible(who: str, options: Mapping[str, Any]) -> None:
    below = {"b1": 1.0, "b2": 1.0}
    for name in ("rate", "b1", "b2", "eps", "weight_decay", "clip"):
        number, limit = options[name], below.get(name, math.inf)
        if not isinstance(number, int | float) or not 0 <= number < limit:
            until = f" and below {limit:g}" if name in below else ""
            raise ValueError(
                f"{who}: {name} should be a number from 0 on{until}, got {number!r}."
            )


def _curve(rate: float, schedule: Schedule) -> Callable[[Any], Any]:
    warmup = schedule.warmup
    length = max(schedule.end - schedule.begin - warmup, 1)
    curves = {
        "constant": lambda: optax.constant_schedule(rate),
        "cosine": lambda: optax.cosine_decay_schedule(rate, length, schedule.final),
        "linear": lambda: optax.linear_schedule(rate, rate * schedule.final, length),
    }
    checks.require_known("config.optim.schedule", "name", schedule.name, curves)
    curve = curves[schedule.name]()
    if warmup:
        rise = optax.linear_schedule(rate / warmup, rate, max(warmup - 1, 1))
        curve = optax.join_schedules([rise, curve], [warmup])
    return lambda step: curve(jnp.maximum(step - schedule.begin, 0))


def averaged(ema: Any, params: Any, seen: Any, size: int, half_life: float) -> Any:
    """Moves an average of parameters towards their newest values.

    Section 3.2 of arXiv:1710.10196, as NVIDIA's code ramps it: early on the half life
    is a twentieth of the images this network has seen.

    Args:
        ema: the average so far.
        params: the newest parameters.
        seen: images this network has trained on, this step included.
        size: images of this step.
        half_life: in images.
    """
    keep = 0.5 ** (size / jnp.minimum(half_life, seen * 0.05))
    return trees.lerp(params, ema, keep)


def move(optimizer: Optimizer, gradients: Any, state: Any, params: Any, step: Any):
    """One update.

    Returns:
        The new parameters and the optimiser's new state.
    """
    along, state = optimizer.direction.update(gradients, state, params)
    rate = optimizer.schedule(step)
    return jax.tree.map(lambda p, a: p - rate * a, params, along), state


def make_optimizers(config: Config, system: System) -> dict[str, Optimizer]:
    """One optimiser for each entry of `config.optim`.

    Args:
        config: of the run.
        system: its phases tell which networks train every few steps only.

    Raises:
        KeyError: for unknown names and schedules.
    """
    every: dict[str, int] = {}
    for phase in system.phases().values():
        for name in phase.trains:
            every[name] = max(every.get(name, 1), phase.every)
    return {
        name: optimizer(options, every=every.get(name, 1), who=f"config.optim.{name}")
        for name, options in config.optim.to_dict().items()
    }
