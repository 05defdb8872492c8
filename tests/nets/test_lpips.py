import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.nets.alexnet import AlexNet
from jaxgen.nets.lpips import LPIPS, WIDTHS
from jaxgen.weights.lpips import FORMATS
from tests.reference import features

IMAGE = jnp.zeros((1, 64, 64, 3))
PARAMETERS = {"alex": 2_470_848, "vgg": 14_716_160}
SLOW = pytest.mark.slow


def table(backbone):
    return FORMATS["slices"].tables[f"lpips_{backbone}_v0.1"]({})


@pytest.fixture(scope="module")
def drawn():
    """A network at the start and two batches of pictures."""
    keys = jax.random.split(jax.random.key(1))
    pair = [jax.random.uniform(k, (2, 64, 64, 3), minval=-1) for k in keys]
    return jax.jit(LPIPS().init)(jax.random.key(0), *pair), *pair


def apply(module, *arguments, **options):
    return jax.jit(lambda *given: module.apply(*given, **options))(*arguments)


@pytest.mark.parametrize("backbone", ["alex", pytest.param("vgg", marks=SLOW)])
def test_distances_equal_those_of_the_lpips_package(backbone):
    module = LPIPS(backbone)
    net, report, inputs, wanted = features.loaded(
        f"lpips_{backbone}", module, table(backbone), IMAGE, IMAGE
    )
    image = inputs["image0"]
    other = jnp.clip(image + 0.3 * inputs["image1"], -1, 1)
    found = apply(module, net, image, other)
    assert report.parameters == PARAMETERS[backbone]
    assert features.relative_error(found, wanted["distance"]) < 1e-4


def written_out(net, image, other, version):
    """The formula in NumPy, on features of the backbone alone."""
    shift = np.float32([-0.030, -0.088, -0.188])
    scale = np.float32([0.458, 0.448, 0.450])
    if version == "0.1":
        image, other = ((np.asarray(x) - shift) / scale for x in (image, other))
    backbone = {"params": net["params"]["network"]}
    sides = [apply(AlexNet(), backbone, jnp.asarray(x)) for x in (image, other)]
    total = 0
    for i, layer in enumerate(sides[0]):
        a, b = (np.asarray(side[layer], np.float64) for side in sides)
        a, b = (x / (np.linalg.norm(x, axis=-1, keepdims=True) + 1e-10) for x in (a, b))
        head = np.asarray(net["params"][f"head{i}"])
        total = total + ((a - b) ** 2 * head).sum(-1).mean((1, 2))
    return total


@pytest.mark.parametrize("version", ["0.0", "0.1"])
def test_versions_differ_in_how_the_input_is_scaled(drawn, version):
    want = written_out(*drawn, version)
    np.testing.assert_allclose(apply(LPIPS("alex", version), *drawn), want, rtol=1e-4)


def test_equal_pictures_have_no_distance_and_others_have_the_same_both_ways(drawn):
    net, image, other = drawn
    there, back = apply(LPIPS(), *drawn), apply(LPIPS(), net, other, image)
    assert (there > 0).all()
    np.testing.assert_allclose(there, back, rtol=1e-6)
    assert (apply(LPIPS(), net, image, image) < 1e-12).all()  # Rounding, when fused.


def test_features_of_a_side_that_stays_can_be_kept(drawn):
    net, *pair = drawn
    kept = [apply(LPIPS(), net, image, method="features") for image in pair]
    got = apply(LPIPS(), net, *kept, method="compare")
    assert (apply(LPIPS(), net, kept[0], kept[0], method="compare") == 0).all()
    np.testing.assert_allclose(got, apply(LPIPS(), *drawn), rtol=1e-5)


def test_pixels_without_any_feature_have_a_gradient(drawn):
    net, image, other = drawn
    dead = jax.tree.map_with_path(
        lambda path, x: x - 1e3 if path[-1].key == "bias" else x, net
    )
    gradient = jax.jit(jax.grad(lambda x: LPIPS().apply(dead, x, other).sum()))
    assert jnp.isfinite(gradient(image)).all()


def test_drawn_heads_are_not_negative(drawn):
    for i, width in enumerate(WIDTHS["alex"]):
        head = drawn[0]["params"][f"head{i}"]
        assert head.shape == (width,)
        assert head.min() >= 0


def test_bfloat16_is_near_and_its_distances_are_float32(drawn):
    got = apply(LPIPS(dtype=jnp.bfloat16), *drawn)
    assert got.dtype == jnp.float32
    np.testing.assert_allclose(got, apply(LPIPS(), *drawn), rtol=0.05)


def test_unknown_backbones_and_versions_are_refused():
    with pytest.raises(KeyError, match="unknown backbone 'squeeze'"):
        features.shapes(LPIPS("squeeze"), IMAGE, IMAGE)
    with pytest.raises(KeyError, match="unknown version '0.2'"):
        features.shapes(LPIPS("alex", "0.2"), IMAGE, IMAGE)
