import json

import numpy as np
import PIL.Image
import pytest

from jaxgen.data.builders import community, deepfashion, market1501, photographs

LAYOUT = market1501.LAYOUT
NAMES = [f"{person:04d}_c{c}s1_000001_00.jpg" for person in (1, 2) for c in (1, 2, 3)]


def pose(x=30.0):
    points = np.stack([np.full(18, x), np.arange(18) * 5.0], 1)
    return points.astype(np.float32)


def picture(path, size=(64, 128)):
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.new("RGB", size, (90, 60, 30)).save(path)


@pytest.fixture
def folder(tmp_path):
    for name in NAMES:
        picture(tmp_path / "train" / name)
    poses = {name: pose() for name in NAMES}
    community.write_annotations(tmp_path / "market-annotation-train.csv", poses)
    return tmp_path


def test_pairs_are_built_from_identities_where_none_are_listed(folder):
    found = photographs.read(LAYOUT, folder, "train")
    assert len(found.pairs) == 12 and list(found.poses) == NAMES
    assert all(start[:4] == end[:4] for start, end in found.pairs)


def test_built_pairs_leave_out_people_without_a_torso(folder):
    poses = {name: pose() for name in NAMES}
    poses[NAMES[0]][8] = np.nan
    community.write_annotations(folder / "market-annotation-train.csv", poses)
    found = photographs.read(LAYOUT, folder, "train")
    assert len(found.pairs) == 8 and NAMES[0] in found.paths


def test_listed_pairs_are_taken_as_they_are(folder):
    listed = [(NAMES[1], NAMES[0]), (NAMES[0], "9999_c1s1_000001_00.jpg")]
    community.write_pairs(folder / "market-pairs-train.csv", listed)
    found = photographs.read(LAYOUT, folder, "train")
    assert found.pairs == listed[:1]
    assert found.left_out["pairs of other pictures"] == 1


def test_pictures_without_keypoints_and_of_nobody_are_counted(folder):
    for name in ("0000_c1s1_000001_00.jpg", "-1_c1s1_000001_00.jpg", "0003_x.jpg"):
        picture(folder / "train" / name)
    (folder / "train" / "Thumbs.db").write_bytes(b"x")
    found = photographs.read(LAYOUT, folder, "train")
    assert found.left_out == {
        "pictures of nobody": 2,
        "pictures without keypoints": 1,
        "pairs of other pictures": 0,
    }


def test_the_official_folders_with_openpose_files_are_understood(folder):
    (folder / "market-annotation-train.csv").unlink()
    (folder / "train").rename(folder / "bounding_box_train")
    (folder / "poses").mkdir()
    for name in NAMES[:5]:
        flat = np.insert(pose(), 2, 0.9, axis=1).ravel().tolist()
        people = [] if name == NAMES[4] else [{"pose_keypoints_2d": flat}]
        path = folder / "poses" / name.replace(".jpg", "_keypoints.json")
        path.write_text(json.dumps({"people": people}))
    found = photographs.read(LAYOUT, folder, "train")
    assert list(found.paths) == NAMES[:4]
    assert found.left_out["pictures without keypoints"] == 2
    np.testing.assert_array_equal(found.poses[NAMES[0]], pose())


def test_the_official_tree_of_deepfashion_is_split_by_its_annotations(tmp_path):
    for view in ("01_1_front", "01_2_side", "02_1_front"):
        picture(
            tmp_path / "img" / "WOMEN" / "Tees_Tanks" / "id_00000007" / f"{view}.jpg",
            size=(256, 256),
        )
    flat = "fasionWOMENTeesTanksid00000007{}.jpg"
    poses = {flat.format("01_1front"): pose(), flat.format("01_2side"): pose()}
    community.write_annotations(tmp_path / "fasion-annotation-train.csv", poses)
    found = photographs.read(deepfashion.LAYOUT, tmp_path, "train")
    assert [path.name for path in found.paths.values()] == [
        "01_1_front.jpg",
        "01_2_side.jpg",
    ]
    assert len(found.pairs) == 2


def test_pictures_of_all_splits_in_one_folder_need_annotations(tmp_path):
    picture(tmp_path / "img" / "a_1.jpg", (256, 256))
    (tmp_path / "a_1_keypoints.json").write_text('{"people": []}')
    with pytest.raises(FileNotFoundError, match="where each split has its own folder"):
        photographs.read(deepfashion.LAYOUT, tmp_path, "train")


def test_openpose_files_may_spell_names_in_another_way(tmp_path):
    flat = np.insert(pose(), 2, 0.9, axis=1).ravel().tolist()
    for view in ("1front", "2side"):
        stem = f"WOMENTees_Tanksid0000000701_{view}"
        picture(tmp_path / "train" / f"fashion{stem}.jpg", (256, 256))
        text = json.dumps({"people": [{"pose_keypoints_2d": flat}]})
        (tmp_path / f"fasion{stem.replace('_T', 'T')}_keypoints.json").write_text(text)
    assert len(photographs.read(deepfashion.LAYOUT, tmp_path, "train").pairs) == 2


def test_two_pictures_of_one_name_are_refused(folder):
    picture(folder / "train" / "more" / NAMES[0])
    with pytest.raises(ValueError, match=f"name of another one: .*{NAMES[0]}"):
        photographs.read(LAYOUT, folder, "train")


def test_a_shift_moves_every_x(folder):
    found = photographs.read(LAYOUT, folder, "train", shift=4.0)
    np.testing.assert_array_equal(found.poses[NAMES[0]], pose(34))


def test_missing_pictures_are_named_and_counted(folder):
    for name in NAMES[:5]:
        (folder / "train" / name).unlink()
    with pytest.raises(FileNotFoundError, match="not there: .*and 2 more"):
        photographs.read(LAYOUT, folder, "train")


def test_people_who_are_alone_make_no_pair(folder):
    community.write_annotations(
        folder / "market-annotation-train.csv", {NAMES[0]: pose(), NAMES[3]: pose()}
    )
    with pytest.raises(ValueError, match="no two of one identity"):
        photographs.read(LAYOUT, folder, "train")


def test_two_annotation_files_are_too_many(folder):
    community.write_annotations(folder / "my-annotation-train.csv", {})
    with pytest.raises(ValueError, match="several files"):
        photographs.read(LAYOUT, folder, "train")


@pytest.mark.parametrize("gone", ["train", "market-annotation-train.csv"])
def test_what_is_missing_is_named_with_what_was_looked_for(folder, gone):
    (folder / gone).rename(folder / "elsewhere")
    with pytest.raises(FileNotFoundError, match="looked for"):
        photographs.read(LAYOUT, folder, "train")
