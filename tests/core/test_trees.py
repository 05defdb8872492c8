import jax
import jax.numpy as jnp
import numpy as np

from jaxgen.core import trees

TREE = {
    "generator": {"params": {"stem": {"kernel": jnp.ones((2, 3))}}},
    "steps": [jnp.zeros((), jnp.int32), jnp.full((4,), 2.0)],
}
PATHS = ["generator/params/stem/kernel", "steps/0", "steps/1"]


def test_flatten_names_every_leaf_by_its_path():
    flat = trees.flatten(TREE)
    assert list(flat) == PATHS
    assert flat["steps/1"] is TREE["steps"][1]


def test_map_named_keeps_the_structure_and_tells_the_path():
    named = trees.map_named(lambda name, leaf: (name, leaf.shape), TREE)
    assert named["generator"]["params"]["stem"]["kernel"] == (PATHS[0], (2, 3))
    assert [name for name, _ in named["steps"]] == PATHS[1:]


def test_select_searches_anywhere_in_the_path():
    assert list(trees.select(TREE, "kernel$")) == PATHS[:1]
    assert list(trees.select(TREE, "^steps/")) == PATHS[1:]
    assert trees.select(TREE, "bias") == {}


def test_lerp_meets_both_ends_and_the_middle():
    start, end = {"a": jnp.array([0.0, 2.0])}, {"a": jnp.array([4.0, -2.0])}
    for t, want in ((0.0, [0.0, 2.0]), (0.25, [1.0, 1.0]), (1.0, [4.0, -2.0])):
        np.testing.assert_array_equal(trees.lerp(start, end, t)["a"], want)


def test_count_adds_up_numbers_and_counts_a_scalar_as_one():
    assert trees.count(TREE) == 6 + 1 + 4
    assert trees.count({}) == 0


def test_count_and_signature_take_abstract_trees():
    abstract = jax.eval_shape(lambda: TREE)
    assert trees.count(abstract) == trees.count(TREE)
    assert trees.signature(abstract) == trees.signature(TREE)


def test_signature_tells_shape_and_dtype():
    assert trees.signature(TREE)["steps/0"] == ((), "int32")
    assert trees.signature(TREE)[PATHS[0]] == ((2, 3), "float32")
