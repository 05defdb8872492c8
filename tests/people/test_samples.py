import numpy as np

from jaxgen.people import samples
from jaxgen.people.samples import Attributes, Samples

SIZE, PER_PIXEL = (12, 9), 3


def make_samples(seed=0, labels=4):
    rng = np.random.default_rng(seed)
    count = 80
    pixel = np.sort(rng.choice(SIZE[0] * SIZE[1], count, replace=False))
    return Samples(
        size=SIZE,
        pixels_per_metre=100.0,
        pixel=pixel,
        depth=rng.uniform(0, 1, count).astype(np.float32),
        normal=np.zeros((count, 3), np.float32),
        canonical=np.zeros((count, 3), np.float32),
        occlusion=np.ones(count, np.float32),
        extra=np.zeros((count, 2), np.float32),
        material=np.zeros(count, np.int64),
        label=rng.integers(0, labels, count),
    )


def blocks(grid):
    """Samples of each pixel, [h, w, k k], row by row."""
    k, (height, width) = PER_PIXEL, SIZE
    split = grid.reshape(height // k, k, width // k, k)
    return split.transpose(0, 2, 1, 3).reshape(height // k, width // k, k * k)


def test_a_pixel_is_the_mean_of_its_samples():
    seen = make_samples()
    values = np.random.default_rng(1).random((80, 2)).astype(np.float32)
    expected = [blocks(seen.spread(v, 0.0)).mean(-1) for v in values.T]
    found = samples.average(seen, values, PER_PIXEL)
    np.testing.assert_allclose(found, np.stack(expected, -1), rtol=1e-5)


def slow_vote(stack):
    """The label of one pixel from its samples."""
    if 2 * (stack > 0).sum() < len(stack):
        return 0
    best, most = 0, 0
    for label in stack:
        if label > 0 and (stack == label).sum() > most:
            best, most = label, (stack == label).sum()
    return best


def test_a_vote_needs_half_the_samples_and_ties_go_to_the_first():
    for seed in range(20):
        seen = make_samples(seed)
        stacks = blocks(seen.spread(seen.label, 0))
        expected = np.apply_along_axis(slow_vote, 2, stacks)
        np.testing.assert_array_equal(samples.vote(seen, PER_PIXEL), expected)


def test_depth_is_far_where_nothing_is():
    seen = make_samples()
    covered = np.zeros(SIZE, bool)
    covered.ravel()[seen.pixel] = True
    assert (seen.depth_buffer[~covered] == samples.FAR).all()
    np.testing.assert_array_equal(seen.depth_buffer[covered], seen.depth)


def test_what_corners_carry_is_blended_across_a_face():
    vertices = np.array([[0.0, 0.0, 1.0], [0.0, 8.0, 2.0], [8.0, 0.0, 3.0]])
    carried = np.concatenate([vertices, np.zeros((3, 3))], 1).astype(np.float32)
    one = np.array([5])
    attributes = Attributes(carried, np.array([[0, 1, 2]]), one, one)
    seen = samples.take_samples(vertices, vertices[:, :2], attributes, (8, 8), 1.0)
    centres = np.stack([seen.pixel % 8 + 0.5, seen.pixel // 8 + 0.5], 1)
    np.testing.assert_allclose(seen.canonical[:, :2], centres, atol=1e-5)
    np.testing.assert_allclose(seen.depth, seen.canonical[:, 2], atol=1e-6)
    assert (seen.normal[:, 2] > 0).all() and set(seen.label) == {5}
