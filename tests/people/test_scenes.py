import numpy as np
import pytest

from jaxgen.people import scenes


def draw(kind, seed=0):
    return scenes.draw_scene(np.random.default_rng(seed), kind)


@pytest.mark.parametrize("kind", scenes.KINDS)
@pytest.mark.parametrize("wall_row", [4.0, 50.0, 96.0])
def test_every_kind_paints_colours_between_0_and_1(kind, wall_row):
    for seed in range(4):
        image = scenes.paint(draw(kind, seed), (64, 32), wall_row)
        assert image.shape == (64, 32, 3) and image.dtype == np.float32
        assert np.isfinite(image).all() and image.min() >= 0 and image.max() <= 1
        assert image.std() > 0.002


@pytest.mark.parametrize("kind", scenes.KINDS)
def test_painting_again_gives_the_same_picture(kind):
    scene = draw(kind)
    first = scenes.paint(scene, (64, 48), 50.0)
    scenes.paint(draw(kind, 1), (64, 48), 50.0)
    np.testing.assert_array_equal(scenes.paint(scene, (64, 48), 50.0), first)


@pytest.mark.parametrize("kind", scenes.KINDS)
def test_a_scene_looks_alike_at_every_size(kind):
    scene = draw(kind)
    small = scenes.paint(scene, (64, 64), 56.0)
    large = scenes.paint(scene, (128, 128), 112.0)
    halved = large.reshape(64, 2, 64, 2, 3).mean((1, 3))
    assert np.abs(halved - small).mean() < 0.03


@pytest.mark.parametrize("kind", ["room", "street", "brick"])
def test_moving_the_wall_keeps_what_hangs_on_it(kind):
    scene = draw(kind)
    near, far = (scenes.paint(scene, (64, 64), row) for row in (60.0, 58.0))
    assert np.abs(near - far)[:40].mean() < 0.01


def test_scenes_differ():
    images = [scenes.paint(draw(None, seed), (64, 32), 56.0) for seed in range(12)]
    flat = np.stack(images).reshape(12, -1)
    apart = np.abs(flat[:, None] - flat[None]).mean(-1) + np.eye(12)
    assert apart.min() > 0.01


def test_an_unknown_kind_is_refused_with_what_there_is():
    with pytest.raises(KeyError, match="no kind 'moon'; there are studio"):
        draw("moon")
