import numpy as np
import pytest
from skimage.color import rgb2gray
from skimage.util.dtype import dtype_range

from jaxgen.metrics import scale


@pytest.mark.parametrize(
    "name, ends", [("bytes", (0, 255)), ("unit", (0, 1)), ("signed", (-1, 1))]
)
def test_bytes_fill_the_range(name, ends):
    found = scale.bring(np.array([0, 255], np.uint8), name)
    np.testing.assert_allclose(found, ends, atol=1e-15)
    assert found.dtype == np.float64


def test_ranges_of_types_are_those_of_scikit_image():
    for name, kind in (("bytes", np.uint8), ("unit", np.float32), ("signed", float)):
        low, high = dtype_range[kind]
        assert scale.SCALES[name].type_range == high - low


def test_luminance_is_that_of_scikit_image():
    image = np.random.default_rng(0).random((4, 5, 3))
    np.testing.assert_allclose(image @ scale.LUMINANCE, rgb2gray(image), rtol=1e-12)


def test_an_unknown_scale_is_told_with_all():
    with pytest.raises(KeyError, match="unknown scale 'float'.*signed"):
        scale.require("here", "float")
