import dataclasses

import numpy as np
import pytest

from jaxgen.people import shade
from jaxgen.people.mesh import Material
from jaxgen.people.samples import Samples

SIZE = (40, 40)
UP_RIGHT = np.array([0.6, 0.48, 0.64])


def plate(material=Material.SKIN, near=None):
    """A wall 1 m away that faces the viewer; `near` pixels are 5 cm nearer."""
    count = SIZE[0] * SIZE[1]
    depth = np.ones(count, np.float32)
    if near is not None:
        depth[near.ravel()] -= 0.05
    rng = np.random.default_rng(0)
    return Samples(
        size=SIZE,
        pixels_per_metre=100.0,
        pixel=np.arange(count),
        depth=depth,
        normal=np.tile(np.float32([0, 0, 1]), (count, 1)),
        canonical=rng.uniform(-0.1, 0.1, (count, 3)).astype(np.float32),
        occlusion=np.ones(count, np.float32),
        extra=np.zeros((count, 2), np.float32),
        material=np.full(count, material),
        label=np.ones(count, np.int64),
    )


def light(**changes):
    grey = np.full(3, 0.5)
    return shade.Light(UP_RIGHT, grey, grey, grey)._replace(**changes)


def shaded(samples, lit, albedo=0.5):
    colours = np.full((len(samples.pixel), 3), albedo)
    return shade.shade(samples, colours, lit, 0.5).reshape(*SIZE, 3)


def test_light_comes_from_in_front_and_above():
    for seed in range(50):
        drawn = shade.draw_light(np.random.default_rng(seed))
        assert np.linalg.norm(drawn.direction) == pytest.approx(1)
        assert drawn.direction[1] > 0.4 and drawn.direction[2] > 0


def test_black_is_black_and_more_light_is_brighter():
    matt = plate(Material.SOCK)
    assert shaded(matt, light(), 0.0).max() == 0
    dim, bright = (shaded(matt, light(sun=np.full(3, s))) for s in (0.2, 0.8))
    assert (bright > dim).all()


def test_a_flat_wall_of_skin_is_evenly_lit_away_from_the_border():
    image = shaded(plate(), light())[10:-10, 10:-10]
    assert np.ptp(image.reshape(-1, 3), axis=0).max() < 1e-5


def test_something_near_throws_its_shadow_away_from_the_sun():
    near = np.zeros(SIZE, bool)
    near[15:25, 15:25] = True
    image = shaded(plate(near=near), light(sky=np.zeros(3), ground=np.zeros(3)))
    below_left, above_right = image[26, 14].mean(), image[13, 25].mean()
    assert below_left < 0.7 * above_right


def test_corners_get_less_sky():
    near = np.zeros(SIZE, bool)
    near[:, 20:] = True
    image = shaded(plate(near=near), light(sun=np.zeros(3)))
    assert image[20, 18].mean() < 0.95 * image[20, 8].mean()
    assert image[20, 30].mean() == pytest.approx(image[20, 25].mean(), rel=1e-4)


def test_only_cloth_and_hair_are_creased():
    skin, cloth = plate(Material.SKIN), plate(Material.TOP)
    np.testing.assert_array_equal(shade.bend_normals(skin), skin.normal)
    bent = shade.bend_normals(cloth)
    np.testing.assert_allclose(np.linalg.norm(bent, axis=1), 1, atol=1e-6)
    assert (np.abs(bent - cloth.normal).max(1) > 1e-3).mean() > 0.5


def test_creases_stop_where_the_material_or_the_depth_changes():
    cloth = plate(Material.TOP)
    row, column = np.divmod(cloth.pixel, SIZE[1])
    checks = (row + column) % 2 == 0
    material = np.where(checks, Material.TOP, Material.TROUSERS)
    mixed = dataclasses.replace(cloth, material=material)
    np.testing.assert_array_equal(shade.bend_normals(mixed), cloth.normal)
    stepped = dataclasses.replace(cloth, depth=(column + row).astype(np.float32))
    np.testing.assert_array_equal(shade.bend_normals(stepped), cloth.normal)


def test_the_floor_is_dark_only_where_the_shadow_falls():
    rng = np.random.default_rng(0)
    points = np.stack([rng.normal((100, 50), 2, (400, 2)), rng.normal(20, 1, (400, 2))])
    shadow = shade.floor_shadow(points, np.linspace(0, 1, 400), (64, 128))
    assert shadow.shape == (64, 128)
    assert shadow[50, 100] < 0.8 and shadow[20, 20] < 0.8 and shadow[10, 110] > 0.99
    assert shadow.min() >= 0.28 and shadow.max() <= 1
