import numpy as np
import pytest

from jaxgen.metrics import extractors, prepare
from jaxgen.metrics.definitions import Extractor

ALL = {n: v for n, v in vars(extractors).items() if isinstance(v, Extractor)}
INCEPTIONS = [name for name in ALL if name != "LPIPS"]


@pytest.mark.parametrize(
    "name, low, high",
    [
        ("TF_POOL", -1, 127 / 128),
        ("TF_CLASSES", -1, 127 / 128),
        ("CLEAN_POOL", -1, 127 / 128),
        ("PYTORCH_POOL", -1, 1),
        ("TORCHVISION_POOL", -1, 1),
        ("SQUEEZED_POOL", -0.188, 0.428),
    ],
)
def test_networks_see_299_pixels_of_the_range_of_the_script(name, low, high):
    black_and_white = np.zeros((2, 16, 12, 3), np.uint8)
    black_and_white[1] = 255
    found = prepare.apply(black_and_white, ALL[name].steps)
    assert found.shape == (2, 299, 299, 3) and found.dtype == np.float32
    assert found.min() == pytest.approx(low) and found.max() == pytest.approx(high)


def test_squeezed_pictures_are_those_of_the_scripts_formula():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (1, 299, 299, 3), dtype=np.uint8)
    found = prepare.apply(images, extractors.SQUEEZED_POOL.steps)
    unit = images / 255
    constants = ((0.229, 0.485), (0.224, 0.456), (0.225, 0.406))
    for channel, (deviation, mean) in enumerate(constants):
        want = unit[..., channel] * (deviation / 0.5) + (mean - 0.5) / 0.5
        np.testing.assert_allclose(found[..., channel], want, atol=1e-6)


def test_all_differ():
    assert len({str(extractor) for extractor in ALL.values()}) == len(ALL)
    assert set(INCEPTIONS) >= {"TF_POOL", "SQUEEZED_POOL"}
