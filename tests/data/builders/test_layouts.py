import numpy as np
import PIL.Image
import pytest

from jaxgen.data.builders import community, deepfashion, layouts, market1501
from jaxgen.data.source import open_source

GROUPS = {"market1501": market1501.group, "deepfashion": deepfashion.group}


@pytest.mark.parametrize(
    ("layout", "prefix"), [("market1501", "market"), ("deepfashion", "fasion-resize")]
)
def test_drawn_people_lie_as_photographs_do(data, tmp_path, layout, prefix):
    source = open_source(data, "train")
    layouts.write_layout(layout, tmp_path, "train", source)
    poses = community.read_annotations(tmp_path / f"{prefix}-annotation-train.csv")
    pairs = community.read_pairs(tmp_path / f"{prefix}-pairs-train.csv")
    files = {path.name for path in (tmp_path / "train").iterdir()}
    assert set(poses) == files and len(files) == 12
    assert len(pairs) == 36 and {name for pair in pairs for name in pair} == files
    assert {GROUPS[layout](a) == GROUPS[layout](b) for a, b in pairs} == {True}
    assert PIL.Image.open(tmp_path / "train" / min(files)).size == (16, 32)


def test_hidden_faces_are_missing_in_the_annotations(data, tmp_path):
    source = open_source(data, "train")
    layouts.write_layout("market1501", tmp_path, "train", source)
    poses = community.read_annotations(tmp_path / "market-annotation-train.csv")
    for i, points in enumerate(poses.values()):
        record = source.records[i]
        np.testing.assert_array_equal(
            np.isnan(points[[0, 14, 15, 16, 17], 0]),
            ~record["visible"][[0, 14, 15, 16, 17]],
        )
        np.testing.assert_array_equal(points[1:14], record["keypoints"][1:14])


def test_deepfashion_names_are_understood_by_its_reader(data, tmp_path):
    layouts.write_layout("deepfashion", tmp_path, "test", open_source(data, "test"))
    names = [path.name for path in (tmp_path / "test").iterdir()]
    assert {deepfashion.canonical(name)[:24] for name in names} == {
        "fashionWOMENDressesid000"
    }
