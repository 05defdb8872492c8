"""What a person can do with PG2: put somebody into another pose."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from jaxgen.core.arrays import Array, Nets
from jaxgen.systems.base import Input, Task

if TYPE_CHECKING:
    from jaxgen.systems.pg2.system import PG2


def transfer(system: "PG2") -> Task:
    """The person of one photograph in the pose of a set of keypoints."""

    def prepare(nets: Nets, inputs: Mapping[str, Any], key: jax.Array):
        del nets, key
        keypoints = jnp.asarray(inputs["target_keypoints"], jnp.float32)
        return {
            "source_image": jnp.asarray(inputs["source_image"])[None],
            "target_keypoints": keypoints[None],
        }

    def frame(
        nets: Nets, cache: Mapping[str, Array], time: Any, live: Mapping[str, Any]
    ) -> Mapping[str, Array]:
        del time, live
        batch = system.inputs(nets, cache)
        outputs = system.predict(nets, batch, jax.random.key(0))
        panels = system.panels(batch, outputs)
        return {name: image[0] for name, image in panels.items()}

    return Task(
        about="Draws the person of a photograph in another pose.",
        inputs={
            "source_image": Input("image", "photograph of the person"),
            "target_keypoints": Input(
                "keypoints",
                "the wanted pose: a JSON file of any known schema, of several people "
                "the surest",
            ),
        },
        prepare=prepare,
        frame=frame,
    )
