import pytest

from jaxgen.data.source import open_source
from jaxgen.data.sources import deepfashion


def test_it_offers_pictures_and_keypoints():
    assert set(deepfashion.FEATURES) == {"image", "keypoints", "visible"}


def test_a_raw_folder_names_its_own_command(tmp_path):
    data = {"source": "deepfashion", "folder": str(tmp_path)}
    with pytest.raises(FileNotFoundError, match="jaxgen.prepare deepfashion --source"):
        open_source(data, "train")
