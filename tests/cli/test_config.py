import pytest
from ml_collections import ConfigDict

from jaxgen.cli import config as schema


def least(**more):
    """The fewest keys that a config may have."""
    needed = dict(system="pg2", model={}, steps=1, batch_size=2, optim={})
    return ConfigDict(needed | dict(data=dict(source="images")) | more)


def test_what_a_file_leaves_out_is_filled_in():
    config = schema.complete(least())
    assert set(config) == set(schema.REQUIRED) | set(schema.defaults())
    assert config.seed == 0 and config.dtype == "float32"
    assert config.data.source == "images" and config.data.pairing == "identity"
    assert config.mesh.data == -1


def test_what_a_file_says_is_kept():
    mesh, data = dict(model=2), dict(source="images", split="test", people=3)
    config = schema.complete(least(seed=7, mesh=mesh, data=data))
    assert config.seed == 7
    assert (config.mesh.data, config.mesh.model) == (-1, 2)
    assert config.data.split == "test" and config.data.people == 3


def test_completing_twice_changes_nothing():
    once = schema.complete(least())
    assert schema.complete(once).to_dict() == once.to_dict()


def test_two_configs_share_no_default():
    first, second = schema.complete(least()), schema.complete(least())
    first.mesh.data, first.evals = 4, dict(x=1)
    assert second.mesh.data == -1 and not second.evals


@pytest.mark.parametrize("key", schema.REQUIRED)
def test_a_missing_key_is_named(key):
    config = ConfigDict({k: v for k, v in least().items() if k != key})
    with pytest.raises(KeyError, match=f"config: the key '{key}' is missing"):
        schema.complete(config)


def test_an_unknown_key_is_told_with_the_nearest():
    with pytest.raises(KeyError, match="unknown key 'evalz' .did you mean 'evals'"):
        schema.complete(least(evalz={}))


def test_an_unknown_dtype_is_refused():
    with pytest.raises(KeyError, match="unknown dtype 'float16'.*bfloat16, float32"):
        schema.complete(least(dtype="float16"))
