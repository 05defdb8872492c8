import json

import numpy as np
from PIL import Image

from jaxgen.runtime.writer import Silent, Writer


def lines(folder):
    text = (folder / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in text]


def test_scalars_are_lines_and_later_ones_fall_away_on_resuming(tmp_path):
    writer = Writer(str(tmp_path), start=0, notes={})
    for step in (10, 20, 30):
        writer.write_scalars(step, {"l1": step / 10})
    writer.close()
    writer = Writer(str(tmp_path), start=20, notes={})
    writer.write_scalars(30, {"l1": 9.0})
    writer.close()
    assert lines(tmp_path) == [
        {"step": 10, "l1": 1.0},
        {"step": 20, "l1": 2.0},
        {"step": 30, "l1": 9.0},
    ]


def test_a_line_cut_off_by_a_kill_is_dropped(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "l1": 1.0}\n{"step": 2, "l')
    Writer(str(tmp_path), start=5, notes={}).close()
    assert lines(tmp_path) == [{"step": 1, "l1": 1.0}]


def test_pictures_say_what_they_are(tmp_path):
    writer = Writer(str(tmp_path), start=0, notes={"Comment": "synthetic"})
    writer.write_images(7, {"a": np.zeros((2, 16, 8, 3), np.uint8)})
    writer.close()
    with Image.open(tmp_path / "pictures" / "step_0000007.png") as file:
        assert file.text == {"Comment": "synthetic", "Step": "7"}
    assert list(tmp_path.glob("events.*"))


def test_the_silent_writer_offers_the_same_and_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    public = {name for name in dir(Writer) if not name.startswith("_")}
    assert public == {name for name in dir(Silent) if not name.startswith("_")}
    writer = Silent()
    writer.write_scalars(1, {"l1": 1.0})
    writer.write_images(1, {"a": np.zeros((1, 8, 8, 3), np.uint8)})
    writer.close()
    assert not list(tmp_path.iterdir())
