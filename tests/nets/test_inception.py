import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.core import trees
from jaxgen.nets.inception import (
    LAYERS,
    Inception,
    bilinear_input,
    tensorflow_input,
)
from jaxgen.weights.inception import FORMATS
from tests.reference import features

IMAGE = jnp.zeros((1, 299, 299, 3))
TABLES = FORMATS["torchvision"].tables


def drawn(*shape):
    return jnp.asarray(np.random.default_rng(0).uniform(-1, 1, shape), jnp.float32)


def answered(fixture, network):
    """All layers of a fixture's picture, made 299x299 first, and what was wanted."""
    module = Inception(network.removeprefix("inception_"))
    net, report, inputs, wanted = features.loaded(
        fixture, module, TABLES[network]({}), IMAGE, LAYERS
    )

    @jax.jit
    def answer(net, image):
        return module.apply(net, bilinear_input(image), LAYERS)

    return answer(net, inputs["image"]), wanted, net, report


@pytest.mark.slow
def test_features_equal_those_of_pytorch_fid():
    found, wanted, net, report = answered("inception_fid", "inception_tf")
    means = {f"{n}_mean": found[n].mean((1, 2)) for n in ("pool1", "pool2", "pre_aux")}
    for name, want in wanted.items():
        got = found[name] if name == "pool3" else means[name]
        assert features.relative_error(got, want) < 1e-4
    bias = net["params"]["class_bias"]
    np.testing.assert_allclose(
        found["logits"], found["logits_unbiased"] + bias[None], rtol=1e-5
    )
    plain = found["pool3"] @ net["params"]["classes"]["kernel"]
    np.testing.assert_allclose(found["logits_unbiased"], plain, rtol=1e-4, atol=1e-4)
    assert found["logits"].shape == (2, 1008)
    assert report.parameters == 23_885_392  # 94 counters less than the file has.


@pytest.mark.slow
def test_features_equal_those_of_torchvision():
    found, wanted, _, report = answered(
        "inception_torchvision", "inception_torchvision"
    )
    assert features.relative_error(found["pool3"], wanted["pool"]) < 1e-4
    assert features.relative_error(found["logits"], wanted["logits"]) < 1e-4
    reasons = set(report.ignored.values())
    assert reasons == {"a counter", "a second classifier, which only training needs"}


def test_layers_have_the_sizes_that_metrics_expect():
    net = features.shapes(Inception(), IMAGE, LAYERS)
    found = jax.eval_shape(lambda n: Inception().apply(n, IMAGE, LAYERS), net)
    assert {name: value.shape[1:] for name, value in found.items()} == {
        "pool1": (73, 73, 64),
        "pool2": (35, 35, 192),
        "pre_aux": (17, 17, 768),
        "pool3": (2048,),
        "logits": (1008,),
        "logits_unbiased": (1008,),
    }


def test_no_layer_deeper_than_those_wanted_is_made():
    few = features.shapes(Inception(), IMAGE, ("pool1",))
    assert set(few["params"]) == {"conv_1a", "conv_2a", "conv_2b"}
    assert trees.count(features.shapes(Inception(), IMAGE)) == 21_820_000


def test_statistics_are_stored_and_not_of_the_batch():
    module, layers = Inception(), ("pool1",)
    images = drawn(2, 75, 75, 3)
    net = jax.jit(lambda k: module.init(k, images, layers))(jax.random.key(0))
    apply = jax.jit(lambda net, x: module.apply(net, x, layers)["pool1"])
    both, alone = apply(net, images), apply(net, images[:1])
    np.testing.assert_allclose(both[:1], alone, rtol=1e-5, atol=1e-5)


def test_bfloat16_is_computed_in_and_means_are_float32():
    module = Inception(dtype=jnp.bfloat16)
    net = features.shapes(module, IMAGE)
    found = jax.eval_shape(lambda n: module.apply(n, IMAGE, ("pre_aux", "pool3")), net)
    assert found["pre_aux"].dtype == jnp.bfloat16
    assert found["pool3"].dtype == jnp.float32


def test_unknown_layers_and_variants_are_refused():
    with pytest.raises(KeyError, match="unknown layer 'pool4'"):
        features.shapes(Inception(), IMAGE, ("pool4",))
    with pytest.raises(KeyError, match="unknown variant 'keras'"):
        features.shapes(Inception("keras"), IMAGE)


def sampled(line, places):
    """A line of pixels at fractional places; beyond its ends the last pixel holds."""
    return np.interp(places, np.arange(len(line)), line)


@pytest.mark.parametrize("length", [64, 299, 500])
def test_bilinear_inputs_line_up_centres_and_do_not_blur(length):
    image = drawn(1, length, length, 3)
    got = bilinear_input(image)
    places = (np.arange(299) + 0.5) * length / 299 - 0.5
    columns = np.stack([sampled(row, places) for row in np.asarray(image[0, :, :, 1])])
    want = np.stack([sampled(column, places) for column in columns.T], axis=1)
    np.testing.assert_allclose(got[0, :, :, 1], want, atol=1e-5)


@pytest.mark.parametrize("length", [64, 299, 500])
def test_tensorflow_inputs_line_up_corners_and_are_scaled_by_128(length):
    image = drawn(1, length, length, 3)
    got = tensorflow_input(image)
    places = np.arange(299) * length / 299
    columns = np.stack([sampled(row, places) for row in np.asarray(image[0, :, :, 1])])
    want = np.stack([sampled(column, places) for column in columns.T], axis=1)
    levels = (want + 1) * 127.5
    np.testing.assert_allclose(got[0, :, :, 1], (levels - 128) / 128, atol=1e-5)
