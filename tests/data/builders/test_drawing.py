import numpy as np
import PIL.Image
import pytest

from jaxgen.data.builders import drawing
from jaxgen.data.features import decode


def test_splits_share_no_person():
    world = drawing.World(people=3, test_people=2)
    assert [*world.persons("train"), *world.persons("test")] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"people": 0}, "people should be at least 1, got 0"),
        ({"frames": -1}, "frames should be at least 1"),
        ({"layout": "market"}, "one of deepfashion, market1501, got 'market'"),
        ({"framing": "half"}, "one of full, mixed"),
    ],
)
def test_worlds_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        drawing.World(**options)


def test_pictures_are_encoded_without_loss(world, fake_draw, monkeypatch):
    monkeypatch.setattr(drawing, "draw_records", fake_draw)
    drawn = list(drawing.draw_people(world, [4, 1], workers=0))
    raw = [record for person in (4, 1) for record in fake_draw(world, person)]
    assert len(drawn) == len(raw) == 8
    for got, want in zip(drawn, raw, strict=True):
        assert "mask" not in got
        np.testing.assert_array_equal(np.asarray(decode(got["image"])), want["image"])
        assert isinstance(decode(got["parsing"]), PIL.Image.Image)


def test_one_process_and_four_draw_the_same_bytes():
    world = drawing.World(people=4, test_people=1, frames=1, size=(32, 16), seed=3)
    alone = list(drawing.draw_people(world, range(4), workers=1))
    together = list(drawing.draw_people(world, range(4), workers=4))
    for a, b in zip(alone, together, strict=True):
        assert a.keys() == b.keys()
        for key in a:
            np.testing.assert_array_equal(a[key], b[key], err_msg=key)
