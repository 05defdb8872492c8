import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.cli.feature_networks import FEATURE_NETWORKS
from jaxgen.cli.features import FeatureNetworks
from jaxgen.nets.lpips import LPIPS
from jaxgen.runtime.mesh import guarded, make_mesh
from jaxgen.weights import lpips, registry, rules


def images(count, seed=0, size=(64, 64)):
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (count, *size, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def networks():
    return FeatureNetworks(make_mesh(), weights="random", per_device=1)


def test_padding_is_cut_and_every_batch_gives_the_same(networks):
    distance = networks.obtain("lpips_alex_v0.1")
    x, y = images(11), images(11, seed=1)
    found = distance(x, y)
    assert found.shape == (11,) and (found > 0).all()
    np.testing.assert_allclose(distance(x[9:], y[9:]), found[9:], rtol=1e-5)
    np.testing.assert_allclose(distance(x, x), np.zeros(11), atol=1e-12)


@pytest.mark.parametrize("shape", [dict(), dict(data=4, model=2)])
def test_a_network_answers_in_the_middle_of_training(networks, shape):
    distance = networks.obtain("lpips_alex_v0.1")
    x, y = images(3), images(3, seed=1)
    want = distance(x, y)
    with guarded(make_mesh(**shape)):
        np.testing.assert_allclose(distance(x, y), want, rtol=1e-5)


def test_a_network_is_made_once(networks):
    again = networks.obtain("lpips_alex_v0.1")
    assert networks.obtain("lpips_alex_v0.1") is again
    assert networks.weights_of("lpips_alex_v0.1")[0]["sha256"] == "random"


def test_a_network_of_another_house_is_absent_with_a_sentence(networks):
    assert networks.obtain("vgg16_nvidia") is None
    assert "published as a program" in networks.absent["vgg16_nvidia"]


def test_names_are_those_of_the_registry():
    assert set(FEATURE_NETWORKS) == set(registry.FILES) - {"smpl"}
    assert FEATURE_NETWORKS["lpips_vgg_v0.0"].module == LPIPS("vgg", "0.0")


def test_every_file_that_is_missing_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv(registry.FOLDER, str(tmp_path))
    found = FeatureNetworks(make_mesh())
    assert found.obtain("lpips_alex_v0.1") is None
    said = found.absent["lpips_alex_v0.1"]
    assert "alexnet-owt-7be5be79.pth" in said and "lpips_v0.1_alex.pth" in said
    assert "is missing" not in said


def test_unknown_weights_are_refused():
    with pytest.raises(KeyError, match="random"):
        FeatureNetworks(make_mesh(), weights="rndom")


def test_weights_are_read_from_files_with_their_checksums(monkeypatch, tmp_path):
    """Files as the two publishers have them, of small random numbers."""
    like = jax.eval_shape(
        lambda key: LPIPS().init(key, *(jnp.zeros((1, 64, 64, 3)),) * 2),
        jax.random.key(0),
    )
    rng = np.random.default_rng(0)
    variables = jax.tree.map(
        lambda leaf: rng.uniform(0, 0.05, leaf.shape).astype(np.float32), like
    )
    table = lpips.FORMATS["parts"].tables["lpips_alex_v0.1"]({})
    arrays = rules.reverse(table, variables)
    for part in ("alexnet", "lpips_alex_v0.1"):
        heads = part.startswith("lpips")
        np.savez(
            tmp_path / f"{part}.npz",
            **{n: a for n, a in arrays.items() if n.startswith("lin") == heads},
        )
    monkeypatch.setattr(registry, "find", lambda name: str(tmp_path / f"{name}.npz"))
    found = FeatureNetworks(make_mesh(), per_device=1)
    x, y = images(3), images(3, seed=1)
    distances = found.obtain("lpips_alex_v0.1")(x, y)
    want = LPIPS().apply(variables, jnp.asarray(x), jnp.asarray(y))
    np.testing.assert_allclose(distances, want, rtol=1e-4)
    files = found.weights_of("lpips_alex_v0.1")
    assert [file["file"] for file in files] == ["alexnet.npz", "lpips_alex_v0.1.npz"]
    assert all(len(file["sha256"]) == 64 for file in files)


@pytest.mark.slow
def test_inception_gives_features_by_layer(networks):
    network = networks.obtain("inception_tf")
    pictures, others = images(3, size=(299, 299)), images(3, 1, size=(299, 299))
    found = network(pictures, "pool3")
    assert found.shape == (3, 2048) and np.isfinite(found).all()
    assert (network(others, "pool3") != found).any()
    np.testing.assert_array_equal(network(pictures.copy(), "pool3"), found)


class Means(nn.Module):
    """A network of several layers."""

    def __call__(self, image, layers):
        mean = image.mean((1, 2))
        return {"pool3": mean, "logits": 2 * mean, "logits_unbiased": 3 * mean}


def test_metrics_that_look_at_the_same_pictures_share_one_run(networks, monkeypatch):
    runs, run = [], networks._run

    def counted(*arguments):
        runs.append(arguments)
        return run(*arguments)

    monkeypatch.setattr(networks, "_run", counted)
    network, pictures = networks._by_layer(Means(), {}), images(11)
    pooled, classes = network(pictures, "pool3"), network(pictures.copy(), "logits")
    np.testing.assert_allclose(classes, 2 * pooled, rtol=1e-6)
    assert pooled.shape == (11, 3) and len(runs) == 1
    assert (network(images(11, 1), "logits") != classes).any() and len(runs) == 2
