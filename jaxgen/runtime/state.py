"""Everything that training changes, and how it begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct
from jax.sharding import Mesh

from jaxgen.core import checks, trees
from jaxgen.core.arrays import Config, Nets
from jaxgen.runtime import mesh as meshes
from jaxgen.runtime.optim import Optimizer
from jaxgen.systems.base import System


@struct.dataclass
class TrainState:
    """What a checkpoint holds.

    Attributes:
        step: int32 scalar, steps finished.
        nets: every network that is not frozen.
        opt: optimiser states of the trained ones.
        ema: averaged parameters of those named in `config.ema`.
        seen: float32 scalars, images those have trained on.
    """

    step: Any
    nets: Any
    opt: Any
    ema: Any
    seen: Any

    def averaged_nets(self) -> Nets:
        """The networks with averaged parameters where there are any."""
        return {
            name: {**net, "params": self.ema[name]} if name in self.ema else net
            for name, net in self.nets.items()
        }


@dataclass(frozen=True)
class Start:
    """A run's beginning: the state, what never changes, and where the state lies."""

    state: TrainState
    frozen: Nets
    shardings: TrainState


def trained(system: System) -> list[str]:
    """The networks that some phase trains."""
    return sorted({name for phase in system.phases().values() for name in phase.trains})


def create(
    system: System,
    optimizers: Mapping[str, Optimizer],
    mesh: Mesh,
    config: Config,
    pretrained: Nets,
) -> Start:
    """Draws all networks inside one jit, each leaf where it will stay.

    Args:
        system: whose networks to make.
        optimizers: one for each trained network.
        mesh: of the run.
        config: of which `seed`, `ema` and `mesh.rules` are read.
        pretrained: networks to start from instead; shapes must agree.

    Raises:
        KeyError: when optimisers, averages or pretrained networks name others than
            the system has.
        ValueError: when a pretrained network has other shapes.
    """
    names, ema = trained(system), tuple(config.ema)
    checks.require_same_names("config.optim", "networks", names, optimizers)
    for name in ema:
        checks.require_known("config.ema", "network", name, names)

    def build(given: Nets) -> tuple[TrainState, Nets]:
        nets = dict(system.init(jax.random.key(config.seed))) | dict(given)
        mine = {n: v for n, v in nets.items() if n not in system.frozen()}
        state = TrainState(
            step=jnp.zeros((), jnp.int32),
            nets=mine,
            opt={n: optimizers[n].direction.init(mine[n]["params"]) for n in names},
            ema={n: mine[n]["params"] for n in ema},
            seen={n: jnp.zeros((), jnp.float32) for n in ema},
        )
        return state, {n: nets[n] for n in system.frozen()}

    _require_fitting(jax.eval_shape(system.init, jax.random.key(0)), pretrained)
    shardings = meshes.place(jax.eval_shape(build, pretrained), mesh, config.mesh.rules)
    state, frozen = jax.jit(build, out_shardings=shardings)(pretrained)
    return Start(state, frozen, shardings[0])


def _require_fitting(nets: Nets, pretrained: Nets) -> None:
    for name, net in pretrained.items():
        checks.require_known("config.pretrained", "network", name, nets)
        want, got = trees.signature(nets[name]), trees.signature(net)
        if changed := sorted(k for k in want | got if want.get(k) != got.get(k)):
            first = changed[0]
            raise ValueError(
                f"config.pretrained: {name!r} is of another architecture: {first} "
                f"should be {want.get(first)}, the file has {got.get(first)}."
            )
