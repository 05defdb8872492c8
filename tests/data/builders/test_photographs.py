import json

import numpy as np
import PIL.Image
import pytest

from jaxgen.core import skeleton
from jaxgen.data.builders import community, deepfashion, market1501, photographs

LAYOUT = market1501.LAYOUT
NAMES = [f"{person:04d}_c{c}s1_000001_00.jpg" for person in (1, 2) for c in (1, 2, 3)]


def pose(x=30.0):
    points = np.stack([np.full(18, x), np.arange(18) * 5.0], 1)
    return points.astype(np.float32)


def found(folder, split="train", layout=LAYOUT, size=(128, 64)):
    read = photographs.read(layout, folder, split)
    return photographs.paired(layout, folder, split, read, size)


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
    pictures = found(folder)
    assert len(pictures.pairs) == 12 and list(pictures.poses) == NAMES
    assert all(start[:4] == end[:4] for start, end in pictures.pairs)


def test_built_pairs_leave_out_people_without_a_torso(folder):
    poses = {name: pose() for name in NAMES}
    poses[NAMES[0]][8] = np.nan
    community.write_annotations(folder / "market-annotation-train.csv", poses)
    pictures = found(folder)
    assert len(pictures.pairs) == 8 and NAMES[0] in pictures.paths


def test_listed_pairs_are_taken_as_they_are(folder):
    listed = [(NAMES[1], NAMES[0]), (NAMES[0], "9999_c1s1_000001_00.jpg")]
    community.write_pairs(folder / "market-pairs-train.csv", listed)
    pictures = found(folder)
    assert pictures.pairs == listed[:1]
    assert pictures.left_out["pairs of other pictures"] == 1


def test_pictures_without_keypoints_and_of_nobody_are_counted(folder):
    for name in ("0000_c1s1_000001_00.jpg", "-1_c1s1_000001_00.jpg", "0003_x.jpg"):
        picture(folder / "train" / name)
    (folder / "train" / "Thumbs.db").write_bytes(b"x")
    pictures = found(folder)
    assert pictures.left_out == {
        "pictures of nobody": 2,
        "pictures without keypoints": 1,
        "pictures with all joints outside": 0,
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
    pictures = found(folder)
    assert list(pictures.paths) == NAMES[:4]
    assert pictures.left_out["pictures without keypoints"] == 2
    np.testing.assert_array_equal(pictures.poses[NAMES[0]], pose())


def mmpose(points):
    instance = {"keypoints": points, "keypoint_scores": [0.9] * 17}
    return {"instances": [instance]}


@pytest.mark.parametrize("name", ["{}.json", "{}_keypoints.json"])
@pytest.mark.parametrize(
    ("count", "written"),
    [
        (17, lambda points: points),
        (17, mmpose),
        (17, lambda points: {"keypoints": np.insert(points, 2, 2, 1).ravel().tolist()}),
        (18, lambda points: points),
        (21, lambda points: points),
        (25, lambda points: points),
        (33, lambda points: points),
        (
            33,
            lambda points: {
                "pose_landmarks": [
                    [
                        {"x": (x + 0.5) / 64, "y": (y + 0.5) / 128, "visibility": 0.9}
                        for x, y in points
                    ]
                ]
            },
        ),
    ],
)
def test_one_file_per_picture_may_have_any_known_form(folder, name, count, written):
    (folder / "market-annotation-train.csv").unlink()
    points = np.stack([np.arange(count) + 4.0, np.arange(count) * 3 + 9.0], 1)
    for picture_name in NAMES:
        path = folder / name.format(picture_name.removesuffix(".jpg"))
        path.write_text(json.dumps(written(points.tolist())))
    schema = skeleton.SCHEMA_OF_COUNT[count]
    np.testing.assert_allclose(
        found(folder).poses[NAMES[0]], skeleton.translate(points, schema), atol=1e-4
    )


@pytest.mark.parametrize("content", [{"people": []}, [[0, 0, 0]] * 17, []])
def test_a_picture_in_which_nobody_was_found_is_left_out(folder, content):
    (folder / "market-annotation-train.csv").unlink()
    for name in NAMES:
        text = json.dumps(content if name == NAMES[0] else pose().tolist())
        (folder / name.replace(".jpg", ".json")).write_text(text)
    pictures = found(folder)
    assert list(pictures.paths) == NAMES[1:]
    assert pictures.left_out["pictures without keypoints"] == 1


def test_two_keypoint_files_of_one_picture_are_refused(folder):
    (folder / "market-annotation-train.csv").unlink()
    for end in (".json", "_keypoints.json"):
        path = folder / NAMES[0].replace(".jpg", end)
        path.write_text(json.dumps(pose().tolist()))
    with pytest.raises(ValueError, match="are both keypoints of"):
        found(folder)


def test_joints_outside_the_picture_are_missing_before_pairs_are_made(folder):
    poses = {name: pose() for name in NAMES}
    poses[NAMES[0]][8], poses[NAMES[1]][4] = (64, 40), (30, 127)
    poses[NAMES[2]][:] = 500
    community.write_annotations(folder / "market-annotation-train.csv", poses)
    pictures = found(folder)
    assert np.isnan(pictures.poses[NAMES[0]][8]).all()
    assert not np.isnan(pictures.poses[NAMES[1]]).any()
    assert NAMES[2] not in pictures.paths and len(pictures.pairs) == 6
    assert pictures.left_out["pictures with all joints outside"] == 1


def test_pair_lists_of_other_pictures_are_refused_with_a_name(folder):
    listed = [("x_1.jpg", "x_2.jpg"), ("x_2.jpg", NAMES[0])]
    community.write_pairs(folder / "market-pairs-train.csv", listed)
    with pytest.raises(ValueError, match="none of the 2 pairs .* without one is x_1"):
        found(folder)


@pytest.mark.parametrize(("layout", "people"), [(LAYOUT, 2), (deepfashion.LAYOUT, 1)])
def test_pairs_of_two_people_make_them_one_where_names_do_not_tell(
    folder, layout, people
):
    names = NAMES if layout is LAYOUT else [f"{n}_1.jpg" for n in "ab"]
    for name in names:
        picture(folder / "train" / name)
    poses = {name: pose() for name in names}
    community.write_annotations(folder / "market-annotation-train.csv", poses)
    community.write_pairs(folder / "pairs-train.csv", [(names[0], names[-1])])
    if layout is not LAYOUT:
        for name in NAMES:
            (folder / "train" / name).unlink()
    split = found(folder, layout=layout)
    (folder / "out").mkdir()
    builder = market1501.Market1501
    photographs.build(
        builder, layout, folder / "out", {"train": split}, (128, 64), options={}
    )
    rows = (folder / "out" / "records-train.csv").read_text().splitlines()[1:]
    assert len({row.split(",")[1] for row in rows}) == people


def test_a_picture_in_both_splits_is_refused(folder):
    split = found(folder)
    with pytest.raises(ValueError, match=f"6 pictures are in train .*{NAMES[0]}"):
        photographs.require_apart("x", {"train": split, "test": split})


def test_one_picture_in_two_spellings_is_refused(tmp_path):
    stem = "WOMENTees_Tanksid0000000701_1front.jpg"
    picture(tmp_path / "train" / f"fashion{stem}", (256, 256))
    poses = {f"fashion{stem}": pose(), f"fasion{stem.replace('_T', 'T')}": pose()}
    community.write_annotations(tmp_path / "fasion-annotation-train.csv", poses)
    with pytest.raises(ValueError, match="two lines of one picture"):
        photographs.read(deepfashion.LAYOUT, tmp_path, "train")


def test_the_official_tree_of_deepfashion_is_split_by_its_annotations(tmp_path):
    for view in ("01_1_front", "01_2_side", "02_1_front"):
        picture(
            tmp_path / "img" / "WOMEN" / "Tees_Tanks" / "id_00000007" / f"{view}.jpg",
            size=(256, 256),
        )
    flat = "fasionWOMENTeesTanksid00000007{}.jpg"
    poses = {flat.format("01_1front"): pose(), flat.format("01_2side"): pose()}
    community.write_annotations(tmp_path / "fasion-annotation-train.csv", poses)
    pictures = found(tmp_path, layout=deepfashion.LAYOUT, size=(256, 256))
    assert [path.name for path in pictures.paths.values()] == [
        "01_1_front.jpg",
        "01_2_side.jpg",
    ]
    assert len(pictures.pairs) == 2


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
    assert len(found(tmp_path, layout=deepfashion.LAYOUT).pairs) == 2


def test_two_pictures_of_one_name_are_refused(folder):
    picture(folder / "train" / "more" / NAMES[0])
    with pytest.raises(ValueError, match=f"name of another one: .*{NAMES[0]}"):
        photographs.read(LAYOUT, folder, "train")


def test_a_shift_moves_every_x(folder):
    pictures = photographs.read(LAYOUT, folder, "train", shift=4.0)
    np.testing.assert_array_equal(pictures.poses[NAMES[0]], pose(34))


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
        found(folder)


def test_two_annotation_files_are_too_many(folder):
    community.write_annotations(folder / "my-annotation-train.csv", {})
    with pytest.raises(ValueError, match="several files"):
        photographs.read(LAYOUT, folder, "train")


@pytest.mark.parametrize("gone", ["train", "market-annotation-train.csv"])
def test_what_is_missing_is_named_with_what_was_looked_for(folder, gone):
    (folder / gone).rename(folder / "elsewhere")
    with pytest.raises(FileNotFoundError, match="looked for"):
        photographs.read(LAYOUT, folder, "train")
