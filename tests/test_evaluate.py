import json
import pathlib

import pytest

from jaxgen import evaluate


@pytest.fixture(scope="module")
def report(tiny_workdir, tmp_path_factory):
    out = tmp_path_factory.mktemp("evaluate") / "metrics.json"
    evaluate.main(
        [
            "--workdir",
            tiny_workdir,
            "--compare",
            "copy,mean,stranger",
            "--out",
            str(out),
        ]
    )
    return json.loads(out.read_text())[0]


def test_every_number_carries_its_definition_and_provenance(report):
    number = report["numbers"]["mask_ssim/refined"]
    assert number["samples"] == 8 and "7x7" in number["definition"]["window"]
    assert {"jaxgen", "packages", "config", "dataset"} <= report["provenance"].keys()


def test_rows_are_compared_pair_by_pair(report):
    for number in report["numbers"].values():
        assert set(number["compared"]) == {"copy", "mean", "stranger"}
        for row in number["compared"].values():
            low, high = row["interval_95"]
            assert low <= row["difference"] <= high
            assert row["difference"] == pytest.approx(number["mean"] - row["mean"])


def test_the_copy_is_as_sharp_as_a_photograph(report):
    row = report["numbers"]["sharpness/coarse"]["compared"]["copy"]
    assert 0.5 < row["mean"] < 2


def test_several_workdirs_make_one_table(tiny_workdir, tmp_path, capsys):
    out = str(tmp_path / "m.json")
    few = ["--samples", "4", "--out", out]
    evaluate.main(["--workdir", tiny_workdir, tiny_workdir, *few])
    printed = capsys.readouterr().out
    assert printed.count("G1+G2+D") == 2 and "mask_ssim/coarse" in printed
    reports = json.loads(pathlib.Path(out).read_text())
    assert [r["numbers"]["ssim/coarse"]["samples"] for r in reports] == [4, 4]


def test_amounts_and_folders_that_make_no_sense_are_refused(tiny_workdir, tmp_path):
    with pytest.raises(SystemExit) as stopped:
        evaluate.main(["--workdir", tiny_workdir, "--samples", "-5"])
    assert stopped.value.code == 2
    with pytest.raises(FileNotFoundError, match="folder of"):
        evaluate.main(["--workdir", tiny_workdir, "--out", str(tmp_path / "a" / "m")])


def test_unknown_rows_and_workdirs_are_refused(tiny_workdir, tmp_path):
    with pytest.raises(KeyError, match="'copy'"):
        evaluate.main(["--workdir", tiny_workdir, "--compare", "cpy"])
    with pytest.raises(FileNotFoundError, match="not a workdir"):
        evaluate.main(["--workdir", str(tmp_path)])
