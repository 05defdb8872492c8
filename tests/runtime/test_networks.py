"""A network folder holds what was put into it, and says where it came from."""

import json

import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.runtime import networks

NET = {"params": {"stem": {"kernel": jnp.arange(6.0).reshape(2, 3)}}}


def test_a_network_comes_back_as_it_was_written(tmp_path):
    assert not networks.holds_network(str(tmp_path))
    networks.write_network(str(tmp_path), NET, {"network": "toy"})
    found = networks.read_network(str(tmp_path))
    kernel = found["params"]["stem"]["kernel"]
    assert isinstance(kernel, np.ndarray)
    np.testing.assert_array_equal(kernel, NET["params"]["stem"]["kernel"])
    assert json.loads((tmp_path / "network.json").read_text()) == {"network": "toy"}


def test_a_folder_moves(tmp_path):
    (tmp_path / "here").mkdir()
    networks.write_network(str(tmp_path / "here"), NET, {})
    (tmp_path / "here").rename(tmp_path / "there")
    assert "params" in networks.read_network(str(tmp_path / "there"))


def test_another_folder_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no network"):
        networks.read_network(str(tmp_path))
