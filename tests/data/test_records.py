import pytest

from jaxgen.data import records
from jaxgen.data.source import open_source


def test_a_raw_folder_is_told_how_to_be_prepared(tmp_path):
    data = {"source": "market1501", "folder": str(tmp_path)}
    with pytest.raises(FileNotFoundError) as error:
        open_source(data, "train")
    assert f"run python -m jaxgen.prepare market1501 --source {tmp_path}" in str(
        error.value
    )


@pytest.mark.parametrize("folder", ["", "nowhere/at/all"])
def test_a_missing_folder_names_the_command(folder):
    with pytest.raises(FileNotFoundError, match="jaxgen.prepare deepfashion --help"):
        records.read_about(folder, "deepfashion")


def test_images_stay_encoded(people_folder):
    encoded = records.ArrayRecords(people_folder, "train")[0]["image"]
    assert encoded[:4] == b"\x89PNG"
    decoded = records.ArrayRecords(people_folder, "train", encoded=False)[0]["image"]
    assert decoded.shape == (32, 16, 3)
