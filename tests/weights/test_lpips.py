import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.nets.lpips import LPIPS
from jaxgen.weights import alexnet, lpips, rules, vgg
from tests.reference import features, golden

IMAGE = jnp.zeros((1, 64, 64, 3))
CASES = [(kind, name) for kind in lpips.FORMATS for name in lpips.NETWORKS]


def like(network):
    _, backbone, version = network.split("_")
    return features.shapes(LPIPS(backbone, version[1:]), IMAGE, IMAGE)


@pytest.mark.parametrize("kind, network", CASES)
def test_tables_cover_every_leaf_and_arrays_come_back(kind, network):
    table = lpips.FORMATS[kind].tables[network]({})
    features.require_round_trip(table, like(network))


@pytest.mark.parametrize("backbone", ["alex", "vgg"])
def test_slices_have_the_names_that_the_package_gives_them(backbone):
    state, _, _ = golden.load(f"lpips_{backbone}")
    network = f"lpips_{backbone}_v0.1"
    for kind, prefix in (("slices", ""), ("package", "net.")):
        table = lpips.FORMATS[kind].tables[network]({})
        names = {e.source.removeprefix(prefix) for e in table.entries}
        assert names == set(state)


@pytest.mark.parametrize(
    "network, backbone",
    [
        ("lpips_alex_v0.1", alexnet.FORMATS["torchvision"].tables["alexnet"]({})),
        ("lpips_vgg_v0.0", vgg.FORMATS["torchvision"].tables["vgg16"]({})),
    ],
)
def test_parts_are_a_whole_backbone_file_and_the_heads(network, backbone):
    table = lpips.FORMATS["parts"].tables[network]({})
    heads = {f"lin{i}.model.1.weight" for i in range(5)}
    names = {entry.source for entry in table.entries}
    assert names == {entry.source for entry in backbone.entries} | heads
    assert table.reason("classifier.6.weight")


def test_what_the_package_saves_twice_or_as_constants_is_left_out_with_a_reason():
    table = lpips.FORMATS["package"].tables["lpips_alex_v0.1"]({})
    shapes = like("lpips_alex_v0.1")
    state = features.random_file(table, shapes)
    extra = {
        "scaling_layer.shift": np.zeros((1, 3, 1, 1), np.float32),
        "lins.0.model.1.weight": state["lin0.model.1.weight"],
    }
    net, report = rules.apply(table, state | extra, shapes)
    assert set(report.ignored) == set(extra)
    head = net["params"]["head0"]
    np.testing.assert_array_equal(head, state["lin0.model.1.weight"][0, :, 0, 0])
