"""Every feature network has a table for all its variables, and fits its files."""

import jax
import numpy as np
import pytest

from jaxgen.cli.feature_networks import (
    FEATURE_NETWORKS,
    origins,
    read_feature_network,
)
from jaxgen.core import trees
from tests.reference import torch_zip


@pytest.mark.parametrize("name", FEATURE_NETWORKS)
def test_a_table_fills_every_variable(name):
    found = FEATURE_NETWORKS[name]
    shapes = jax.eval_shape(found.init, jax.random.key(0))
    for entry in found.formats.values():
        if name in entry.tables:
            table = entry.tables[name]({})
            targets = {e.target for e in table.entries} | set(table.constants)
            assert targets == set(trees.flatten(shapes))


def test_a_file_of_another_network_is_refused_with_its_name(tmp_path):
    path = tmp_path / "other.pth"
    torch_zip.save(path, {"features.0.weight": np.zeros((2, 3, 3, 3), "f")})
    with pytest.raises(ValueError, match="'alexnet' from .*other.pth: the file is not"):
        read_feature_network("alexnet", [str(path)])
    with pytest.raises(KeyError, match="unknown network 'alexnot'"):
        read_feature_network("alexnot", [str(path)])


def test_origins_name_files_and_their_sums(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    (found,) = origins("n", [str(tmp_path / "x")])
    assert (found["network"], found["file"]) == ("n", "x")
