import jax.numpy as jnp
import numpy as np

from jaxgen.nets.sphereface import STAGES, SphereFace
from jaxgen.weights import rules, sphereface
from tests.reference import features

TABLE = sphereface.FORMATS["clcarwin"].tables["sphereface"]({})
LIKE = features.shapes(SphereFace(), jnp.zeros((1, 112, 96, 3)))


def test_the_table_covers_every_leaf_and_arrays_come_back():
    features.require_round_trip(TABLE, LIKE)


def test_the_table_counts_convolutions_as_the_network_does():
    counts = tuple(1 + 2 * pairs for _, pairs in STAGES)
    assert counts == sphereface.CONVOLUTIONS


def test_the_classes_are_left_out_with_a_reason():
    state = features.random_file(TABLE, LIKE)
    extra = {"fc6.weight": np.zeros((512, 10), np.float32)}
    _, report = rules.apply(TABLE, state | extra, LIKE)
    assert report.ignored == {"fc6.weight": "the people it was trained with"}
