import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.core import trees
from jaxgen.nets.sphereface import LAYERS, SphereFace, as_trained
from jaxgen.weights.sphereface import FORMATS
from tests.reference import features

FACE = jnp.zeros((2, 112, 96, 3))


@pytest.mark.slow
def test_features_equal_those_of_sphere20a():
    table = FORMATS["clcarwin"].tables["sphereface"]({})
    net, report, inputs, wanted = features.loaded(
        "sphereface20", SphereFace(), table, FACE
    )
    found = jax.jit(SphereFace().apply)(net, inputs["image"])
    assert report.parameters == 22_670_656
    for name in ("feature4", "embedding"):
        assert features.relative_error(found[name], wanted[name]) < 1e-4


def test_layers_have_the_sizes_that_lwgan_compares():
    net = features.shapes(SphereFace(), FACE)
    found = jax.eval_shape(SphereFace().apply, net, FACE)
    assert set(found) == set(LAYERS)
    sizes = [found[name].shape[1:] for name in LAYERS]
    assert sizes == [(56, 48, 64), (28, 24, 128), (14, 12, 256), (7, 6, 512), (512,)]


def test_no_layer_deeper_than_those_wanted_is_made():
    few = features.shapes(SphereFace(), FACE, ("feature2", "feature1"))
    assert len(few["params"]) == 8
    assert trees.count(features.shapes(SphereFace(), FACE)) == 22_670_656


def test_maps_are_of_any_size_and_embeddings_of_one():
    small = jnp.zeros((1, 64, 64, 3))
    features.shapes(SphereFace(), small, ("feature4",))
    with pytest.raises(ValueError, match="of 112x96, got 64x64"):
        features.shapes(SphereFace(), small)


def test_unknown_layers_are_refused():
    with pytest.raises(KeyError, match="unknown layer 'feature5'"):
        features.shapes(SphereFace(), FACE, ("feature5",))


def test_it_was_trained_with_blue_first_and_a_range_of_bytes():
    levels = np.float32([[[[0, 100, 255]]]])
    got = as_trained(jnp.asarray(levels / 127.5 - 1))
    np.testing.assert_allclose(got, (levels[..., ::-1] - 127.5) / 128, atol=1e-6)
