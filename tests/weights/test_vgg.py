import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.nets.vgg import CONVOLUTIONS, VGG
from jaxgen.weights import rules, vgg
from tests.reference import features

NETWORKS = {"vgg16": 16, "vgg19": 19}
IMAGE = jnp.zeros((1, 32, 32, 3))


@pytest.mark.parametrize("network", NETWORKS)
def test_the_table_covers_every_leaf_and_arrays_come_back(network):
    table = vgg.FORMATS["torchvision"].tables[network]({})
    features.require_round_trip(table, features.shapes(VGG(NETWORKS[network]), IMAGE))


def test_convolutions_lie_where_torchvision_has_them():
    assert list(vgg.places("vgg19").values()) == [
        *(0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)
    ]
    assert list(vgg.places("vgg16").values()) == [
        *(0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
    ]


def test_the_table_counts_as_the_network_does():
    assert {n: CONVOLUTIONS[depth] for n, depth in NETWORKS.items()} == vgg.CONVOLUTIONS


def test_the_classifier_is_left_out_with_a_reason_and_a_missing_layer_is_told():
    table = vgg.FORMATS["torchvision"].tables["vgg16"]({})
    like = features.shapes(VGG(16), IMAGE)
    state = features.random_file(table, like)
    extra = {"classifier.6.bias": np.zeros(1000, np.float32)}
    _, report = rules.apply(table, state | extra, like)
    assert report.ignored == {"classifier.6.bias": "layers after the features"}
    del state["features.28.weight"]
    with pytest.raises(ValueError, match="lacks features.28.weight"):
        rules.apply(table, state, like)


def test_one_depth_is_not_taken_for_the_other():
    tables = vgg.FORMATS["torchvision"].tables
    like = features.shapes(VGG(19), IMAGE)
    state = features.random_file(tables["vgg19"]({}), like)
    with pytest.raises(ValueError, match="it has besides"):
        rules.apply(tables["vgg16"]({}), state, features.shapes(VGG(16), IMAGE))
