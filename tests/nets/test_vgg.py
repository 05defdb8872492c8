import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.core import trees
from jaxgen.nets import vgg
from jaxgen.weights.vgg import FORMATS, places
from tests.reference import features

IMAGE = jnp.zeros((1, 32, 32, 3))
TABLES = FORMATS["torchvision"].tables


@pytest.mark.slow
def test_features_equal_those_of_torchvision():
    module, layers = vgg.VGG(19), ("relu3_1", "relu4_2", "relu5_1")
    net, report, inputs, wanted = features.loaded(
        "vgg19_features", module, TABLES["vgg19"]({}), IMAGE
    )
    found = jax.jit(lambda net, x: module.apply(net, x, layers))(net, inputs["image"])
    assert report.parameters == 20_024_384
    for name in layers:
        assert features.relative_error(found[name], wanted[name]) < 1e-4


def torch_features(torch, net, image):
    """VGG-16 in torch, layer by layer, every one by name."""
    found, x = {}, torch.from_numpy(np.array(image)).permute(0, 3, 1, 2)
    for name in places("vgg16"):
        kernel, bias = (np.asarray(net["params"][name][k]) for k in ("kernel", "bias"))
        if name.endswith("_1") and name != "conv1_1":
            x = torch.nn.functional.max_pool2d(x, 2)
        weight = torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy())
        x = torch.conv2d(x, weight, torch.from_numpy(bias.copy()), padding=1).relu()
        found[name.replace("conv", "relu")] = x.numpy()
    return found


@pytest.mark.slow
def test_vgg_16_equals_a_torch_network_of_odd_size():
    torch = pytest.importorskip("torch")
    module = vgg.VGG(16)
    image = jax.random.normal(jax.random.key(1), (1, 37, 50, 3))
    net = jax.jit(module.init)(jax.random.key(0), image)
    found = jax.jit(module.apply)(net, image)
    for name, want in torch_features(torch, net, image).items():
        assert features.relative_error(found[name], want) < 1e-5


@pytest.mark.parametrize(
    "depth, layers, parameters",
    [
        (16, None, 14_714_688),
        (16, ("relu2_1",), 112_576),  # What SPT compares.
        (19, None, 20_024_384),
        (19, ("relu5_1", "relu1_1"), 12_944_960),  # What LWGAN and S2FGAN compare.
    ],
)
def test_no_layer_deeper_than_those_wanted_is_made(depth, layers, parameters):
    found = features.shapes(vgg.VGG(depth), IMAGE, layers)
    assert trees.count(found) == parameters


def test_layers_have_the_widths_and_sizes_of_the_paper():
    module = vgg.VGG(19)
    net = features.shapes(module, IMAGE)
    found = jax.eval_shape(module.apply, net, IMAGE)
    assert sorted(found) == vgg.layer_names(19)
    assert len(found) == 16
    assert found["relu1_2"].shape == (1, 32, 32, 64)
    assert found["relu3_4"].shape == (1, 8, 8, 256)
    assert found["relu5_4"].shape == (1, 2, 2, 512)


def test_only_the_layers_asked_for_are_given():
    module = vgg.VGG(16)
    net = features.shapes(module, IMAGE)
    found = jax.eval_shape(lambda n: module.apply(n, IMAGE, ("relu2_1",)), net)
    assert list(found) == ["relu2_1"]


def test_unknown_layers_and_depths_are_refused():
    with pytest.raises(KeyError, match="unknown layer 'relu3_4'.*relu3_3"):
        features.shapes(vgg.VGG(16), IMAGE, ("relu3_4",))
    with pytest.raises(KeyError, match="no depth 17"):
        features.shapes(vgg.VGG(17), IMAGE)


def test_bfloat16_is_computed_in_and_parameters_stay_float32():
    module = vgg.VGG(16, jnp.bfloat16)
    net = features.shapes(module, IMAGE, ("relu1_1",))
    assert {leaf.dtype for leaf in jax.tree.leaves(net)} == {jnp.dtype("float32")}
    found = jax.eval_shape(lambda n: module.apply(n, IMAGE, ("relu1_1",)), net)
    assert found["relu1_1"].dtype == jnp.bfloat16


def test_inputs_are_normalised_by_the_mean_and_deviation_of_imagenet():
    mean = jnp.array([0.485, 0.456, 0.406])
    image = jnp.broadcast_to(2 * mean - 1, (1, 2, 2, 3))
    np.testing.assert_allclose(vgg.imagenet(image), 0, atol=1e-6)
    white = vgg.imagenet(jnp.ones((1, 1, 1, 3)))[0, 0, 0]
    np.testing.assert_allclose(white, [2.2489, 2.4286, 2.6400], atol=1e-4)
    raw = jnp.broadcast_to(mean, (1, 2, 2, 3))
    np.testing.assert_allclose(vgg.imagenet_of_raw(raw), 0, atol=1e-6)
