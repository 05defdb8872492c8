"""Folds are where cloth bunches up, and belong to the cloth."""

import numpy as np

from jaxgen.people.folds import fold_height
from jaxgen.people.mesh import Material


def test_folds_are_deeper_at_the_knee_than_on_the_shin():
    rng = np.random.default_rng(0)

    def spread(height: float) -> float:
        points = rng.uniform(
            [0.05, height - 0.02, 0.0], [0.2, height + 0.02, 0.1], (2000, 3)
        )
        material = np.full(2000, Material.TROUSERS)
        return float(fold_height(points, material, np.zeros((2000, 2))).std())

    assert spread(-0.40) > 1.8 * spread(-0.58)


def test_folds_of_a_skirt_grow_downwards():
    rng = np.random.default_rng(0)
    points = rng.uniform([-0.2, -0.5, -0.2], [0.2, 0.1, 0.2], (2000, 3))
    skirt = np.full(2000, Material.SKIRT)
    upper, lower = (
        fold_height(points, skirt, np.tile([0.0, down], (2000, 1))).std()
        for down in (0.0, 1.0)
    )
    assert lower > 2 * upper


def test_folds_of_a_skirt_close_at_the_back():
    heights = np.linspace(-0.5, 0, 50)
    left, right = (
        np.stack([0 * heights + side, heights, 0 * heights - 0.15], 1)
        for side in (1e-6, -1e-6)
    )
    skirt, extra = np.full(50, Material.SKIRT), np.ones((50, 2))
    np.testing.assert_allclose(
        fold_height(left, skirt, extra), fold_height(right, skirt, extra), atol=1e-6
    )
