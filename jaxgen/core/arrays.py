"""Names for the arrays and trees that travel through the house."""

from collections.abc import Callable, Mapping, Sequence
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


def apply_where_batch_lies(
    function: Callable, batched: Sequence[Array], whole: Sequence[Array] = ()
) -> Any:
    """Calls `function` on each device with the part of the batch that lies there.

    A loop or a scatter over a batch that is split over devices would otherwise bring
    the whole batch to each of them. Outside a mesh, or where the batch does not divide,
    it is called once. On a mesh it has to be part of a jitted function.

    Args:
        function: of all arrays; its results have the batch in front.
        batched: arrays whose first axis is the batch.
        whole: further arguments, the same on every device.
    """
    mesh = jax.sharding.get_abstract_mesh()
    if "data" not in mesh.auto_axes or len(batched[0]) % mesh.shape["data"]:
        return function(*batched, *whole)
    part, everywhere = PartitionSpec("data"), PartitionSpec()
    return jax.shard_map(
        function,
        in_specs=(part,) * len(batched) + (everywhere,) * len(whole),
        out_specs=part,
        axis_names={"data"},
        check_vma=False,
    )(*batched, *whole)
