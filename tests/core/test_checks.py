import numpy as np
import pytest

from jaxgen.core import checks

SPEC = {"image": np.zeros((2, 4), np.uint8), "mask": np.zeros((2, 1), np.float32)}


def message(error):
    return error.value.args[0]


def test_names_are_listed_in_order():
    assert checks.listed(["b", "a"]) == "a, b"
    assert checks.listed([]) == "nothing"


def test_the_nearest_name_is_a_hint_and_a_far_one_is_none():
    assert checks.nearest("refin", ["coarse", "refine"]) == " (did you mean 'refine'?)"
    assert checks.nearest("zebra", ["coarse", "refine"]) == ""


def test_a_known_name_passes():
    checks.require_known("here", "network", "coarse", ["coarse"])


def test_an_unknown_name_is_told_with_the_nearest_and_all():
    with pytest.raises(KeyError) as error:
        checks.require_known("here", "network", "coarze", iter(["refine", "coarse"]))
    assert message(error) == (
        "here: unknown network 'coarze' (did you mean 'coarse'?); "
        "there is coarse, refine."
    )


def test_names_that_differ_are_told_apart():
    checks.require_same_names("here", "weights", ["a", "b"], {"b": 1, "a": 2})
    with pytest.raises(KeyError) as error:
        checks.require_same_names("here", "weights", ["a", "b"], ["b", "c", "d"])
    assert message(error) == "here: weights: missing a; unknown c, d."


def test_arrays_that_fit_pass():
    checks.require_arrays("batch", SPEC, {k: v.copy() for k, v in SPEC.items()})


@pytest.mark.parametrize(
    "wrong", [np.zeros((2, 5), np.uint8), np.zeros((2, 4), np.float32)]
)
def test_another_shape_or_dtype_is_told_with_both(wrong):
    with pytest.raises(ValueError) as error:
        checks.require_arrays("batch", SPEC, SPEC | {"image": wrong})
    want = f"got {wrong.dtype}{list(wrong.shape)}."
    assert message(error) == f"batch: 'image' should be uint8[2, 4], {want}"


def test_a_missing_array_is_told():
    with pytest.raises(KeyError, match="batch: arrays: missing mask"):
        checks.require_arrays("batch", SPEC, {"image": SPEC["image"]})


def test_one_thing_is_no_plural():
    assert [checks.counted(n, "pair") for n in (0, 1, 2)] == [
        "0 pairs",
        "1 pair",
        "2 pairs",
    ]
