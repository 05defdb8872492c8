import numpy as np
import PIL.Image
import pytest

from jaxgen.core.skeleton import SCHEMAS, SWAPS
from jaxgen.data.builders import plausible


def facing(width=64, height=128):
    """People who face the camera, in the middle of the picture."""
    rng = np.random.default_rng(0)
    rows = [18, 26, *(26, 40, 54) * 2, *(60, 85, 110) * 2, 16, 16, 17, 17]
    across = [0, 0, *(-8, -10, -11), *(8, 10, 11), *(-5, -5, -5), *(5, 5, 5)]
    across = np.array([*across, -2, 2, -4, 4])
    points = np.stack([32 + across, np.array(rows)], 1) * [width / 64, height / 128]
    return {f"{i}.jpg": points + rng.normal(0, 0.3, (18, 2)) for i in range(12)}


def test_people_who_face_the_camera_pass():
    poses = facing()
    plausible.require_people("x", poses)
    plausible.require_inside("x", poses, (128, 64))
    plausible.require_order("x", poses)
    assert plausible.require_sides("x", poses)


def test_people_left_of_the_middle_pass():
    poses = {name: points - [18, 0] for name, points in facing().items()}
    plausible.require_inside("x", poses, (128, 64))


def test_too_few_faces_tell_no_sides():
    poses = dict(list(facing().items())[:4])
    assert not plausible.require_sides("x", {n: p[SWAPS] for n, p in poses.items()})


def test_people_from_behind_pass():
    poses = {name: points[SWAPS] for name, points in facing().items()}
    for points in poses.values():
        points[[0, 14, 15]] = np.nan
    plausible.require_sides("x", poses)


def test_an_estimator_that_found_nobody_is_refused():
    poses = {n: np.full((18, 2), np.nan) for n in "abcde"} | {"f": np.ones((18, 2))}
    with pytest.raises(ValueError, match="in 5 of 6 annotations: a, b, c and 2 more"):
        plausible.require_people("x", poses)


@pytest.mark.parametrize("joints", [slice(None), [14, 15]])
def test_exchanged_sides_are_refused(joints):
    poses = facing()
    for points in poses.values():
        points[joints] = points[SWAPS][joints]
    with pytest.raises(ValueError, match="of 12 people who face the camera, 12 have"):
        plausible.require_sides("x", poses)


def test_mirrored_copies_with_old_names_are_refused():
    poses = facing()
    for name in list(poses)[:6]:
        poses[name][:, 0] = 63 - poses[name][:, 0]
    with pytest.raises(ValueError, match="left and right are exchanged"):
        plausible.require_sides("x", poses)


def test_a_few_mistakes_of_the_estimator_pass():
    poses = facing()
    poses["0.jpg"] = poses["0.jpg"][SWAPS]
    poses["1.jpg"][4] = 70, 30
    plausible.require_sides("x", poses)
    poses["2.jpg"][1] = 30, 100
    plausible.require_order("x", poses)
    plausible.require_inside("x", poses, (128, 64))


def test_coordinates_of_wider_pictures_are_refused():
    with pytest.raises(ValueError, match="in pictures 64 wide and 128 high"):
        plausible.require_inside("x", facing(256, 256), (128, 64))


@pytest.mark.parametrize("scale", [0.5, [1 / 64, 1 / 128]])
def test_coordinates_of_smaller_pictures_are_refused(scale):
    poses = {name: points * scale for name, points in facing().items()}
    with pytest.raises(ValueError, match="belong to smaller pictures"):
        plausible.require_inside("x", poses, (128, 64))


@pytest.mark.parametrize("shift", [-40, 40])
def test_shifted_coordinates_are_refused(shift):
    poses = {name: points + [shift, 0] for name, points in facing().items()}
    with pytest.raises(ValueError, match="12 of 12 pictures lie outside") as error:
        plausible.require_inside("x", poses, (128, 64))
    assert "--shift" not in str(error.value)


def test_halved_coordinates_of_wide_pictures_ask_for_no_shift():
    with pytest.raises(ValueError, match="smaller pictures") as error:
        plausible.require_inside("x", facing(128, 128), (256, 256))
    assert "--shift" not in str(error.value)


def coco_with_neck(points, place):
    names = SCHEMAS["community18"].names
    coco = [points[names.index(name)] for name in SCHEMAS["coco17"].names]
    return np.insert(coco, place, points[1], axis=0)


@pytest.mark.parametrize("place", [1, 17])
def test_joints_in_the_order_of_coco_are_refused(place):
    poses = {n: coco_with_neck(p, place) for n, p in facing().items()}
    with pytest.raises(ValueError, match="in another order: in 12 of 12") as error:
        plausible.require_order("x", poses)
    assert ("COCO" in str(error.value)) == (place == 17)


def test_eyes_where_the_feet_are_are_refused():
    poses = facing()
    for points in poses.values():
        points[[10, 14]] = points[[14, 10]]
    with pytest.raises(ValueError, match="an eye is farther from the nose"):
        plausible.require_order("x", poses)


@pytest.mark.parametrize(("width", "drawn", "shift"), [(256, 176, 40), (176, 300, -40)])
def test_the_two_widths_of_deepfashion_are_told_apart(width, drawn, shift):
    with pytest.raises(ValueError, match=f"--shift {shift}"):
        plausible.require_inside("x", facing(drawn, 256), (256, width))
    plausible.require_inside("x", facing(width, 256), (256, width))


def test_a_narrow_crop_with_coordinates_of_the_whole_is_refused():
    """People who happen to lie inside: only the middle tells."""
    poses = {name: p + [80, 0] for name, p in facing(96, 256).items()}
    with pytest.raises(ValueError, match="256 wide.*--shift -40"):
        plausible.require_inside("x", poses, (256, 176))


def picture(path, size):
    PIL.Image.new("RGB", size, (90, 60, 30)).save(path)


def test_unreadable_pictures_are_named_and_counted(tmp_path):
    paths = [tmp_path / f"{i}.jpg" for i in range(6)]
    for path in paths:
        picture(path, (64, 128))
    for path in paths[1:]:
        path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ValueError, match="1.jpg, .*3.jpg and 2 more"):
        plausible.require_pictures("x", paths, [(128, 64)])


def test_all_pictures_have_one_of_the_known_sizes(tmp_path):
    paths, sizes = [tmp_path / "a.jpg", tmp_path / "b.jpg"], [(256, 256), (256, 176)]
    picture(paths[0], (176, 256))
    picture(paths[1], (176, 256))
    assert plausible.require_pictures("x", paths, sizes) == (256, 176)
    picture(paths[1], (256, 256))
    with pytest.raises(ValueError, match="256x256.*b.jpg; 256x176 is wanted"):
        plausible.require_pictures("x", paths, sizes)
    with pytest.raises(ValueError, match="256x176.*a.jpg.*; 128x64 is wanted"):
        plausible.require_pictures("x", paths, [(128, 64)])
