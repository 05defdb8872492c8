import json
import pathlib
import shutil

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


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def without_sizes(folder):
    path = folder / "dataset.json"
    about = json.loads(path.read_text())
    del about["bytes"]
    path.write_text(json.dumps(about))


def array_record(folder):
    return next(folder.glob("*train.array_record*"))


def lines(path, change):
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")


DAMAGES = {
    "a cut record file": lambda f: cut(array_record(f)),
    "a missing record file": lambda f: array_record(f).unlink(),
    "no dataset_info": lambda f: (f / "dataset_info.json").unlink(),
    "no features": lambda f: (f / "features.json").unlink(),
    "no index": lambda f: (f / "records-train.csv").unlink(),
    "a short index": lambda f: lines(f / "records-train.csv", lambda x: x[:-1]),
    "a strange index": lambda f: lines(f / "records-train.csv", lambda x: x[1:]),
    "no pairs": lambda f: (f / "pairs-train.csv").unlink(),
    "strange pairs": lambda f: lines(f / "pairs-train.csv", lambda x: [*x, "a,b"]),
}
BROKEN = ["", "{", "[]", '{"source": "synthetic"}', "\xff"]


def open_damaged(folder):
    with pytest.raises(ValueError) as error:
        open_source({"source": "synthetic", "folder": str(folder)}, "train")
    said = str(error.value)
    assert said.startswith(f"pipeline: {folder} is incomplete (")
    assert said.endswith("); prepare it again.") and "\n" not in said


@pytest.mark.parametrize(
    ("damage", "sizes"),
    [
        *((name, True) for name in DAMAGES),
        *((name, False) for name in list(DAMAGES)[2:]),
    ],
)
def test_a_damaged_folder_is_a_sentence(people_folder, tmp_path, damage, sizes):
    folder = tmp_path / "people"
    shutil.copytree(people_folder, folder)
    if not sizes:
        without_sizes(folder)
    DAMAGES[damage](folder)
    open_damaged(folder)


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_description_is_a_sentence(people_folder, tmp_path, content):
    folder = tmp_path / "people"
    shutil.copytree(people_folder, folder)
    pathlib.Path(folder / "dataset.json").write_text(content, encoding="latin-1")
    open_damaged(folder)


def test_what_is_not_there_is_an_index_error(people_folder):
    found = records.ArrayRecords(people_folder, "train")
    assert len(list(iter(found))) == len(found)
    with pytest.raises(IndexError):
        found[-1]


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), MemoryError()])
def test_trouble_of_the_machine_is_no_damage(people_folder, error):
    class Busy(list):
        def __getitem__(self, index):
            raise error

    found = records.ArrayRecords(people_folder, "train")
    found.__dict__["_opened"] = Busy([1])
    with pytest.raises(type(error)):
        found[0]


def test_a_damaged_record_is_a_sentence(people_folder, tmp_path):
    folder = tmp_path / "people"
    shutil.copytree(people_folder, folder)
    path = array_record(folder)
    content = bytearray(path.read_bytes())
    content[14_824] ^= 255
    path.write_bytes(content)
    data = {"source": "synthetic", "folder": str(folder)}
    with pytest.raises(ValueError, match=r"record \d+ of train does not read.*again"):
        source = open_source(data, "train")
        [source.records[i] for i in range(len(source.records))]
