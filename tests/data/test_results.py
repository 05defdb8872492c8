import os

import numpy as np
import PIL.Image
import pytest
from PIL import Image

from jaxgen.data import results


def picture(seed=0, size=(16, 8)):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (*size, 3), dtype=np.uint8)


def save(folder, name, pixels, **options):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


def test_pictures_are_read_as_they_are_with_their_format(tmp_path):
    save(tmp_path, "sub/b.png", picture(1))
    save(tmp_path, "a.jpg", picture(0), quality=75)
    (tmp_path / "notes.txt").write_text("no picture")
    a, b = results.open_folder(str(tmp_path), "answer")
    assert [a.name, b.name] == ["a.jpg", "sub/b.png"]
    assert (a.saved, b.saved) == ("JPEG of quality 75", "PNG")
    assert a.size == (16, 8) and a.panel is None
    np.testing.assert_array_equal(b.read(), picture(1))


@pytest.mark.parametrize("quality", [50, 75, 90, 95])
def test_the_quality_of_a_jpeg_is_read_from_its_tables(tmp_path, quality):
    save(tmp_path, "a.jpg", picture(), quality=quality)
    save(tmp_path, "b.jpg", picture()[..., 0], quality=quality)
    for found in results.open_folder(str(tmp_path), "answer"):
        assert found.quality == quality


def test_tables_of_another_kind_have_no_quality():
    assert results.jpeg_quality({0: [1, 2, 3] + [9] * 61}) is None


def test_strips_give_the_answer_or_the_target(tmp_path):
    panels = [picture(seed) for seed in range(5)]
    save(tmp_path, "strip.png", np.concatenate(panels, axis=1))
    (answer,) = results.open_folder(str(tmp_path), "answer")
    (target,) = results.open_folder(str(tmp_path), "target")
    assert answer.size == (16, 8) and "strips of 5" in answer.saved
    np.testing.assert_array_equal(answer.read(), panels[4])
    np.testing.assert_array_equal(target.read(), panels[2])


@pytest.mark.parametrize("size", [(128, 64), (256, 176), (256, 256), (256, 260)])
def test_upright_pictures_and_squares_are_no_strips(size):
    assert not results.is_strip(size)
    assert results.is_strip((size[0], 5 * size[1]))


def test_the_digest_sees_names_and_pixels(tmp_path):
    save(tmp_path, "a/x.png", picture(0))
    save(tmp_path, "b/x.png", picture(0))
    save(tmp_path, "c/y.png", picture(0))
    save(tmp_path, "d/x.png", picture(1))
    a, b, c, d = (
        results.digest(results.open_folder(str(tmp_path / n), "answer")) for n in "abcd"
    )
    assert a == b and len({a, c, d}) == 3


def test_folders_without_pictures_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder"):
        results.open_folder(str(tmp_path / "none"), "answer")
    with pytest.raises(FileNotFoundError, match="holds no JPEG or PNG"):
        results.open_folder(str(tmp_path), "answer")


def test_what_is_no_picture_is_named(tmp_path):
    (tmp_path / "broken.png").write_bytes(b"\x89PNG no more")
    with pytest.raises(ValueError, match="broken.png does not read as a picture"):
        results.open_folder(str(tmp_path), "answer")


def test_a_picture_too_large_to_trust_is_one_sentence(tmp_path, monkeypatch):
    save(tmp_path, "bomb.png", picture())
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(ValueError, match="bomb.png does not read as a picture .*bomb"):
        results.open_folder(str(tmp_path), "answer")


def test_an_error_of_values_in_a_picture_names_it(tmp_path, monkeypatch):
    save(tmp_path, "odd.png", picture())

    def broken(*_, **__):
        raise ValueError("Decompressed data too large")

    monkeypatch.setattr(PIL.Image, "open", broken)
    with pytest.raises(
        ValueError, match="odd.png does not read as a picture .*too large"
    ):
        results.open_folder(str(tmp_path), "answer")


def test_a_name_that_is_no_text_is_one_sentence(tmp_path):
    path = save(tmp_path, "a.png", picture())
    try:
        os.rename(path, os.path.join(os.fsencode(tmp_path), b"b\xff.png"))
    except OSError:
        pytest.skip("this file system has names in UTF-8 alone")
    with pytest.raises(ValueError, match="is not UTF-8; rename"):
        results.open_folder(str(tmp_path), "answer")


def test_a_picture_that_breaks_off_is_named(tmp_path):
    path = save(tmp_path, "torn.png", picture(0, (64, 64)))
    path.write_bytes(path.read_bytes()[:2000])
    (torn,) = results.open_folder(str(tmp_path), "answer")
    with pytest.raises(ValueError, match="torn.png does not read as a picture"):
        torn.read()


def test_transparent_pictures_are_refused_and_opaque_ones_read(tmp_path):
    opaque = np.dstack([picture(), np.full((16, 8), 255, np.uint8)])
    save(tmp_path, "a.png", opaque)
    (found,) = results.open_folder(str(tmp_path), "answer")
    np.testing.assert_array_equal(found.read(), picture())
    opaque[0, 0, 3] = 7
    save(tmp_path, "a.png", opaque)
    with pytest.raises(ValueError, match="transparent"):
        results.open_folder(str(tmp_path), "answer")


def test_deep_pixels_are_refused(tmp_path):
    Image.fromarray(np.zeros((4, 4), np.uint16)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="8 bits"):
        results.open_folder(str(tmp_path), "answer")
