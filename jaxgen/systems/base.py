"""The one interface that every system implements and the loop knows.

A *network* is a named mapping of linen variables: its `params` are moved by optimisers
only, its other collections by `Result.updates` only. Fields that jax maps over are
typed `Any`, because jax rebuilds such structs with placeholders in them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import jax
import numpy as np
from flax import struct

from jaxgen.core.arrays import Array, Batch, Images, Nets, Spec


@struct.dataclass
class Context:
    """What an objective may know besides networks and batch.

    Attributes:
        key: random key of this step and this phase.
        step: int32 scalar, steps finished.
        carry: name -> array from earlier phases of the same step, gradients cut.
    """

    key: Any
    step: Any
    carry: Any


@struct.dataclass
class Result:
    """What an objective gives back.

    Attributes:
        loss: scalar, what is differentiated.
        metrics: term -> scalar, unweighted; logged as `<phase>/<term>`.
        carry: name -> array for later phases of the same step.
        updates: network -> collection -> new value, for collections but `params`.
    """

    loss: Any
    metrics: Any = field(default_factory=dict)
    carry: Any = field(default_factory=dict)
    updates: Any = field(default_factory=dict)


@dataclass(frozen=True)
class Phase:
    """One optimiser step.

    Attributes:
        objective: networks, batch, context -> Result.
        trains: networks whose parameters move; all others are constants.
        every: lazy regularisation: the step multiplies the loss by it, and the
            optimiser's rate and betas are corrected for it.
    """

    objective: Callable[[Nets, Batch, Context], Result]
    trains: tuple[str, ...]
    every: int = 1


REQUIRED: Any = object()


@dataclass(frozen=True)
class Input:
    """One thing a person gives to a task.

    Attributes:
        kind: `image`, `keypoints`, `number`, `choice` or `seeds`.
        about: one sentence for `--help`.
        default: the value when nothing is given; `REQUIRED` when something must be.
        live: may change from frame to frame.
    """

    kind: str
    about: str
    default: Any = REQUIRED
    live: bool = False


@dataclass(frozen=True)
class Task:
    """One use a person can make of a trained system.

    Attributes:
        about: one sentence for `--help`.
        inputs: name -> Input.
        prepare: networks, inputs, key -> cache; runs once.
        frame: networks, cache, time in [0, 1], live inputs -> named pictures in
            [-1, 1], the answer last.
        frames: cache -> how many frames.
    """

    about: str
    inputs: Mapping[str, Input]
    prepare: Callable[[Nets, Mapping[str, Any], jax.Array], Any]
    frame: Callable[[Nets, Any, Any, Mapping[str, Any]], Mapping[str, Array]]
    frames: Callable[[Any], int] = lambda cache: 1


def picture_size(spec: Spec) -> tuple[int, int]:
    """Height and width of the largest pictures of a batch; 0, 0 if there is none."""
    shapes = (entry.shape for entry in spec.values() if entry.dtype == np.uint8)
    return max(((s[1], s[2]) for s in shapes if len(s) == 4), default=(0, 0))


@runtime_checkable
class System(Protocol):
    """A published system as pure functions; what moves and when is data."""

    def batch_spec(self, batch_size: int) -> Spec:
        """The arrays a batch must have, as the loader ships them."""
        ...

    def init(self, key: jax.Array) -> Nets:
        """Every network, from hyper-parameters alone."""
        ...

    def frozen(self) -> tuple[str, ...]:
        """Networks that nothing ever changes."""
        ...

    def inputs(self, nets: Nets, batch: Batch) -> Batch:
        """Bytes to floats in [-1, 1], pose maps and masks; once per step."""
        ...

    def phases(self) -> Mapping[str, Phase]:
        """Every optimiser step there is, by name."""
        ...

    def plan(self, step: int) -> tuple[str, ...]:
        """The phases of this step, in order."""
        ...

    def predict(self, nets: Nets, batch: Batch, key: jax.Array) -> Mapping[str, Array]:
        """The answers to a batch of `inputs`; `image` is among them."""
        ...

    def panels(
        self, batch: Batch, outputs: Mapping[str, Array]
    ) -> Mapping[str, Images]:
        """Labelled pictures in [-1, 1] to show side by side, all of one size."""
        ...

    def tasks(self) -> Mapping[str, Task]:
        """What a person can do with it."""
        ...
