import numpy as np
import pytest
from etils import epath
from PIL import Image

from jaxgen.runtime import pictures


def test_a_grid_has_a_row_per_panel_and_a_column_per_sample():
    colors = np.array([[9, 99, 200], [99, 9, 200], [200, 99, 9]], np.uint8)
    row = np.broadcast_to(colors[:, None, None], (3, 16, 8, 3))
    sheet = pictures.grid({"first": row, "second": row[::-1]})
    where = [np.argwhere((sheet == color).all(-1)) for color in colors]
    assert [len(w) for w in where] == [2 * 16 * 8] * 3
    assert where[0][0, 1] < where[1][0, 1] < where[2][0, 1]


def test_panels_of_different_sizes_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        pictures.grid({"a": np.zeros((2, 4, 4, 3)), "b": np.zeros((2, 4, 8, 3))})


def test_a_saved_picture_comes_back_with_its_notes(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    path = epath.Path(tmp_path) / "a.png"
    pictures.save_png(path, image, pictures.notes("1.0", "abc", 5))
    with Image.open(path) as file:
        np.testing.assert_array_equal(np.asarray(file), image)
        assert "synthetic" in file.text["Comment"] and file.text["Step"] == "5"
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_a_caption_stands_below_in_as_many_lines_as_it_takes():
    text = pictures.notes("1.0", "abc", 5)["Comment"]
    rows = []
    for width in (64, 128, 512):
        image = np.full((32, width, 3), 9, np.uint8)
        with_text = pictures.captioned(image, text)
        np.testing.assert_array_equal(with_text[:32], image)
        ink = (with_text[32:] < 128).any(-1)
        assert ink.any() and not ink[:, -1].any() and not ink[-1].any()
        rows.append(ink.shape[0])
    assert rows[0] > rows[1] > rows[2]


def test_a_picture_that_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    def full(self, content):
        with open(self, "wb") as file:
            file.write(content[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(epath.Path(tmp_path)), "write_bytes", full)
    image = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(OSError) as error:
        pictures.save_png(epath.Path(tmp_path) / "a.png", image, {})
    assert error.value.filename == str(tmp_path / "a.png")
    assert not list(tmp_path.iterdir())
