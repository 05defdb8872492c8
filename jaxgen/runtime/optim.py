"""From `config.optim` to optimisers whose rate follows the global step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import optax

from jaxgen.core import checks, trees
from jaxgen.core.arrays import Scalar


@dataclass(frozen=True)
class Optimizer:
    """An optax transform without a rate, and the rate.

    Attributes:
        direction: gradients -> what to move along.
        schedule: global step -> rate. Not the optimiser's own count, so that networks
            that rest or begin late follow the curve their paper draws.
    """

    direction: optax.GradientTransformation
    schedule: Callable[[Any], Scalar]


_DEFAULTS = dict(
    name="adam",
    rate=2e-4,
    b1=0.9,
    b2=0.999,
    eps=1e-8,
    weight_decay=0.0,
    clip=0.0,
    schedule=None,
)
_SCHEDULE = dict(name="constant", begin=0, end=0, warmup=0, final=0.0)


def optimizer(options: Mapping[str, Any], *, every: int = 1) -> Optimizer:
    """One network's optimiser.

    Args:
        options: `name` (adam, rmsprop, sgd), `rate`, `b1`, `b2` (the decay of rmsprop),
            `eps`, `weight_decay`, `clip` (norm over this network's gradients, 0 for
            none) and `schedule`: `dict(name, begin, end, warmup, final)`, where the
            rate rises for `warmup` steps from `begin` on, then stays (`constant`) or
            falls to `final` times the rate at `end` (`cosine`, `linear`).
        every: of its lazy phase; rate and betas are corrected as in appendix B of
            arXiv:1912.04958.

    Raises:
        KeyError: for an unknown option, optimiser or schedule.
    """
    for key in options:
        checks.require_known("optim", "option", key, _DEFAULTS)
    o = _DEFAULTS | dict(options)
    lazy = every / (every + 1) if every > 1 else 1.0
    b1, b2 = o["b1"] ** lazy if o["b1"] else 0.0, o["b2"] ** lazy
    kinds = {
        "adam": lambda: optax.scale_by_adam(b1, b2, eps=o["eps"]),
        "rmsprop": lambda: optax.scale_by_rms(b2, eps=o["eps"]),
        "sgd": optax.identity,
    }
    checks.require_known("optim", "optimiser", o["name"], kinds)
    parts = [optax.clip_by_global_norm(o["clip"])] if o["clip"] else []
    parts.append(kinds[o["name"]]())
    if o["weight_decay"]:
        parts.append(optax.add_decayed_weights(o["weight_decay"]))
    rate = o["rate"] * lazy
    return Optimizer(optax.chain(*parts), _schedule(rate, o["schedule"] or {}))


def _schedule(rate: float, options: Mapping[str, Any]) -> Callable[[Any], Scalar]:
    for key in options:
        checks.require_known("optim.schedule", "option", key, _SCHEDULE)
    o = _SCHEDULE | dict(options)
    length = max(o["end"] - o["begin"] - o["warmup"], 1)
    curves = {
        "constant": lambda: optax.constant_schedule(rate),
        "cosine": lambda: optax.cosine_decay_schedule(rate, length, o["final"]),
        "linear": lambda: optax.linear_schedule(rate, rate * o["final"], length),
    }
    checks.require_known("optim.schedule", "name", o["name"], curves)
    rise = optax.linear_schedule(
        rate / max(o["warmup"], 1), rate, max(o["warmup"] - 1, 1)
    )
    curve = curves[o["name"]]()
    joined = (
        optax.join_schedules([rise, curve], [o["warmup"]]) if o["warmup"] else curve
    )
    return lambda step: joined(jnp.maximum(step - o["begin"], 0))


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
