import numpy as np
import pytest

from jaxgen.metrics.lpips import Metric


def distance(image, target):
    assert image.dtype == target.dtype == np.float32
    return np.square(image - target).mean((1, 2, 3))


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    return {
        "image": rng.integers(0, 256, (3, 32, 24, 3), dtype=np.uint8),
        "target_image": rng.integers(0, 256, (3, 32, 24, 3), dtype=np.uint8),
        "target_keypoints": rng.uniform(4, 20, (3, 18, 2)).astype(np.float32),
    }


def test_the_network_sees_pictures_from_minus_1_to_1(batch):
    seen = []

    def look(image, target):
        seen.extend((image, target))
        return np.zeros(len(image))

    Metric(look).values(batch["image"], batch)
    for found, name in zip(seen, ("image", "target_image"), strict=True):
        np.testing.assert_allclose(found, batch[name] / 127.5 - 1, atol=1e-6)


def test_distances_are_given_on_as_float64(batch):
    values = Metric(distance).values(batch["image"], batch)
    want = np.square((batch["image"] - batch["target_image"].astype(float)) / 127.5)
    assert values.dtype == np.float64
    np.testing.assert_allclose(values, want.mean((1, 2, 3)), rtol=1e-5)


def test_outside_a_mask_both_are_grey(batch):
    nobody = {**batch, "target_keypoints": np.full((3, 18, 2), np.nan, np.float32)}
    seen = []

    def look(image, target):
        seen.extend((image, target))
        return np.zeros(len(image))

    Metric(look, mask="community").values(batch["image"], nobody)
    assert not np.any(seen)


def test_the_network_is_part_of_the_definition():
    a, b = (Metric(distance, extractor=name) for name in ("lpips_alex_v0.0", "other"))
    assert a.definition != b.definition
    assert Metric(distance, mask="pg2").definition["name"] == "mask_lpips"
