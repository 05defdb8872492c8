import dataclasses
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from jaxgen.data.builders import drawing, folders, synthetic
from jaxgen.data.pairing import pair
from jaxgen.data.source import open_source


@pytest.fixture
def build(tmp_path, fake_draw, monkeypatch):
    monkeypatch.setattr(drawing, "draw_records", fake_draw)

    def make(world, name="out"):
        with folders.fresh(tmp_path / name) as temporary:
            synthetic.build(temporary, world, workers=0)
        return tmp_path / name

    return make


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_world_is_the_same_bytes(build, world):
    assert bytes_of(build(world, "a")) == bytes_of(build(world, "b"))


def test_other_processes_and_any_number_of_workers_write_the_same_bytes(tmp_path):
    """Only a process of its own has a hash seed of its own."""
    world = "--people 3 --test-people 1 --frames 2 --size 32x16 --seed 4".split()
    for workers in (1, 4):
        out = ["--workers", str(workers), "--out", str(tmp_path / str(workers))]
        command = [sys.executable, "-m", "jaxgen.prepare", "synthetic", *world, *out]
        subprocess.run(command, check=True, capture_output=True)
    one, four = bytes_of(tmp_path / "1"), bytes_of(tmp_path / "4")
    assert any("array_record" in name for name in one)
    assert one == four


def test_the_folder_says_what_it_is(people_folder, world):
    about = json.loads((pathlib.Path(people_folder) / "dataset.json").read_text())
    assert about["source"] == "synthetic" and about["image_size"] == [32, 16]
    assert about["counts"] == {"train": 12, "test": 8}
    assert about["pairs"] == {"train": 36, "test": 24}
    assert about["options"]["seed"] == world.seed


@pytest.mark.parametrize(
    "change",
    [
        {"clips": 1},
        *({"people": 4}, {"test_people": 3}, {"frames": 5}, {"outfits": 2}),
        *({"size": (64, 32)}, {"seed": 6}, {"layout": "market1501"}),
        {"framing": "full"},
    ],
)
def test_every_option_is_part_of_the_folder_name(world, change):
    other = dataclasses.replace(world, **change)
    assert synthetic.folder_name(world) != synthetic.folder_name(other)


def test_the_folder_name_follows_the_code_that_draws_and_writes(world, monkeypatch):
    names = {path.name for path in synthetic.drawing_files()}
    assert names >= {"drawing.py", "records.py", "people.npz", "render.py"}
    assert not any(name.startswith(("bake", "sheets")) for name in names)
    before = synthetic.folder_name(world)
    monkeypatch.setattr(synthetic.Synthetic, "VERSION", "1.0.1")
    assert synthetic.folder_name(world) != before


def test_clips_have_their_own_numbers_and_are_paired_within(tmp_path):
    world = drawing.World(2, 1, frames=2, outfits=2, clips=3, size=(32, 16))
    with folders.fresh(tmp_path / "out") as temporary:
        synthetic.build(temporary, world, workers=0)
    data = {"source": "synthetic", "folder": str(tmp_path / "out")}
    source = open_source(data, "train")
    assert len(source.names) == len(set(source.names)) == 2 * 2 * 2 * (1 + 3)
    numbers, counts = np.unique(source.clip[source.clip >= 0], return_counts=True)
    assert len(numbers) == 2 * 2 * 3 and (counts == 2).all()
    for i, name in enumerate(source.names):
        record = source.records[i]
        assert record["clip"] == source.clip[i]
        assert (record["person"], record["outfit"]) == tuple(
            int(part) for part in name.split("_")[:2]
        )
    assert len(pair("clip", source).samples) == 2 * 2 * 3 * 2
    assert (source.clip[source.pairs] < 0).all()


def test_pairs_stay_in_one_outfit(build, world):
    folder = build(dataclasses.replace(world, outfits=2, frames=2))
    rows = (folder / "pairs-train.csv").read_text().split()[1:]
    assert len(rows) == 3 * 2 * 2
    for row in rows:
        start, end = row.split(",")
        assert start != end and start[:8] == end[:8]
