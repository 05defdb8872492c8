import subprocess
import sys

import pytest

from jaxgen.data.builders import folders


def test_a_fresh_folder_appears_whole(tmp_path):
    out = tmp_path / "a" / "b"
    with folders.fresh(out) as temporary:
        (temporary / "file").write_text("x")
        assert not out.exists()
    assert [p.name for p in out.iterdir()] == ["file"]
    assert [p.name for p in out.parent.iterdir()] == ["b"]


def test_an_error_leaves_nothing_behind(tmp_path):
    with pytest.raises(RuntimeError), folders.fresh(tmp_path / "a" / "b") as temporary:
        (temporary / "file").write_text("x")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_is_taken_and_a_full_one_refused(tmp_path):
    with folders.fresh(tmp_path / "out") as temporary:
        (temporary / "file").write_text("x")
    with (
        pytest.raises(FileExistsError, match="is not empty"),
        folders.fresh(tmp_path / "out"),
    ):
        pass
    (tmp_path / "empty").mkdir()
    with folders.fresh(tmp_path / "empty"):
        pass


def test_a_folder_that_exists_is_filled_and_not_replaced(tmp_path):
    """A mount point is such a folder: nothing can be renamed to its name."""
    (tmp_path / "out").mkdir()
    before = (tmp_path / "out").stat().st_ino
    with folders.fresh(tmp_path / "out", last="a") as temporary:
        for name in "bac":
            (temporary / name).write_text("x")
    assert (tmp_path / "out").stat().st_ino == before
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a", "b", "c"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_an_error_leaves_a_folder_that_exists_empty(tmp_path):
    with pytest.raises(RuntimeError), folders.fresh(tmp_path) as temporary:
        (temporary / "file").write_text("x")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_a_folder_is_followed(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "far")
    with folders.fresh(tmp_path / "link") as temporary:
        (temporary / "file").write_text("x")
    assert (tmp_path / "far" / "file").is_file() and (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("inside", [True, False])
def test_what_a_killed_process_left_is_removed(tmp_path, inside):
    place = tmp_path / "out" if inside else tmp_path
    left = place / ".out.0123abcd.partial"
    left.mkdir(parents=True)
    (place / ".out.lock").write_text("")
    kept = tmp_path / ".out.mine"
    kept.mkdir()
    with folders.fresh(tmp_path / "out") as temporary:
        (temporary / "file").write_text("x")
    assert not left.exists() and kept.exists()
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["file"]


def test_two_processes_do_not_write_one_folder(tmp_path):
    with (
        folders.fresh(tmp_path / "out") as temporary,
        pytest.raises(ValueError, match="another process is writing .*out"),
        folders.fresh(tmp_path / "out"),
    ):
        pass
    assert not temporary.exists() and (tmp_path / "out").is_dir()


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(ValueError, match="cannot be written"),
        folders.fresh(tmp_path / "file" / "out"),
    ):
        pass


_HOLD = """
import pathlib, sys
from jaxgen.data.builders import folders
with folders.locked(pathlib.Path(sys.argv[1]), "drawing"):
    print("held")
"""


def test_a_second_process_waits_and_says_so(tmp_path):
    with folders.locked(tmp_path / "lock", "drawing"):
        process = subprocess.Popen(
            [sys.executable, "-c", _HOLD, str(tmp_path / "lock")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        said = process.stderr.readline()
        assert "waiting for another process: drawing" in said
        assert process.poll() is None
    assert process.communicate() == ("held\n", "")
