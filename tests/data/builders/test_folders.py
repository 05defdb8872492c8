import multiprocessing
import os
import time

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


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(ValueError, match="cannot be written"),
        folders.fresh(tmp_path / "file" / "out"),
    ):
        pass


def test_a_second_process_waits_and_says_so(tmp_path, capfd):
    context = multiprocessing.get_context("fork")
    held = context.Event()

    def hold():
        with folders.locked(tmp_path / "lock", "drawing"):
            held.set()
            time.sleep(0.3)
            (tmp_path / "done").write_text("x")
        os._exit(0)

    process = context.Process(target=hold)
    process.start()
    held.wait(10)
    with folders.locked(tmp_path / "lock", "drawing"):
        assert (tmp_path / "done").exists()
    process.join()
    assert "waiting for another process: drawing" in capfd.readouterr().err
