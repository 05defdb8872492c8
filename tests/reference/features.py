"""Feature networks with drawn weights, held against what the originals gave."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxgen.core import trees
from jaxgen.weights import rules
from tests.reference import golden


def nhwc(image):
    return jnp.asarray(image.transpose(0, 2, 3, 1))


def filled(module, table, state, *inputs, **options):
    """The module's variables from a state dict, and the report."""
    like = shapes(module, *inputs, **options)
    return rules.apply(table, state, like)


def shapes(module, *inputs, **options):
    """What the variables look like, all layers included."""
    return jax.eval_shape(
        lambda key: module.init(key, *inputs, **options), jax.random.key(0)
    )


def loaded(name, module, table, *inputs, **options):
    """Of a fixture: variables, report, inputs in NHWC, wanted outputs."""
    state, given, wanted = golden.load(name)
    net, report = filled(module, table, state, *inputs, **options)
    return net, report, {k: nhwc(v) for k, v in given.items()}, wanted


def relative_error(got, want):
    """Of a map [b, h, w, c] or a vector against the original's, channels first."""
    got = np.asarray(got)
    got = got.transpose(0, 3, 1, 2) if got.ndim == 4 else got
    assert got.shape == want.shape
    return np.linalg.norm(got - want) / np.linalg.norm(want)


def random_file(table, like):
    """Arrays as the published file would have them, one for each entry."""
    rng = np.random.default_rng(0)
    leaves = trees.flatten(like)
    return {
        entry.source: np.ascontiguousarray(
            entry.layout.theirs(
                rng.standard_normal(leaves[entry.target].shape, np.float32)
            )
        )
        for entry in table.entries
    }


def require_round_trip(table, like):
    """Every leaf is filled, and every array comes back byte by byte."""
    state = random_file(table, like)
    net, report = rules.apply(table, state, like)
    leaves = trees.flatten(net)
    assert report.parameters == trees.count(like)
    for entry in table.entries:
        back = entry.layout.theirs(leaves[entry.target])
        np.testing.assert_array_equal(back, state[entry.source])
