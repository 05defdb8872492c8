import numpy as np
import PIL.Image

from jaxgen.data.builders import sheets


def test_the_right_side_is_drawn_red_where_it_is():
    points = np.full((18, 2), np.nan)
    points[2], points[3] = (10, 20), (10, 100)
    drawn = sheets.draw_skeleton(PIL.Image.new("RGB", (64, 128)), points)
    assert drawn.size == (128, 256)
    pixels = np.asarray(drawn).astype(int)
    red = pixels[..., 0] - pixels[..., 2] > 100
    rows, columns = np.nonzero(red)
    assert 18 <= columns.min() and columns.max() <= 24
    assert rows.min() < 45 and rows.max() > 195


def test_a_sheet_holds_at_most_48_pictures(tmp_path):
    path = tmp_path / "a.png"
    PIL.Image.new("RGB", (64, 128), (9, 9, 9)).save(path)
    poses = [np.full((18, 2), np.nan)] * 60
    sheets.write_sheet(tmp_path / "check" / "s.png", [path] * 60, poses)
    sheet = np.asarray(PIL.Image.open(tmp_path / "check" / "s.png"))
    assert (sheet == 9).all(-1).sum() == 48 * 128 * 256


def test_every_picture_has_its_name_below(tmp_path):
    drawn = []
    for name in ("a", "b", "b" * 90):
        path = tmp_path / f"{name}.png"
        PIL.Image.new("RGB", (64, 128), (9, 9, 9)).save(path)
        sheets.write_sheet(tmp_path / "s.png", [path], [np.full((18, 2), np.nan)])
        drawn.append(np.asarray(PIL.Image.open(tmp_path / "s.png")))
    assert {sheet.shape for sheet in drawn} == {(256 + 33, 128, 3)}
    one, other, long = (sheet[256:] for sheet in drawn)
    assert (one != other).any() and (long > 99).sum() > (other > 99).sum() > 0
