import numpy as np
import PIL.Image
import pytest

from jaxgen.data import pipeline
from jaxgen.data.source import open_source


@pytest.fixture
def folder(tmp_path):
    for i, name in enumerate(["b.png", "a.jpg", "sub/c.PNG"]):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        PIL.Image.fromarray(np.full((32, 16, 3), 50 * i, np.uint8)).save(path)
    (tmp_path / "Thumbs.db").write_bytes(b"no picture")
    return tmp_path


def once(folder, request):
    data = {"source": "images", "folder": str(folder)}
    return list(pipeline.once(data, request, split="train"))


def test_pictures_are_read_at_the_requested_size(folder, make_spec):
    ((batch, names),) = once(folder, {"image": make_spec((3, 16, 8, 3), "uint8")})
    assert names == ["a", "b", "sub_c"]
    np.testing.assert_allclose(batch["image"].mean((1, 2, 3)), [50, 0, 100], atol=1)


def test_a_folder_of_the_split_comes_first(folder, make_spec):
    source = open_source({"source": "images", "folder": str(folder)}, "sub")
    assert source.names == ("c.PNG",)


def test_a_picture_of_another_shape_is_named(folder, make_spec):
    with pytest.raises(ValueError, match="size of a.jpg is 32x16"):
        once(folder, {"image": make_spec((3, 16, 16, 3), "uint8")})


@pytest.mark.parametrize("kept", [20, 200])
def test_a_broken_picture_is_named(folder, make_spec, kept):
    path = folder / "a.jpg"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError) as error:
        once(folder, {"image": make_spec((3, 32, 16, 3), "uint8")})
    assert str(error.value).startswith("pipeline: record a.jpg: it ")


def test_a_new_picture_changes_the_digest(folder):
    data = {"source": "images", "folder": str(folder)}
    before = open_source(data, "train").digest
    assert before == open_source(data, "train").digest
    PIL.Image.fromarray(np.zeros((32, 16, 3), np.uint8)).save(folder / "d.png")
    assert before != open_source(data, "train").digest


def test_missing_and_empty_folders_are_sentences(tmp_path):
    with pytest.raises(FileNotFoundError, match="'nowhere' does not exist"):
        open_source({"source": "images", "folder": "nowhere"}, "train")
    with pytest.raises(ValueError, match="has no records"):
        open_source({"source": "images", "folder": str(tmp_path)}, "train")


def test_single_pictures_know_no_identity(folder, make_spec):
    data = {"source": "images", "folder": str(folder), "pairing": "identity"}
    request = {"source_image": make_spec((2, 32, 16, 3), "uint8")}
    with pytest.raises(ValueError, match="pairing 'identity' needs identities"):
        pipeline.batches(data, request, 0)
