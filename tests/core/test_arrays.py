import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType

from jaxgen.core.arrays import along_batch, apply_where_batch_lies


@pytest.fixture
def mesh():
    axes = ("data", "model")
    return jax.make_mesh((4, 2), axes, axis_types=(AxisType.Auto,) * 2)


def test_outside_a_mesh_nothing_changes():
    x = jnp.arange(8.0)
    assert along_batch(x) is x


def test_in_a_mesh_the_first_axis_is_split_and_values_stay(mesh):
    x = np.arange(24.0, dtype=np.float32).reshape(8, 3)
    with jax.set_mesh(mesh):
        y = jax.jit(lambda: along_batch(jnp.asarray(x)))()
    assert y.sharding.shard_shape(y.shape) == (2, 3)
    np.testing.assert_array_equal(y, x)


def test_a_batch_that_does_not_divide_stays_whole(mesh):
    with jax.set_mesh(mesh):
        y = jax.jit(lambda: along_batch(jnp.ones((6, 3))))()
    assert y.sharding.shard_shape(y.shape) == (6, 3)


def plus_sum(x, offset):
    return x + x.sum() + offset


def test_a_function_is_called_where_its_part_of_the_batch_lies(mesh):
    x, offset = jnp.arange(8.0), jnp.float32(100)
    with jax.set_mesh(mesh):
        placed = jax.device_put(x, jax.NamedSharding(mesh, jax.P("data")))
        call = jax.jit(lambda x: apply_where_batch_lies(plus_sum, (x,), (offset,)))
        found = call(placed)
    assert found.sharding.shard_shape(found.shape) == (2,)
    pairs = x.reshape(4, 2)
    want = pairs + pairs.sum(1, keepdims=True) + offset
    np.testing.assert_array_equal(found, want.ravel())


def test_it_is_called_once_outside_a_mesh_or_where_the_batch_does_not_divide(mesh):
    x, offset = jnp.arange(6.0), jnp.float32(1)
    want = plus_sum(x, offset)
    np.testing.assert_array_equal(
        apply_where_batch_lies(plus_sum, (x,), [offset]), want
    )
    with jax.set_mesh(mesh):
        call = jax.jit(lambda x: apply_where_batch_lies(plus_sum, (x,), (offset,)))
        np.testing.assert_array_equal(call(x), want)
