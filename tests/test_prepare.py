import json
import os
import pathlib
import sys

import numpy as np
import PIL.Image
import pytest

from jaxgen import prepare
from jaxgen.cli.arguments import run
from jaxgen.core.skeleton import SWAPS
from jaxgen.data import pipeline
from jaxgen.data.builders import community
from jaxgen.data.source import open_source

REAL = os.environ.get("JAXGEN_REAL_DATA", "")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Drawn people, also in the layout in which users have Market-1501."""
    out = tmp_path_factory.mktemp("prepare") / "drawn"
    prepare.main(
        f"synthetic --out {out} --people 4 --test-people 2 --frames 4 --size 128x64 "
        "--framing full --layout market1501 --seed 3 --workers 0".split()
    )
    return out


@pytest.fixture
def raw(drawn, tmp_path):
    """A copy of the drawn Market-1501 that a test may spoil."""
    copy = tmp_path / "raw"
    for path in (drawn / "market1501").rglob("*"):
        if path.is_file():
            target = copy / path.relative_to(drawn / "market1501")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return copy


def command(monkeypatch, capsys, *arguments):
    """Exit code and what stands on stderr, without progress."""
    monkeypatch.setattr(sys, "argv", ["prepare", *map(str, arguments)])
    with pytest.raises(SystemExit) as error:
        run(prepare.main, "prepare")
    return error.value.code, capsys.readouterr().err.strip()


def annotations(raw, split="train"):
    path = raw / f"market-annotation-{split}.csv"
    return path, community.read_annotations(path)


def test_drawn_people_are_ready_to_train_from(drawn):
    about = json.loads((drawn / "dataset.json").read_text())
    assert about["counts"] == {"train": 16, "test": 8}
    source = open_source({"source": "synthetic", "folder": str(drawn)}, "train")
    assert source.records[0]["image"][:4] == b"\x89PNG"


def test_a_drawn_market_prepares_as_the_real_one(raw, tmp_path, capsys):
    out = tmp_path / "market"
    prepare.main(["market1501", "--source", str(raw), "--out", str(out), "--check"])
    said = capsys.readouterr().out
    assert f"wrote market1501 to {out}" in said
    assert "train: 16 pictures, 48 pairs" in said
    assert {p.name for p in (out / "check").iterdir()} == {"train.png", "test.png"}
    source = open_source({"source": "market1501", "folder": str(out)}, "test")
    image = (raw / "test" / source.names[0]).read_bytes()
    assert source.records[0]["image"] == image
    _, poses = annotations(raw, "test")
    np.testing.assert_array_equal(
        source.records[0]["keypoints"], poses[source.names[0]]
    )


def test_both_preparations_of_one_person_agree(drawn, raw, tmp_path, make_request):
    prepare.main(
        ["market1501", "--source", str(raw), "--out", str(tmp_path / "market")]
    )
    folders = {"synthetic": drawn, "market1501": tmp_path / "market"}
    first, second = (
        next(
            pipeline.once(
                {"source": name, "folder": str(folder), "pairing": "csv"},
                make_request(4),
                split="test",
            )
        )[0]
        for name, folder in folders.items()
    )
    difference = first["target_image"].astype(int) - second["target_image"]
    assert np.abs(difference).mean() < 4
    np.testing.assert_allclose(
        first["target_keypoints"], second["target_keypoints"], atol=0.5
    )


@pytest.fixture
def make_request():
    def make(batch):
        import types

        shapes = {"image": ((128, 64, 3), np.uint8), "keypoints": ((18, 2), np.float32)}
        return {
            f"{role}_{name}": types.SimpleNamespace(shape=(batch, *shape), dtype=dtype)
            for role in ("source", "target")
            for name, (shape, dtype) in shapes.items()
        }

    return make


def corrupt(raw):
    path = next((raw / "train").iterdir())
    path.write_bytes(path.read_bytes()[:500])


def seventeen(raw):
    path, _ = annotations(raw)
    lines = path.read_text().splitlines()
    name, *_ = lines[2].split(":")
    lines[2] = f"{name}:{[1] * 17}:{[1] * 17}"
    path.write_text("\n".join(lines))


def another_size(raw):
    path = next((raw / "test").iterdir())
    PIL.Image.new("RGB", (50, 100)).save(path)


def no_pictures(raw):
    for path in (raw / "train").iterdir():
        path.unlink()


def no_folder(raw):
    (raw / "test").rename(raw / "elsewhere")


def missing_picture(raw):
    next((raw / "train").iterdir()).unlink()


def nobody(raw):
    path, poses = annotations(raw)
    community.write_annotations(path, {n: np.full((18, 2), np.nan) for n in poses})


def swapped(raw):
    path, poses = annotations(raw)
    community.write_annotations(path, {n: p[SWAPS] for n, p in poses.items()})


def wide(raw):
    path, poses = annotations(raw)
    community.write_annotations(path, {n: p * [4, 2] for n, p in poses.items()})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (corrupt, "not a readable picture"),
        (seventeen, "has 17 keypoints, 18 are wanted"),
        (another_size, "; 128x64 is wanted"),
        (no_pictures, "has no picture (JPEG or PNG)"),
        (no_folder, "has no folder of test pictures; looked for test, bounding_box"),
        (missing_picture, "name pictures that are not there"),
        (nobody, "all keypoints are missing in 16 of 16 annotations"),
        (swapped, "left and right are exchanged"),
        (wide, "so they belong to pictures of another size"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_written(
    raw, tmp_path, monkeypatch, capsys, spoil, message
):
    spoil(raw)
    before = set(tmp_path.iterdir())
    code, said = command(
        *(monkeypatch, capsys, "market1501", "--source", raw),
        *("--out", tmp_path / "a" / "out", "--check"),
    )
    last = said.splitlines()[-1]
    assert code == 2 and message in last and last.startswith("prepare: ")
    assert "Traceback" not in said
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["synthetic"], "the following arguments are required: --out"),
        (["markt1501"], "invalid choice: 'markt1501'"),
        (["synthetic", "--out", "x", "--size", "128"], "should be HEIGHTxWIDTH"),
        (["synthetic", "--out", "x", "--people", "0"], "people should be at least 1"),
        (
            ["synthetic", "--out", "x", "--layout", "deepfashion"],
            "use --size 256x256 with --layout deepfashion",
        ),
        (["deepfashion", "--source", "nowhere", "--out", "x"], "is no folder nowhere"),
    ],
)
def test_bad_arguments_are_one_sentence(
    tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(tmp_path)
    code, said = command(monkeypatch, capsys, *arguments)
    assert code == 2 and message in said and len(said.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_exists_is_never_overwritten(drawn, monkeypatch, capsys):
    before = (drawn / "dataset.json").read_bytes()
    code, said = command(monkeypatch, capsys, "synthetic", "--out", drawn)
    assert code == 2 and "is not empty" in said
    assert (drawn / "dataset.json").read_bytes() == before


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("x")
    code, said = command(
        monkeypatch, capsys, "synthetic", "--out", tmp_path / "file" / "out"
    )
    assert code == 2 and "cannot be written" in said


def test_help_names_every_dataset(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["prepare", "--help"])
    with pytest.raises(SystemExit) as error:
        run(prepare.main, "prepare")
    said = capsys.readouterr().out
    assert error.value.code == 0
    assert all(name in said for name in ("synthetic", "market1501", "deepfashion"))


@pytest.mark.skipif(not REAL, reason="JAXGEN_REAL_DATA names no folder")
@pytest.mark.parametrize("name", ["market1501", "deepfashion"])
def test_real_photographs_prepare(name, tmp_path, capsys):
    source = pathlib.Path(REAL) / f"{name.removesuffix('1501')}_mini"
    out = tmp_path / "out"
    prepare.main([name, "--source", str(source), "--out", str(out), "--check"])
    assert "train: 30 pictures, 60 pairs" in capsys.readouterr().out
    records = open_source({"source": name, "folder": str(out)}, "test")
    assert len(records.names) == 9 and len(records.pairs) == 18
    assert len(set(records.identity)) == 3
