import numpy as np
import pytest

from jaxgen.metrics.l1 import Metric


def pair():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (2, 3, 16, 12, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    "scale, factor", [("bytes", 1), ("unit", 1 / 255), ("signed", 2 / 255)]
)
def test_l1_is_the_mean_absolute_difference_in_the_range(scale, factor):
    images, targets = pair()
    want = [
        np.abs(a.astype(int) - b).mean() for a, b in zip(images, targets, strict=True)
    ]
    values = Metric(values_in=scale).values(images, {"target_image": targets})
    np.testing.assert_allclose(values, np.array(want) * factor, rtol=1e-12)


def test_l1_is_that_of_pose_gans_script():
    """Its `l1_score`, in [-1, 1]."""
    (image, _, _), (target, _, _) = pair()
    want = np.abs(2 * (target / 255.0 - 0.5) - 2 * (image / 255.0 - 0.5)).mean()
    values = Metric(values_in="signed").values(
        image[None], {"target_image": target[None]}
    )
    assert values == pytest.approx(want)


def test_a_mask_blackens_both_and_its_outside_counts():
    images, targets = pair()
    nobody = np.full((3, 18, 2), np.nan, np.float32)
    batch = {"target_image": targets, "target_keypoints": nobody}
    assert not Metric(mask="pg2").values(images, batch).any()
    assert Metric(mask="pg2").needs == ("target_image", "target_keypoints")


def test_equal_pictures_have_0():
    images, _ = pair()
    assert not Metric().values(images, {"target_image": images}).any()
