import jax.numpy as jnp
import numpy as np

from jaxgen.nets.alexnet import AlexNet
from jaxgen.weights import alexnet, rules
from tests.reference import features

TABLE = alexnet.FORMATS["torchvision"].tables["alexnet"]({})
LIKE = features.shapes(AlexNet(), jnp.zeros((1, 64, 64, 3)))


def test_the_table_covers_every_leaf_and_arrays_come_back():
    features.require_round_trip(TABLE, LIKE)


def test_the_classifier_is_left_out_with_a_reason():
    state = features.random_file(TABLE, LIKE)
    extra = {"classifier.1.weight": np.zeros((4, 4), np.float32)}
    _, report = rules.apply(TABLE, state | extra, LIKE)
    assert report.ignored == {"classifier.1.weight": "layers after the features"}
    assert len(report.mapped) == 10
