import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from jaxgen.people import noise


def test_a_generator_depends_on_every_number_that_names_it():
    a, b = noise.Stream.PERSON, noise.Stream.OUTFIT
    names = [(0, a, (2, 3)), (1, a, (2, 3)), (0, b, (2, 3)), (0, a, (3, 2))]
    draws = {noise.generator(seed, k, *ids).random() for seed, k, ids in names}
    assert len(draws) == len(names)
    assert noise.generator(0, a, 2, 3).random() in draws


def test_value_noise_fills_the_unit_range_and_is_continuous():
    rng = np.random.default_rng(0)
    points = rng.uniform(-20, 20, (4000, 3))
    values = noise.value_noise(points, 2.0)
    assert values.min() >= 0 and values.max() <= 1 and values.std() > 0.1
    moved = noise.value_noise(points + 1e-4, 2.0)
    assert np.abs(moved - values).max() < 2e-3


def test_fractal_noise_stays_in_the_unit_range():
    points = np.random.default_rng(0).uniform(-5, 5, (2000, 3))
    values = noise.fractal_noise(points, 11.0)
    assert values.min() >= 0 and values.max() <= 1


@given(st.floats(-50, 50), st.floats(0.05, 3))
def test_plane_noise_is_value_noise_on_a_grid(z, step):
    x, y = np.arange(5) * step - 3, np.arange(7) * step + 40
    points = np.stack([*np.meshgrid(x, y), np.full((7, 5), z)], -1).reshape(-1, 3)
    expected = noise.value_noise(points, 1.0).reshape(7, 5)
    np.testing.assert_allclose(noise.plane_noise(x, y, z), expected, atol=1e-5)


def test_hash2_is_uniform_and_neighbours_are_unrelated():
    i, j = np.arange(200)[:, None] - 100, np.arange(200) - 100
    values = noise.hash2(i, j, 5)
    assert values.min() >= 0 and values.max() < 1
    assert abs(values.mean() - 0.5) < 0.01
    for a, b in ((values[1:], values[:-1]), (values[:, 1:], values[:, :-1])):
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 0.03
    assert (values != noise.hash2(i, j, 6)).mean() > 0.99


def test_smoothstep_and_lerp_meet_their_ends():
    t = np.array([-1, 0, 0.5, 1, 2])
    np.testing.assert_array_equal(noise.smoothstep(t), [0, 0, 0.5, 1, 1])
    np.testing.assert_array_equal(noise.lerp(t, 4.0, 0.0), t)
    np.testing.assert_array_equal(noise.lerp(t, 4.0, 1.0), 5 * [4.0])
