import pytest

from jaxgen.data.builders import market1501


def test_a_group_is_a_person_seen_by_any_camera():
    names = ["0002_c1s1_000451_03.jpg", "0002_c6s2_000001_00.jpg"]
    assert {market1501.group(name) for name in names} == {"0002"}


@pytest.mark.parametrize(
    ("name", "junk"),
    [
        ("-1_c1s1_000401_03.jpg", True),
        ("0000_c1s1_000151_01.jpg", True),
        ("0002_c1s1_000451_03.jpg", False),
    ],
)
def test_distractors_and_bad_boxes_are_junk(name, junk):
    assert market1501.junk(name) is junk


def test_folders_are_no_part_of_a_name():
    assert market1501.canonical("a/0002_c1s1_000451_03.jpg").startswith("0002")
