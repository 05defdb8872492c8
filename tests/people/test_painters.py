import numpy as np
import pytest

from jaxgen.people import painters
from jaxgen.people.painters import Canvas
from jaxgen.people.scenes import KINDS

PAINTERS = {kind: painter for kind, (_, painter, _) in KINDS.items()}


@pytest.mark.parametrize("kind", PAINTERS)
def test_what_is_drawn_does_not_depend_on_the_canvas(kind):
    for seed in range(6):
        states = []
        for size, wall_row in (((64, 64), 50.0), ((30, 20), 45.0), ((128, 64), 4.0)):
            rng = np.random.default_rng(seed)
            image = PAINTERS[kind](rng, Canvas(size, wall_row))
            assert image.shape == (*size, 3)
            states.append(rng.bit_generator.state["state"]["state"])
        assert len(set(states)) == 1


def test_wall_and_floor_meet_at_their_row():
    canvas = Canvas((10, 4), 6.0)
    image = canvas.compose(np.zeros((10, 4, 3)), np.ones((10, 4, 3)))
    np.testing.assert_array_equal(image[:, 0, 0], 6 * [0] + 4 * [1])


def test_a_rectangle_holds_the_pixels_whose_centres_it_holds():
    canvas = Canvas((6, 8), 6.0)
    inside = canvas.rectangle(1.0, 2.0, 3.0, 2.0)
    assert inside.sum() == 6 and inside[2:4, 1:4].all()


def test_the_floor_is_nearer_further_down():
    canvas = Canvas((40, 10), 20.0)
    below = canvas.y[:, 0] > 20
    assert (np.diff(canvas.depth(0.12)[below, 0]) < 0).all()
    near = canvas.nearness()[:, 0]
    assert (np.diff(near) >= 0).all() and near[0] == 0 and near[-1] > 0.99


def test_bricks_are_laid_in_rows_with_mortar_between():
    image = painters.brick(np.random.default_rng(0), Canvas((256, 256), 256.0))
    rows = image.mean((1, 2))
    spectrum = np.abs(np.fft.rfft(rows - rows.mean()))
    assert spectrum.argmax() in (31, 32, 33)
