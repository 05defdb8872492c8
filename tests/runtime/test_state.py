import jax
import numpy as np
import pytest
from ml_collections import ConfigDict

from jaxgen.runtime import mesh as meshes
from jaxgen.runtime.optim import optimizer
from jaxgen.runtime.state import TrainState, create, trained
from tests.toy import Toy

SGD = optimizer(dict(name="sgd", rate=0.1))
BOTH = {"generator": SGD, "judge": SGD}


def make(optimizers=None, pretrained=None, **options):
    base = dict(seed=0, ema={}, mesh=dict(rules=()))
    mesh = meshes.make_mesh()
    optimizers = BOTH if optimizers is None else optimizers
    return create(Toy(), optimizers, mesh, ConfigDict(base | options), pretrained or {})


def test_frozen_networks_are_kept_apart():
    start = make()
    assert set(start.frozen) == {"scale"}
    assert set(start.state.nets) == {"generator", "judge"}


def test_trained_networks_are_those_of_the_phases():
    assert trained(Toy()) == ["generator", "judge"]


def test_every_trained_network_needs_an_optimiser_and_no_other_has_one():
    with pytest.raises(KeyError, match="missing judge"):
        make({"generator": SGD})
    with pytest.raises(KeyError, match="unknown scale"):
        make(BOTH | {"scale": SGD})


def test_averages_of_unknown_networks_are_refused():
    with pytest.raises(KeyError, match="ema"):
        make(ema={"generatr": 10.0})


def test_pretrained_networks_replace_the_drawn_ones():
    other = jax.device_get(Toy().init(jax.random.key(7))["generator"])
    start = make(pretrained={"generator": other})
    np.testing.assert_array_equal(
        start.state.nets["generator"]["params"]["w"], other["params"]["w"]
    )


def test_pretrained_networks_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match="another architecture"):
        make(pretrained={"generator": {"params": {"w": np.zeros((3, 2), np.float32)}}})


def test_the_average_takes_the_place_of_parameters_only():
    state = make(ema={"judge": 10.0}).state
    state = state.replace(ema={"judge": {"w": np.ones((2, 1))}})
    nets = state.averaged_nets()
    assert nets["judge"]["params"]["w"].sum() == 2
    assert nets["judge"]["calls"] is state.nets["judge"]["calls"]
    assert isinstance(state, TrainState)
