"""The smallest system that uses every part of the step, to try the runtime on."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from jaxgen.core.arrays import along_batch
from jaxgen.systems.base import Phase, Result


@dataclass(frozen=True)
class Toy:
    """A generator of two numbers, a judge, a counter, and a frozen scale.

    `generate` fits targets, hands its answer on; `judge` reads the answer from the
    carry, counts its calls in a collection, and draws noise.
    """

    every: int = 1
    poison: int = -1

    def batch_spec(self, batch_size):
        return {"x": jax.ShapeDtypeStruct((batch_size, 2), jnp.float32)}

    def init(self, key):
        a, b = jax.random.split(key)
        return {
            "generator": {"params": {"w": jax.random.normal(a, (2, 2))}},
            "judge": {
                "params": {"w": jax.random.normal(b, (2, 1))},
                "calls": {"count": jnp.zeros(())},
            },
            "scale": {"params": {"s": jnp.full((), 2.0)}},
        }

    def frozen(self):
        return ("scale",)

    def inputs(self, nets, batch):
        return {"x": batch["x"] * nets["scale"]["params"]["s"]}

    def phases(self):
        return {
            "generate": Phase(self.generate, trains=("generator",)),
            "judge": Phase(self.judge, trains=("judge",), every=self.every),
        }

    def plan(self, step):
        return ("generate", "judge") if step % 2 == 0 else ("generate",)

    def generate(self, nets, batch, context):
        y = batch["x"] @ nets["generator"]["params"]["w"]
        loss = jnp.square(y - 1).mean()
        loss = jnp.where(context.step == self.poison, jnp.nan, loss)
        return Result(loss=loss, metrics={"l2": loss}, carry={"fake": y})

    def judge(self, nets, batch, context):
        noise = along_batch(jax.random.normal(context.key, batch["x"].shape))
        logits = (context.carry["fake"] + noise) @ nets["judge"]["params"]["w"]
        loss = jnp.square(logits - 1).mean()
        count = nets["judge"]["calls"]["count"] + jnp.where(loss > -1, 1.0, 0.0)
        return Result(
            loss=loss,
            metrics={"l2": loss},
            updates={"judge": {"calls": {"count": count}}},
        )

    def predict(self, nets, batch, key):
        return {"image": batch["x"] @ nets["generator"]["params"]["w"]}

    def panels(self, batch, outputs):
        return {}

    def tasks(self):
        return {}
