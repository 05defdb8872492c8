import numpy as np
import pytest
from PIL import Image

from jaxgen.people import sheets


def test_the_sheets_are_the_ones_people_judge_by():
    assert list(sheets.SHEETS) == [
        "people_256",
        "people_128x64",
        "one_person_12_poses",
        "clips",
        "parsing_keypoints",
        "back_views_and_skirts",
        "body_heads_128",
    ]


def test_a_sheet_is_written_as_png(tmp_path):
    out = tmp_path / "new" / "folder"
    assert sheets.main(["--out", str(out), "--only", "parsing_keypoints"]) == 0
    (path,) = out.iterdir()
    picture = np.asarray(Image.open(path))
    assert path.name == "parsing_keypoints.png" and picture.shape == (768, 1536, 3)
    photographs, parsing, drawn = picture.reshape(3, 256, 6, 256, 3).swapaxes(1, 2)
    assert len({photograph.tobytes() for photograph in photographs}) == 6
    assert 3 < len(np.unique(parsing.reshape(-1, 3), axis=0)) <= 10
    changed = np.abs(drawn.astype(int) - photographs).max(-1) > 60
    share = changed.mean((1, 2))
    assert (share > 0.005).all() and (share < 0.2).all()


def test_a_folder_that_cannot_be_made_is_bad_input(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert sheets.main(["--out", str(tmp_path / "file" / "below")]) == 2
    message = capsys.readouterr().err
    assert message.startswith(f"sheets: {tmp_path / 'file' / 'below'}: Not a dir")
    assert message.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["--out", "x", "--only", "nothing"]])
def test_bad_arguments_exit_with_2(arguments):
    with pytest.raises(SystemExit) as exit_:
        sheets.main(arguments)
    assert exit_.value.code == 2


def test_a_picture_that_cannot_be_written_is_one_sentence(tmp_path, capsys):
    taken = tmp_path / "body_heads_128.png"
    taken.mkdir()
    arguments = ["--out", str(tmp_path), "--only", "body_heads_128"]
    assert sheets.main(arguments) == 2
    assert capsys.readouterr().err == f"sheets: {taken}: Is a directory.\n"


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as exit_:
        sheets.main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out.startswith("jaxgen ")
