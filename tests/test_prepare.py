import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
import PIL.Image
import pytest

from jaxgen import prepare
from jaxgen.cli.arguments import run
from jaxgen.core.skeleton import SCHEMAS, SWAPS
from jaxgen.data import pipeline
from jaxgen.data.builders import community
from jaxgen.data.source import open_source
from tests.processes import workers_of

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


def halved(raw):
    path, poses = annotations(raw)
    community.write_annotations(path, {n: p / 2 for n, p in poses.items()})


def both(raw):
    path, poses = annotations(raw)
    _, others = annotations(raw, "test")
    for name in list(others)[:4]:
        (raw / "train" / name).write_bytes((raw / "test" / name).read_bytes())
        poses[name] = others[name]
    community.write_annotations(path, poses)


def coco_order(raw):
    path, poses = annotations(raw)
    names = SCHEMAS["community18"].names
    order = [names.index(name) for name in SCHEMAS["coco17"].names] + [1]
    community.write_annotations(path, {n: p[order] for n, p in poses.items()})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (corrupt, "not a readable picture"),
        (seventeen, "has 17 keypoints, 18 are wanted"),
        (another_size, "; 128x64 is wanted"),
        (no_pictures, "has no picture (JPEG or PNG)"),
        (no_folder, "has no folder of test pictures; looked for test, bounding_box"),
        (missing_picture, "name pictures that are not there"),
        (halved, "belong to smaller pictures"),
        (both, "4 pictures are in train and in test"),
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
        *("--out", tmp_path / "a" / "out"),
    )
    last = said.splitlines()[-1]
    assert code == 2 and message in last and last.startswith("prepare: ")
    assert "Traceback" not in said
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("spoil", [swapped, wide, halved, coco_order])
def test_sheets_of_refused_data_stay(raw, tmp_path, monkeypatch, capsys, spoil):
    spoil(raw)
    out = tmp_path / "a" / "out"
    code, said = command(
        monkeypatch, capsys, "market1501", "--source", raw, "--out", out, "--check"
    )
    assert code == 2 and f"The skeletons are drawn in {out}-check." in said
    assert [p.name for p in out.parent.iterdir()] == ["out-check"]
    assert {p.name for p in (tmp_path / "a" / "out-check").iterdir()} == {
        "train.png",
        "test.png",
    }


@pytest.mark.parametrize("shift", ["-40", "40"])
def test_a_wrong_shift_is_refused(raw, tmp_path, monkeypatch, capsys, shift):
    arguments = ["market1501", "--source", raw, "--out", tmp_path / "out"]
    code, said = command(monkeypatch, capsys, *arguments, f"--shift={shift}")
    assert code == 2 and "lie outside" in said and not (tmp_path / "out").exists()


def test_a_shifted_file_is_refused(raw, tmp_path, monkeypatch, capsys):
    path, poses = annotations(raw)
    lines = ["name:keypoints_y:keypoints_x"]
    for name, points in poses.items():
        missing = np.isnan(points)
        x, y = np.where(missing, -1, points - [40, 0]).astype(int).T.tolist()
        lines.append(f"{name}:{y}:{x}")
    path.write_text("\n".join(lines))
    arguments = ["market1501", "--source", raw, "--out", tmp_path / "out"]
    code, said = command(monkeypatch, capsys, *arguments)
    assert code == 2 and "lie outside" in said


def test_few_faces_are_said_to_tell_no_sides(raw, tmp_path, capsys):
    path, poses = annotations(raw, "test")
    for points in poses.values():
        points[0] = np.nan
    community.write_annotations(path, poses)
    prepare.main(["market1501", "--source", str(raw), "--out", str(tmp_path / "out")])
    said = capsys.readouterr().out
    assert "left and right of test not checked: too few faces" in said


def test_a_folder_that_exists_and_is_empty_is_filled(raw, tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    prepare.main(["market1501", "--source", str(raw), "--out", "."])
    assert (tmp_path / "out" / "dataset.json").is_file()
    assert not list((tmp_path / "out").glob(".*"))


@pytest.fixture
def preparing(tmp_path):
    """A command that draws for long, with a worker; as soon as it writes its folder."""
    command = [sys.executable, "-m", "jaxgen.prepare", "synthetic"]
    flags = f"--out {tmp_path}/a/out --people 5000 --size 32x16 --workers 1".split()
    with subprocess.Popen(
        command + flags,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        while not list(tmp_path.glob("a/.out.*.partial")):
            assert process.poll() is None
            time.sleep(0.05)
        yield process
        process.kill()


@pytest.mark.parametrize("seconds", [0, 4])
@pytest.mark.parametrize(
    ("number", "code", "message"),
    [
        (signal.SIGTERM, 143, "prepare: terminated"),
        (signal.SIGINT, 130, "prepare: interrupted"),
    ],
)
def test_a_stopped_command_cleans_up(
    tmp_path, preparing, seconds, number, code, message
):
    while not workers_of(preparing.pid):
        time.sleep(0.01)
    time.sleep(seconds)
    os.killpg(preparing.pid, number)  # as a terminal or a job's end: also its workers
    _, said = preparing.communicate(timeout=20)
    assert preparing.returncode == code and message in said
    assert len(said.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["synthetic", "--out", "x", "--seed", "-1"], "seed should be at least 0"),
        (["synthetic", "--out", "x", "--workers", "-3"], "a whole number from 0"),
        (["synthetic", "--out", "x", "--size", "99999x9"], "from 16 to 2048 pixels"),
        (["synthetic", "--out", "x", "--frames", "1"], "at least 2, for pairs"),
        (
            ["market1501", "--source", "x", "--out", "y", "--shift", "nan"],
            "should be a number of pixels, got nan",
        ),
        (["synthetic"], "the following arguments are required: --out"),
        (["markt1501"], "invalid choice: 'markt1501'"),
        (["synthetic", "--out", "x", "--size", "128"], "should be HEIGHTxWIDTH"),
        (["synthetic", "--out", "x", "--people", "0"], "people should be at least 1"),
        (
            "synthetic --out x --layout deepfashion --size 128x64".split(),
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


def test_help_shows_no_empty_defaults(monkeypatch, capsys):
    for dataset in ("synthetic", "market1501"):
        monkeypatch.setattr(sys, "argv", ["prepare", dataset, "--help"])
        with pytest.raises(SystemExit):
            run(prepare.main, "prepare")
        assert "None" not in capsys.readouterr().out


def test_a_layout_brings_its_size(tmp_path, monkeypatch):
    built = []

    class Built(Exception):
        pass

    def build(folder, world, *, workers):
        built.append(world)
        raise Built

    monkeypatch.setattr(prepare.synthetic, "build", build)
    for layout in ("deepfashion", "market1501"):
        with pytest.raises(Built):
            prepare.main(f"synthetic --out {tmp_path}/x --layout {layout}".split())
    assert [world.size for world in built] == [(256, 256), (128, 64)]


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
