import signal

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
    given = (example for example in examples)
    split = records.Split(rows=rows, pairs=[("a", "b")], examples=given)
    return records.write(
        Blank, folder, {"train": split}, {}, size=(8, 4), about={"note": "x"}
    )


ROWS = [records.Row("b", 1), records.Row("a", 0, clip=2)]


def test_records_keep_their_order_and_need_no_builder_to_be_read(tmp_path, capsys):
    said = write(tmp_path / "out", ROWS, [example(), example()])
    source = tfds.builder_from_directory(tmp_path / "out").as_data_source("train")
    assert [record["name"] for record in source] == [b"b", b"a"]
    assert said["counts"] == {"train": 2} and said["note"] == "x"
    assert "outfit" in (tmp_path / "out" / "records-train.csv").read_text()
    assert capsys.readouterr().out == ""


def test_the_digest_follows_every_byte(tmp_path):
    changed = example()
    changed["keypoints"][3, 1] = 1e-6
    first = write(tmp_path / "a", ROWS, [example(), example()])
    second = write(tmp_path / "b", ROWS, [example(), example()])
    third = write(tmp_path / "c", ROWS, [example(), changed])
    assert first["digest"] == second["digest"] != third["digest"]


class Given:
    """Examples that tell what happened; at one of them something may."""

    def __init__(self, happen=lambda number: None):
        self.happen, self.happened = happen, []

    def __iter__(self):
        try:
            for number in range(2):
                self.happen(number)
                self.happened.append(number)
                yield example()
        finally:
            self.happened.append("closed")


@pytest.mark.parametrize("last", [False, True])
def test_ctrl_c_waits_for_the_end_of_a_record(tmp_path, last):
    def interrupt(number):
        if number == last:
            signal.raise_signal(signal.SIGINT)

    given = Given(interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "out", ROWS, given)
    assert given.happened == [*range(1 + last), "closed"]


def test_what_gives_examples_is_closed_when_they_cannot_be_written(
    tmp_path, monkeypatch
):
    given, seen = Given(), []

    def full(builder):
        examples = iter(builder._examples["train"])
        seen.append(next(examples))
        seen.append(examples)  # As a traceback would, it keeps what gives them.
        raise OSError("no space left")

    monkeypatch.setattr(Blank, "download_and_prepare", full)
    with pytest.raises(OSError, match="no space"):
        write(tmp_path / "out", ROWS, given)
    assert given.happened == [0, "closed"]


def test_rows_and_examples_come_in_equal_numbers(tmp_path):
    with pytest.raises(ValueError, match="shorter"):
        write(tmp_path / "out", ROWS, [example()])
