import jax
import numpy as np
import pytest
from jax.sharding import PartitionSpec as P

from jaxgen.runtime import mesh as meshes


def test_by_default_all_devices_lie_along_data():
    mesh = meshes.make_mesh()
    assert dict(mesh.shape) == {"data": 8, "model": 1}


def test_a_mesh_of_another_size_than_the_devices_is_refused():
    with pytest.raises(ValueError, match="8"):
        meshes.make_mesh(data=3, model=2)


def test_batches_are_split_over_data():
    batch = meshes.put({"x": np.zeros((16, 3), np.float32)}, meshes.make_mesh())
    assert batch["x"].sharding.spec == P("data")
    assert batch["x"].addressable_shards[0].data.shape == (2, 3)


def test_the_first_rule_that_divides_splits_a_weight():
    mesh = meshes.make_mesh(data=4, model=2)
    tree = {"a": {"kernel": np.zeros((3, 8))}, "b": {"kernel": np.zeros((3, 7))}}
    placed = meshes.place(tree, mesh, (("kernel", -1), (".", 0)))
    assert placed["a"]["kernel"].spec == P(None, "model")
    assert placed["b"]["kernel"].spec == P()


def test_batches_that_cannot_be_shared_out_are_refused():
    mesh = meshes.make_mesh()
    meshes.require_divisible(32, 2, mesh)
    with pytest.raises(ValueError, match="12 is not divisible by 8 devices"):
        meshes.require_divisible(12, 1, mesh)


def test_the_guard_lets_through_what_we_put_and_nothing_else():
    mesh = meshes.make_mesh()
    with meshes.guarded(mesh):
        meshes.put({"x": np.zeros((8, 3), np.float32)}, mesh)
        with pytest.raises(Exception, match="Disallowed host-to-device"):
            jax.jit(lambda x: x)(np.zeros(3))


def test_the_key_lies_on_the_whole_mesh():
    key = meshes.mesh_key(3, meshes.make_mesh())
    assert len(key.sharding.device_set) == 8
    assert (jax.random.key_data(key) == jax.random.key_data(jax.random.key(3))).all()


def test_one_process_makes_whole_batches():
    assert meshes.part(meshes.make_mesh(data=4, model=2)) == (0, 1)


@pytest.mark.parametrize(
    ("owners", "parts"),
    [
        ([{0}, {1}, {2}], [(0, 3), (1, 3), (2, 3)]),
        ([{0}, {0}, {1}, {1}], [(0, 2), (1, 2)]),
        # Processes that share the model axis make the same part.
        ([{0, 1}, {2, 3}], [(0, 2), (0, 2), (1, 2), (1, 2)]),
        ([{0, 1}], [(0, 1), (0, 1)]),
    ],
)
def test_every_process_makes_what_its_devices_take(owners, parts):
    assert [meshes.part_of(process, owners) for process in range(len(parts))] == parts


@pytest.mark.parametrize("owners", [[{0}, {0, 1}, {1}], [{0}, {0}, {1}]])
def test_devices_that_are_shared_unevenly_are_refused(owners):
    for process in (0, 1):
        with pytest.raises(ValueError, match="along model should be of one process"):
            meshes.part_of(process, owners)
