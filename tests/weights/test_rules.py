"""Tables are strict both ways, and say everything that does not fit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxgen.weights import rules
from jaxgen.weights.rules import Entry, Table

RNG = np.random.default_rng(0)
TABLE = Table(
    [*rules.layer("first", "params/a"), *rules.layer("fc", "params/b", rules.DENSE)],
    ignored={r"optimizer\..*": "of training"},
    rebuilt={"first.steps": (np.zeros((), np.int64), "a counter")},
    constants={"params/c/bias": (0.5, "there is none")},
)
LIKE = {
    "params": {
        "a": {"kernel": np.zeros((3, 3, 2, 4), "f"), "bias": np.zeros(4, "f")},
        "b": {"kernel": np.zeros((5, 6), "f"), "bias": np.zeros(6, "f")},
        "c": {"bias": np.zeros(2, "f")},
    }
}


def arrays(**changes):
    found = {
        "first.weight": RNG.normal(size=(4, 2, 3, 3)).astype("f"),
        "first.bias": RNG.normal(size=4).astype("f"),
        "fc.weight": RNG.normal(size=(6, 5)).astype("f"),
        "fc.bias": RNG.normal(size=6).astype("f"),
        "first.steps": np.array(7),
        "optimizer.rate": np.ones((), "f"),
    }
    found = {**found, **{k.replace("_", "."): v for k, v in changes.items()}}
    return {name: array for name, array in found.items() if array is not None}


def test_every_array_arrives_in_its_layout():
    given = arrays()
    tree, report = rules.apply(TABLE, given, LIKE)
    kernel = tree["params"]["a"]["kernel"]
    assert kernel[1, 2, 0, 3] == given["first.weight"][3, 0, 1, 2]
    assert tree["params"]["b"]["kernel"][4, 5] == given["fc.weight"][5, 4]
    assert (tree["params"]["c"]["bias"] == 0.5).all()
    assert report.ignored == {
        "first.steps": "a counter",
        "optimizer.rate": "of training",
    }
    assert report.constants == {"params/c/bias": "there is none"}
    assert report.parameters == 72 + 4 + 30 + 6
    assert report.mapped["fc.bias"] == "params/b/bias"


def test_half_precision_is_widened():
    tree, _ = rules.apply(TABLE, arrays(fc_bias=np.ones(6, np.float16)), LIKE)
    assert tree["params"]["b"]["bias"].dtype == np.float32


@pytest.mark.parametrize(
    "changes, said",
    [
        (dict(fc_bias=None), "it lacks fc.bias"),
        (dict(other=np.zeros(1, "f")), "it has besides other"),
        (dict(fc_bias=np.zeros(7, "f")), r"fc.bias \[7\] instead of \[6\]"),
        (dict(fc_weight=np.zeros((6, 5, 1, 1), "f")), r"instead of \[6, 5\]"),
        (dict(fc_bias=np.zeros(6, int)), "fc.bias, of int64 instead of floats"),
        (dict(fc_bias=np.zeros(6, "c8")), "fc.bias, of complex64 instead of floats"),
        (dict(fc_bias=np.zeros(6, "S8")), "fc.bias, of .S8 instead of floats"),
        (dict(fc_bias=np.full(6, np.nan, "f")), "fc.bias holds numbers that are not"),
        (dict(fc_bias=np.full(6, 1e300)), "fc.bias holds .* too large for float32"),
    ],
)
def test_what_does_not_fit_is_named(changes, said):
    with pytest.raises(ValueError, match=said):
        rules.apply(TABLE, arrays(**changes), LIKE)


def test_foreign_names_do_not_reach_the_terminal_as_they_are():
    name = "\x1b[31m" + "x" * 1000 + "\n"
    with pytest.raises(ValueError, match="it has besides") as caught:
        rules.apply(TABLE, {**arrays(), name: np.zeros(1, "f")}, LIKE)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 300


def test_a_leaf_that_nothing_fills_is_an_error():
    like = {"params": {**LIKE["params"], "d": {"bias": np.zeros(1, "f")}}}
    with pytest.raises(ValueError, match="nothing fills params/d/bias"):
        rules.apply(TABLE, arrays(), like)


def test_an_entry_without_a_leaf_is_an_error():
    like = {"params": {k: v for k, v in LIKE["params"].items() if k != "b"}}
    with pytest.raises(ValueError, match="the network has no params/b/bias"):
        rules.apply(TABLE, arrays(), like)


def test_one_error_tells_everything():
    with pytest.raises(ValueError, match="it has besides x; it lacks fc.bias;.*shape"):
        rules.apply(
            TABLE,
            arrays(fc_bias=None, x=np.zeros(1), first_bias=np.zeros(5, "f")),
            LIKE,
        )


def test_a_tree_goes_back_to_the_same_arrays():
    given = arrays()
    tree, _ = rules.apply(TABLE, given, LIKE)
    back = rules.reverse(TABLE, tree)
    assert set(back) == set(given) - {"optimizer.rate"}
    assert back["first.steps"] == 0  # Built again, not carried along.
    for name in set(back) - {"first.steps"}:
        assert back[name].tobytes() == given[name].tobytes()


def test_what_has_no_place_there_cannot_go_back():
    tree, _ = rules.apply(TABLE, arrays(), LIKE)
    tree["params"]["c"]["bias"][0] = 1
    with pytest.raises(ValueError, match="params/c/bias is not 0.5 everywhere"):
        rules.reverse(TABLE, tree)


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4))
def test_layouts_are_undone(h, w, c, n):
    for layout, shape in (
        (rules.CONV, (n, c, h, w)),
        (rules.DENSE, (n, c)),
        (rules.flattened(h, w), (n, c * h * w)),
        (rules.unflattened(h, w), (c * h * w, n)),
        (rules.unflattened(h, w), (c * h * w,)),
        (rules.swapped_inputs(), (n, 2 * c, h, w)),
    ):
        x = np.random.default_rng(0).normal(size=shape)
        np.testing.assert_array_equal(layout.theirs(layout.ours(x)), x)


def test_a_dense_layer_behind_a_map_sees_the_same_map():
    maps, weight = RNG.normal(size=(3, 4, 5)), RNG.normal(size=(6, 60))
    ours = rules.flattened(4, 5).ours(weight)
    want = weight @ maps.ravel()
    np.testing.assert_allclose(maps.transpose(1, 2, 0).ravel() @ ours, want)


def test_a_dense_layer_before_a_map_makes_the_same_map():
    code, weight, bias = (
        RNG.normal(size=6),
        RNG.normal(size=(60, 6)),
        RNG.normal(size=60),
    )
    layout = rules.unflattened(4, 5)
    want = (weight @ code + bias).reshape(3, 4, 5)
    ours = (code @ layout.ours(weight) + layout.ours(bias)).reshape(4, 5, 3)
    np.testing.assert_allclose(ours.transpose(2, 0, 1), want)


def test_known_names_count_what_a_table_would_use():
    assert rules.known_names(TABLE, arrays()) == 4
    assert rules.known_names(Table([Entry("x", "y", rules.SAME)]), arrays()) == 0
