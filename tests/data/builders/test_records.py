import numpy as np
import pytest
import tensorflow_datasets as tfds

from jaxgen.data.builders import records


class Blank(records.RecordsBuilder):
    """Records without pictures."""

    name = "blank"


def example():
    return {
        "keypoints": np.zeros((18, 2), np.float32),
        "visible": np.ones(18, np.bool_),
    }


def write(folder, rows, examples):
    folder.mkdir()
    split = records.Split(rows=rows, pairs=[("a", "b")], examples=examples)
    return records.write(
        Blank, folder, {"train": split}, {}, size=(8, 4), about={"note": "x"}
    )


def given(*examples):
    yield from examples


ROWS = [records.Row("b", 1), records.Row("a", 0, clip=2)]


def test_records_keep_their_order_and_need_no_builder_to_be_read(tmp_path, capsys):
    said = write(tmp_path / "out", ROWS, given(example(), example()))
    source = tfds.builder_from_directory(tmp_path / "out").as_data_source("train")
    assert [record["name"] for record in source] == [b"b", b"a"]
    assert said["counts"] == {"train": 2} and said["note"] == "x"
    assert "outfit" in (tmp_path / "out" / "records-train.csv").read_text()
    assert capsys.readouterr().out == ""


def test_the_digest_follows_every_byte(tmp_path):
    changed = example()
    changed["keypoints"][3, 1] = 1e-6
    first = write(tmp_path / "a", ROWS, given(example(), example()))
    second = write(tmp_path / "b", ROWS, given(example(), example()))
    third = write(tmp_path / "c", ROWS, given(example(), changed))
    assert first["digest"] == second["digest"] != third["digest"]


def test_what_gives_examples_is_closed_when_they_cannot_be_written(
    tmp_path, monkeypatch
):
    happened = []

    def examples():
        try:
            yield example()
        finally:
            happened.append("closed")

    def full(builder):
        happened.append(iter(builder._examples["train"]))
        next(happened[0])
        raise OSError("no space left")

    monkeypatch.setattr(Blank, "download_and_prepare", full)
    drawn = examples()  # A name keeps it from being closed for want of one.
    with pytest.raises(OSError, match="no space"):
        write(tmp_path / "out", ROWS, drawn)
    assert happened[1:] == ["closed"]


def test_rows_and_examples_come_in_equal_numbers(tmp_path):
    with pytest.raises(ValueError, match="shorter"):
        write(tmp_path / "out", ROWS, given(example()))
