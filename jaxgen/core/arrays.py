"""Names for the arrays and trees that travel through the house."""

from collections.abc import Mapping
from typing import Any

import jax
from jax.sharding import PartitionSpec
from jaxtyping import Array, Float

Images = Float[Array, "b h w c"]
Scalar = Float[Array, ""]
Batch = Mapping[str, Array]
Spec = Mapping[str, jax.ShapeDtypeStruct]
Net = Mapping[str, Any]
Nets = Mapping[str, Net]
Config = Any  # An ml_collections.ConfigDict; type checkers cannot know its attributes.


def along_batch(x: Array) -> Array:
    """Splits `x` over the mesh axis `data`, for what is drawn inside the step.

    What derives from the batch is split by itself; what does not (latents, noise)
    would otherwise be computed whole on every device. Outside a mesh, or where the
    batch does not divide, `x` is returned as it is.

    Args:
        x: any array whose first axis is the batch.
    """
    mesh = jax.sharding.get_abstract_mesh()
    if mesh.empty or x.shape[0] % mesh.shape["data"]:
        return x
    return jax.lax.with_sharding_constraint(x, PartitionSpec("data"))
