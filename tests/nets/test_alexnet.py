import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.core import trees
from jaxgen.nets.alexnet import LAYERS, AlexNet
from tests.reference import features

IMAGE = jnp.zeros((1, 67, 96, 3))


def torch_features(torch, net, image):
    """AlexNet's features in torch, with torchvision's strides and paddings."""
    pool = torch.nn.functional.max_pool2d
    geometry = {"1": (4, 2), "2": (1, 2), "3": (1, 1), "4": (1, 1), "5": (1, 1)}
    found, x = {}, torch.from_numpy(np.array(image)).permute(0, 3, 1, 2)
    for i, (stride, padding) in geometry.items():
        layer = {k: np.array(v) for k, v in net["params"][f"conv{i}"].items()}
        weight = torch.from_numpy(layer["kernel"]).permute(3, 2, 0, 1)
        x = pool(x, 3, 2) if i in "23" else x
        x = torch.conv2d(x, weight, torch.from_numpy(layer["bias"]), stride, padding)
        found[f"relu{i}"] = x = x.relu()
    return {name: value.numpy() for name, value in found.items()}


def test_features_equal_those_of_a_torch_network():
    torch = pytest.importorskip("torch")
    module = AlexNet()
    image = jax.random.normal(jax.random.key(1), IMAGE.shape)
    net = jax.jit(module.init)(jax.random.key(0), image)
    found = jax.jit(module.apply)(net, image)
    for name, want in torch_features(torch, net, image).items():
        assert features.relative_error(found[name], want) < 1e-5


def test_it_has_as_many_parameters_as_torchvision_has_in_its_features():
    assert trees.count(features.shapes(AlexNet(), IMAGE)) == 2_469_696


def test_no_layer_deeper_than_those_wanted_is_made():
    found = features.shapes(AlexNet(), IMAGE, ("relu2",))
    assert set(found["params"]) == {"conv1", "conv2"}


def test_sizes_fall_as_in_torchvision():
    net = features.shapes(AlexNet(), IMAGE)
    found = jax.eval_shape(AlexNet().apply, net, IMAGE)
    assert list(found) == list(LAYERS)
    assert found["relu1"].shape == (1, 16, 23, 64)
    assert found["relu2"].shape == (1, 7, 11, 192)
    assert found["relu5"].shape == (1, 3, 5, 256)


def test_unknown_layers_are_refused():
    with pytest.raises(KeyError, match="unknown layer 'relu6'"):
        features.shapes(AlexNet(), IMAGE, ("relu6",))
