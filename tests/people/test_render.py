import functools
import itertools
import multiprocessing

import numpy as np
import pytest

from jaxgen.people import clips, render

SIZE = (64, 48)


def as_bytes(record):
    return {name: np.asarray(value).tobytes() for name, value in record.items()}


@pytest.fixture(scope="module")
def records():
    return list(render.records(3, 5, frames=3, size=SIZE, outfits=2))


def test_a_record_has_the_fields_that_its_description_names(records):
    height, width = SIZE
    expected = {
        "image": ((height, width, 3), np.uint8),
        "keypoints": ((18, 2), np.float32),
        "visible": ((18,), np.bool_),
        "parsing": ((height, width), np.uint8),
        "mask": ((height, width), np.bool_),
        "betas": ((10,), np.float32),
        "smpl_pose": ((72,), np.float32),
        "camera": ((3,), np.float32),
        "face_box": ((4,), np.float32),
    }
    numbers = {"person", "outfit", "clip", "frame", "scene"}
    for record in records:
        assert set(record) == set(expected) | numbers
        for name, (shape, dtype) in expected.items():
            assert record[name].shape == shape and record[name].dtype == dtype
        assert all(type(record[name]) is int for name in numbers)


def test_records_count_frames_within_outfits(records):
    ids = [(r["person"], r["outfit"], r["frame"], r["clip"]) for r in records]
    expected = itertools.product([5], [0, 1], [0, 1, 2], [-1])
    assert ids == list(expected)


def test_the_mask_is_where_the_parsing_is_not_background(records):
    for record in records:
        np.testing.assert_array_equal(record["mask"], record["parsing"] > 0)
        assert 0.03 < record["mask"].mean() < 0.8 and record["parsing"].max() <= 9


def test_a_record_has_the_same_bytes_whatever_was_drawn_before(records):
    fewer = list(render.records(3, 5, frames=2, size=SIZE, outfits=2))
    again = {(r["outfit"], r["frame"]): as_bytes(r) for r in reversed(fewer)}
    assert len(again) == 4
    for record in records:
        key = record["outfit"], record["frame"]
        if key in again:
            assert as_bytes(record) == again[key]


def test_workers_give_the_same_bytes():
    make = functools.partial(
        render.clip, 3, kind="walk", frames=2, size=(32, 32), outfit=1
    )
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        apart = pool.map(make, [1, 2], chunksize=1)
    for person, motion in zip([1, 2], apart, strict=True):
        assert [as_bytes(r) for r in motion] == [as_bytes(r) for r in make(person)]


def test_keypoints_that_are_visible_lie_on_or_beside_the_person(records):
    for record in records:
        for x, y in record["keypoints"][record["visible"]].round().astype(int):
            rows = slice(max(y - 3, 0), y + 4)
            assert record["mask"][rows, max(x - 3, 0) : x + 4].any()


def test_the_face_box_holds_the_visible_face(records):
    for record in records:
        x0, y0, x1, y1 = record["face_box"]
        for x, y in record["keypoints"][[0, 14, 15]]:
            assert x0 <= x <= x1 and y0 <= y <= y1


def test_frames_of_an_outfit_share_scene_and_clothes():
    shots = list(render.records(1, 2, frames=3, size=SIZE, framing="full"))
    skies = [shot["image"][:6, :6].astype(float).mean((0, 1)) for shot in shots]
    np.testing.assert_allclose(skies, np.broadcast_to(skies[0], (3, 3)), atol=6)
    assert len({shot["smpl_pose"].tobytes() for shot in shots}) == 3


def test_market_cameras_keep_their_place_for_all_people():
    people = [
        list(
            render.records(
                1, p, frames=8, size=(32, 16), layout="market1501", framing="full"
            )
        )
        for p in (0, 1)
    ]
    for shots in people:
        assert [shot["scene"] for shot in shots] == [0, 1, 2, 3, 4, 5, 0, 1]
    corners = [[shot["image"][:4, :2].astype(float) for shot in s] for s in people]
    for first, second in zip(*corners, strict=True):
        assert np.abs(first - second).mean() < 12
    apart = [np.abs(corners[0][0] - other).mean() for other in corners[0][1:6]]
    assert max(apart) > 12


def test_full_framing_shows_the_feet_and_mixed_framing_not_always():
    def lowest(framed, person):
        shots = render.records(4, person, frames=3, size=SIZE, framing=framed)
        return [shot["keypoints"][[10, 13], 1].max() for shot in shots]

    full, mixed = ([lowest(f, p) for p in range(4)] for f in render.FRAMINGS)
    assert np.max(full) < SIZE[0] and np.max(mixed) > SIZE[0]


@pytest.mark.parametrize("kind", clips.CLIPS)
def test_feet_stay_on_one_row_through_a_clip(kind):
    motion = render.clip(5, 1, kind=kind, frames=4, size=(96, 96))
    lowest = [np.flatnonzero(record["mask"].any(1)).max() for record in motion]
    assert np.ptp(lowest) <= 1 and abs(lowest[0] - 0.97 * 96) < 2
    number = clips.CLIPS.index(kind)
    assert [(r["clip"], r["frame"]) for r in motion] == [(number, i) for i in range(4)]


def test_unknown_choices_are_refused_with_what_there_is():
    with pytest.raises(ValueError, match="no layout 'vogue'; there are deepfashion"):
        render.records(0, 0, frames=1, size=SIZE, layout="vogue")
    with pytest.raises(ValueError, match="no framing 'feet'; there are full, mixed"):
        render.records(0, 0, frames=1, size=SIZE, framing="feet")
    with pytest.raises(ValueError, match="no kind 'swim'; there are walk"):
        render.clip(0, 0, kind="swim", frames=1, size=SIZE)
    with pytest.raises(ValueError, match=r"expected size \(height, width\) >= 1"):
        render.clip(0, 0, kind="walk", frames=1, size=(0, 4))
