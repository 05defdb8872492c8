import os

import pytest

from jaxgen.data import files


def test_pictures_are_found_at_any_depth_and_what_is_hidden_is_not(tmp_path):
    for name in ("b.png", "a.JPG", "sub/c.jpeg", "._a.jpg", ".cache/d.jpg", "e.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    found = [p.relative_to(tmp_path).as_posix() for p in files.picture_files(tmp_path)]
    assert found == ["a.JPG", "b.png", "sub/c.jpeg"]


def test_a_dataset_may_lie_in_a_hidden_folder(tmp_path):
    folder = tmp_path / ".data"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"")
    assert files.picture_files(folder) == [folder / "a.jpg"]


def test_a_folder_that_may_not_be_read_does_not_look_empty(tmp_path, monkeypatch):
    (tmp_path / "below").mkdir()
    scandir = os.scandir

    def refuse(folder):
        if str(folder).endswith("below"):
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(PermissionError, match="below"):
        files.picture_files(tmp_path)
