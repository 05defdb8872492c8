import contextlib
import json
import resource

import numpy as np
import pytest
from PIL import Image
from tensorboardX import summary
from tensorboardX.proto.event_pb2 import Event, SessionLog

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


@pytest.mark.parametrize("broken", ["\0\0\0\0", "[]", '{"l1": 1}', '{"step": 2}{', "}"])
def test_whatever_a_line_became_the_next_start_goes_on(tmp_path, broken):
    (tmp_path / "metrics.jsonl").write_text(f'{{"step": 1, "l1": 1.0}}\n{broken}\n')
    Writer(str(tmp_path), start=5, notes={}).close()
    assert lines(tmp_path) == [{"step": 1, "l1": 1.0}]


def test_a_full_disk_is_an_error_that_names_the_file_and_leaves_whole_lines(tmp_path):
    writer = Writer(str(tmp_path), start=0, notes={})
    writer.write_scalars(1, {"l1": 1.0})
    with small_files(40):
        with pytest.raises(OSError) as full:
            writer.write_scalars(2, {"l1": 2.0, "another": 3.0})
    assert full.value.filename == str(tmp_path / "metrics.jsonl")
    writer.close()
    Writer(str(tmp_path), start=9, notes={}).close()
    assert lines(tmp_path) == [{"step": 1, "l1": 1.0}]


def test_events_on_a_full_disk_are_an_error_and_no_hang(tmp_path):
    writer = Writer(str(tmp_path), start=0, notes={})
    picture = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)
    with pytest.raises(OSError) as full, small_files(100):
        for step in range(30):
            writer._events.add(step, summary=summary.image("x", picture[0].T))
        writer.close()
    assert "events.out.tfevents" in full.value.filename


@contextlib.contextmanager
def small_files(size):
    """No file may grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_tensorboard_reads_what_was_written(tmp_path):
    writer = Writer(str(tmp_path), start=4, notes={})
    writer.write_scalars(7, {"l1": 0.5})
    writer.write_images(7, {"a": np.zeros((1, 8, 8, 3), np.uint8)})
    writer.close()
    (path,) = tmp_path.glob("events.*")
    begin, purge, scalar, image = events(path.read_bytes())
    assert begin.file_version == "brain.Event:2"
    assert purge.step == 5 and purge.session_log.status == SessionLog.START
    (value,) = scalar.summary.value
    assert (scalar.step, value.tag, value.simple_value) == (7, "l1", 0.5)
    assert image.summary.value[0].image.height > 8


def events(data):
    """TFRecord: length, its check, the event, its check."""
    found = []
    while data:
        length = int.from_bytes(data[:8], "little")
        found.append(Event.FromString(data[12 : 12 + length]))
        data = data[16 + length :]
    return found
