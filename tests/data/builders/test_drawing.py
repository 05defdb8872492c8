import os
import pathlib
import signal
import subprocess
import sys

import numpy as np
import PIL.Image
import pytest

import jaxgen
from jaxgen.data.builders import drawing
from jaxgen.data.features import decode
from tests.processes import require_gone, workers_of


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
        ({"clips": 4}, "at most 3 .walk, turn, raise., got 4"),
        ({"seed": -1}, "seed should be at least 0, got -1"),
        ({"size": (100000, 64)}, "from 16 to 2048 pixels, got 100000x64"),
        ({"size": (128, 1)}, "from 16 to 2048 pixels"),
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


_DRAW_FOR_EVER = """
from jaxgen.data.builders import drawing
if __name__ == "__main__":
    world = drawing.World(size=(32, 16), frames=4)
    for _ in drawing.draw_people(world, range(10_000), workers=2):
        print("drawn", flush=True)
"""


@pytest.fixture
def drawing_for_ever(tmp_path):
    """A process with two workers, as soon as it has drawn something."""
    script = tmp_path / "draw.py"
    script.write_text(_DRAW_FOR_EVER)
    here = pathlib.Path(jaxgen.__file__).parent.parent
    with subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(here)},
    ) as process:
        process.stdout.readline()
        yield process
        process.kill()


def test_processes_that_draw_end_with_the_one_that_started_them(drawing_for_ever):
    workers = workers_of(drawing_for_ever.pid)
    assert len(workers) == 2
    drawing_for_ever.kill()
    require_gone(workers)


def test_a_process_that_dies_ends_the_drawing_with_a_sentence(drawing_for_ever):
    workers = workers_of(drawing_for_ever.pid)
    os.kill(workers[0], signal.SIGKILL)
    _, said = drawing_for_ever.communicate(timeout=20)
    assert b"ChildProcessError: synthetic: a process that draws people died" in said
    require_gone(workers)


def test_one_process_and_four_draw_the_same_bytes():
    world = drawing.World(people=4, test_people=1, frames=1, size=(32, 16), seed=3)
    alone = list(drawing.draw_people(world, range(4), workers=1))
    together = list(drawing.draw_people(world, range(4), workers=4))
    for a, b in zip(alone, together, strict=True):
        assert a.keys() == b.keys()
        for key in a:
            np.testing.assert_array_equal(a[key], b[key], err_msg=key)
