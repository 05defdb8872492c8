import pathlib
import resource

import pytest

from jaxgen.data import builders
from jaxgen.data.builders import cache, drawing


@pytest.fixture
def data(tmp_path, fake_draw, monkeypatch):
    monkeypatch.setenv("JAXGEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(drawing, "draw_records", fake_draw)
    return {"source": "synthetic", "people": 2, "test_people": 1, "frames": 2}


def test_synthetic_people_are_drawn_once(data, monkeypatch):
    folder = builders.ensure(data, (32, 16))
    assert (pathlib.Path(folder) / "dataset.json").is_file()
    monkeypatch.setattr(drawing, "draw_records", None)
    assert builders.ensure(data, (32, 16)) == folder


def test_other_options_are_other_folders(data):
    folders = {
        builders.ensure(data, (32, 16)),
        builders.ensure(data, (64, 32)),
        builders.ensure(data | {"dataset_seed": 1}, (32, 16)),
    }
    assert len(folders) == 3


def test_a_drawing_that_fails_leaves_no_folder(data, monkeypatch):
    def fail(world, person):
        raise RuntimeError("no ink")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="no ink"):
        patch.setattr(drawing, "draw_records", fail)
        builders.ensure(data, (32, 16))
    assert [p.suffix for p in cache.cache_folder().iterdir()] == [".lock"]
    builders.ensure(data, (32, 16))


def test_what_a_killed_process_left_is_removed(data):
    folder = pathlib.Path(builders.ensure(data, (32, 16)))
    left = folder.with_name(f".{folder.name}.0123abcd.partial")
    folder.rename(left)
    builders.ensure(data, (32, 16))
    assert folder.is_dir() and not left.exists()


def test_a_given_folder_is_checked_and_kept(data, people_folder, tmp_path):
    given = data | {"folder": people_folder}
    assert builders.ensure(given, (32, 16)) == people_folder
    with pytest.raises(FileNotFoundError, match="prepare market1501 --source"):
        builders.ensure({"source": "market1501", "folder": str(tmp_path)}, (128, 64))
    with pytest.raises(FileNotFoundError, match="'nowhere' does not exist"):
        builders.ensure({"source": "images", "folder": "nowhere"}, (128, 64))
    images = {"source": "images", "folder": str(tmp_path)}
    assert builders.ensure(images, (128, 64)) == str(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source": "synthetik"}, "unknown source .*did you mean 'synthetic'"),
        ({"source": ""}, "config.data.source is missing"),
        ({"peeple": 3}, "unknown key 'peeple' .did you mean 'people'"),
    ],
)
def test_what_is_not_known_is_refused_before_anybody_is_drawn(data, change, message):
    with pytest.raises(KeyError, match=message):
        builders.ensure(data | change, (32, 16))
    with pytest.raises(KeyError, match="data.source is missing"):
        builders.ensure({}, (32, 16))
    assert not cache.cache_folder().exists()


def test_as_many_processes_as_this_one_may_use(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {1, 4, 5}, raising=False)
    assert cache.default_workers(drawing.World()) == 3


def test_few_pictures_need_no_processes():
    assert cache.default_workers(drawing.World(people=2, test_people=1, frames=2)) == 0
    assert cache.default_workers(drawing.World()) >= 1


def test_a_full_disk_is_said_in_a_sentence_and_leaves_no_folder(data):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, limits[1]))
    try:
        with pytest.raises(OSError, match="could not be written .*File too large"):
            builders.ensure(data | {"frames": 40}, (32, 16))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [p.suffix for p in cache.cache_folder().iterdir()] == [".lock"]
