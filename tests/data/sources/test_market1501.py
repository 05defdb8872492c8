import numpy as np
import PIL.Image
import pytest

from jaxgen.data import pipeline
from jaxgen.data.builders import folders, market1501, photographs
from jaxgen.data.source import open_source


@pytest.fixture
def prepared(tmp_path):
    """One person before three cameras, the second joint never found."""
    paths, poses = {}, {}
    for camera in (1, 2, 3):
        name = f"0007_c{camera}s1_000001_00.jpg"
        paths[name] = tmp_path / name
        PIL.Image.new("RGB", (64, 128), (camera, 0, 0)).save(paths[name])
        poses[name] = np.full((18, 2), 10.0 * camera, np.float32)
        poses[name][1] = np.nan
    names = list(paths)
    split = photographs.Photographs(paths, poses, {}, [(names[2], names[0])])
    with folders.fresh(tmp_path / "out") as temporary:
        photographs.build(
            market1501.Market1501,
            market1501.LAYOUT,
            temporary,
            {"train": split},
            (128, 64),
            options={},
        )
    return {"source": "market1501", "folder": str(tmp_path / "out")}


def test_it_offers_pictures_and_keypoints(prepared):
    source = open_source(prepared, "train")
    assert set(source.features) == {"image", "keypoints", "visible"}
    visible = source.features["visible"].read(source.records[0], (128, 64), (128, 64))
    np.testing.assert_array_equal(visible, np.arange(18) != 1)


def test_its_own_list_of_pairs_is_followed(prepared, make_spec):
    request = {
        "source_keypoints": make_spec((1, 18, 2), "float32"),
        "target_keypoints": make_spec((1, 18, 2), "float32"),
    }
    ((batch, names),) = pipeline.once(
        prepared, request, split="train", pairing="csv", samples=5
    )
    assert names == ["0007_c3s1_000001_00_to_0007_c1s1_000001_00"]
    assert batch["source_keypoints"][0, 0, 0] == 30
    assert batch["target_keypoints"][0, 0, 0] == 10
    assert np.isnan(batch["source_keypoints"][0, 1]).all()


def test_parsing_is_not_there_and_said_so(prepared, make_spec):
    with pytest.raises(
        KeyError,
        match="source 'market1501' has no feature 'parsing'; it offers image, keyp",
    ):
        pipeline.batches(
            prepared | {"pairing": "none"},
            {"parsing": make_spec((1, 128, 64), "uint8")},
            0,
        )
