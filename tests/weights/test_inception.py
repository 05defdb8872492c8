import json

import jax.numpy as jnp
import pytest

from jaxgen.nets.inception import LAYERS, Inception
from jaxgen.weights import rules
from jaxgen.weights.inception import FORMATS
from tests.reference import features, golden

TABLES = FORMATS["torchvision"].tables
FIXTURES = {
    "inception_tf": "inception_fid",
    "inception_torchvision": "inception_torchvision",
}


def like(network):
    module = Inception(network.removeprefix("inception_"))
    return features.shapes(module, jnp.zeros((1, 299, 299, 3)), LAYERS)


def state_names(fixture):
    text = (golden.FOLDER / fixture / "fixture.json").read_text()
    return json.loads(text)["state_dict"]


@pytest.mark.parametrize("network", TABLES)
def test_tables_cover_every_leaf_and_arrays_come_back(network):
    features.require_round_trip(TABLES[network]({}), like(network))


@pytest.mark.parametrize("network", TABLES)
def test_every_name_of_the_original_is_known_or_left_out_with_a_reason(network):
    names = state_names(FIXTURES[network])
    table = TABLES[network]({})
    mapped = {entry.source for entry in table.entries}
    assert mapped <= set(names)
    assert {n for n in set(names) - mapped if table.reason(n) is None} == set()
    assert len(mapped) == 94 * 5 + 2


def test_the_network_of_one_is_not_taken_for_the_other():
    table = TABLES["inception_torchvision"]({})
    state = features.random_file(table, like("inception_torchvision"))
    with pytest.raises(ValueError, match=r"fc.bias \[1000\] instead of \[1008\]"):
        rules.apply(TABLES["inception_tf"]({}), state, like("inception_tf"))
