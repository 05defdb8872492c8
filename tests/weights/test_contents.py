"""Which part of a file is meant; files of each kind are tested with their readers."""

import numpy as np
import pytest

from jaxgen.weights import contents

A, B = np.zeros(2), np.ones(3)


def nested(value, container=None):
    return contents.nested("file", value, who="t", path="x", container=container)


def flat(arrays, container=None):
    return contents.flat("file", arrays, who="t", path="x", container=container)


def test_the_weights_to_be_used_come_before_those_that_were_trained():
    value = {"G": {"a": A}, "G_ema": {"a": B}, "epoch": 3}
    found = nested(value)
    assert found.arrays["a"] is B and found.container == "G_ema"
    assert found.others == ("G", "epoch")
    assert nested(value, "G").arrays["a"] is A


def test_circles_and_deep_places_end():
    value = {"a": A}
    value["self"] = value
    assert nested(value).others == ("self",)
    with pytest.raises(ValueError, match="t: x holds no arrays with names"):
        nested({"a": {"b": {"c": {"d": A}}}})


def test_the_same_arrays_in_two_places_are_one_set_and_known_by_both():
    value = {"a": {"w": A}, "b": None}
    value["b"] = value["a"]
    assert nested(value).container == "a"
    assert nested(value, "b").others == ("a",)


def test_of_a_thousand_sets_the_first_are_named():
    with pytest.raises(ValueError, match="'n9' and 990 more.$"):
        nested({f"n{i}": {"w": A} for i in range(1000)})


def test_a_flat_file_has_the_arrays_below_a_name():
    arrays = {"G/a/b": A, "G.c": B, "Gs/a": A, "step": A}
    found = flat(arrays, "G")
    assert list(found.arrays) == ["a/b", "c"]
    assert (found.container, found.others) == ("G", ("Gs/a", "step"))
    assert list(flat(arrays).arrays) == list(arrays)
    assert list(flat(arrays, "G/a").arrays) == ["b"]


def test_a_container_that_is_missing_or_an_array_is_named():
    with pytest.raises(KeyError, match="t: x: unknown container 'H'.*there is G"):
        flat({"G/a": A}, "H")
    with pytest.raises(KeyError, match="'step' is an array"):
        flat({"step": A}, "step")
