import dataclasses

import numpy as np
import pytest

from jaxgen.data.request import match
from jaxgen.data.source import open_source

PAIR = ("source", "target")


@pytest.fixture
def source(data):
    return open_source(data, "train")


def test_an_unknown_feature_lists_what_there_is(source, pair_request, make_spec):
    request = pair_request(2) | {"source_depth": make_spec((2, 32, 16), "float32")}
    with pytest.raises(KeyError, match="no feature 'source_depth'.*target_parsing"):
        match(request, source, PAIR)


@pytest.mark.parametrize("roles", [PAIR, ()])
def test_roles_belong_to_pairs_only(source, make_spec, roles):
    name = "image" if roles else "source_image"
    with pytest.raises(KeyError, match=f"no feature '{name}'"):
        match({name: make_spec((2, 32, 16, 3), "uint8")}, source, roles)


@pytest.mark.parametrize(
    ("shape", "dtype", "said"),
    [
        ((2, 32, 16), "uint8", r"uint8\[32, 16, 3\] per sample"),
        ((2, 32, 16, 3), "float32", r"the request says float32\[32, 16, 3\]"),
    ],
)
def test_other_shapes_and_dtypes_are_refused(source, make_spec, shape, dtype, said):
    with pytest.raises(ValueError, match=said):
        match({"image": make_spec(shape, dtype)}, source, ())


def test_another_aspect_ratio_names_both_sizes(source, pair_request):
    with pytest.raises(ValueError, match="32x16.*32x32 is wanted"):
        match(pair_request(2, size=(32, 32)), source, PAIR)


def test_pictures_of_one_sample_have_one_size(source, make_spec):
    request = {
        "image": make_spec((2, 64, 32, 3), "uint8"),
        "parsing": make_spec((2, 32, 16), "uint8"),
    }
    with pytest.raises(ValueError, match="image 64x32, parsing 32x16"):
        match(request, source, ())


def test_batch_sizes_agree(source, make_spec):
    request = {
        "image": make_spec((2, 32, 16, 3), "uint8"),
        "visible": make_spec((3, 18), "bool"),
    }
    with pytest.raises(ValueError, match=r"one batch size, got \[2, 3\]"):
        match(request, source, ())


def test_keypoints_follow_the_pictures_to_another_size(source, make_spec):
    def keypoints(size):
        request = {
            "image": make_spec((1, *size, 3), "uint8"),
            "keypoints": make_spec((1, 18, 2), "float32"),
        }
        return match(request, source, ())((0,))["keypoints"]

    small, large = keypoints((32, 16)), keypoints((64, 32))
    np.testing.assert_allclose((small + 0.5) * 2 - 0.5, large)


def test_a_request_without_pictures_has_the_size_of_the_records(source, make_spec):
    request = {"keypoints": make_spec((1, 18, 2), "float32")}
    assert match(request, source, ()).size == (32, 16)
    with pytest.raises(ValueError, match="size of a sample is unknown"):
        match(request, dataclasses.replace(source, size=None), ())


def test_everything_a_source_offers_can_be_had(source, make_spec):
    request = {
        name: make_spec((1, *feature.shape((32, 16))), feature.dtype)
        for name, feature in source.features.items()
    }
    sample = match(request, source, ())((3,))
    for name, spec in request.items():
        assert sample[name].shape == spec.shape[1:] and sample[name].dtype == spec.dtype
