import numpy as np
import pytest
from PIL import Image

from jaxgen.cli import folders
from jaxgen.data.result_names import match
from jaxgen.metrics import protocols


def fill(folder, *names, seed=0, size=(16, 8), **options):
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(seed)
    for name in names:
        pixels = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / name, **options)
    return str(folder)


@pytest.fixture
def opened(tmp_path):
    """Two answers of three have a target; one target has no answer."""
    theirs = fill(tmp_path / "theirs", "a_to_b.png", "b_to_a.png", "x.png")
    targets = fill(tmp_path / "targets", "a.png", "b.png", "c.png", seed=1)
    return (
        folders.open_folder(theirs, "answer"),
        folders.open_folder(targets, "target"),
    )


def given(answers, targets, real=None):
    matching = match(answers.names, targets.names)
    return folders.given(answers, targets, real, matching), matching


def test_answers_come_with_their_targets(opened):
    found, _ = given(*opened)
    (batch,) = found.answers.draw()
    assert batch.names == ["a_to_b.png", "b_to_a.png", "x.png"]
    b, a, none = batch.targets
    targets = opened[1].pictures
    np.testing.assert_array_equal(b, targets[1].read())
    np.testing.assert_array_equal(a, targets[0].read())
    assert none is None and found.paired == 2


def test_real_pictures_are_all_of_a_folder_or_the_targets(opened, tmp_path):
    found, _ = given(*opened)
    assert found.stand_in.count == 3 and found.real["targets"].count == 2
    assert not {"train", "dataset"} & found.real.keys()
    train = folders.open_folder(fill(tmp_path / "train", "z.jpg"), "target")
    found, _ = given(*opened, train)
    assert found.real["train"].count == found.stand_in.count == 1
    (batch,) = found.real["train"].draw()
    assert batch.saved == [False]


def test_nothing_that_does_not_match_goes_unsaid(opened):
    _, matching = given(*opened)
    said = " ".join(folders.sentences(*opened, matching))
    assert "2 of 3 pictures" in said and "1 have none: x.png" in said
    assert "1 are targets without an answer: c.png" in said
    assert folders.told(*opened, matching) == {
        "pairs": 2,
        "without_target": ["x.png"],
        "ambiguous": [],
        "targets_without_answer": ["c.png"],
    }


def test_long_lists_are_shortened_in_sentences_alone(tmp_path):
    names = [f"{i}.png" for i in range(9)]
    answers = folders.open_folder(fill(tmp_path / "a", *names), "answer")
    targets = folders.open_folder(fill(tmp_path / "b", "x.png"), "target")
    _, matching = given(answers, targets)
    said = folders.sentences(answers, targets, matching)
    assert "0.png, 1.png, 2.png, 3.png, 4.png and 4 more" in said[1]
    assert len(folders.told(answers, targets, matching)["without_target"]) == 9


def test_strips_are_cut_and_said(tmp_path):
    strips = fill(tmp_path / "a", "a_vis.png", size=(16, 40))
    answers, targets = (folders.open_folder(strips, r) for r in ("answer", "target"))
    found, matching = given(answers, targets)
    (batch,) = found.answers.draw()
    assert batch.images[0].shape == (16, 8, 3)
    assert (batch.images[0] != batch.targets[0]).any()
    assert batch.saved == batch.targets_saved == [True]
    said = folders.sentences(answers, targets, matching)
    assert "number 5 was cut out" in said[1] and "number 3 was cut out" in said[2]


@pytest.mark.parametrize(
    "name, quality, words",
    [
        ("gfla", 75, ""),
        ("gfla", 95, "none; files are JPEG of quality 95"),
        ("pg2", 95, ""),
        ("impersonator", 95, ""),
        ("dptn_market1501", 80, "resize opencv size (128, 64); files are JPEG of"),
    ],
)
def test_jpeg_files_of_another_quality_are_another_evaluation(
    tmp_path, name, quality, words
):
    folder = fill(tmp_path / "a", "a.jpg", quality=quality)
    found = folders.departure(
        folders.open_folder(folder, "answer"), protocols.protocol(name)
    )
    assert found.startswith(words) and bool(found) == bool(words)


def test_lossless_answers_go_through_the_file_of_the_protocol(tmp_path):
    opened = folders.open_folder(fill(tmp_path / "a", "a.png"), "answer")
    assert folders.departure(opened, protocols.protocol("gfla")) == ""
    assert not folders.is_saved(opened.pictures[0])
    assert opened.formats == {"PNG": 1}
