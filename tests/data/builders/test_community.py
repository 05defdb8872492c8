import numpy as np
import pytest

from jaxgen.data.builders import community

HEADER = "name:keypoints_y:keypoints_x\n"


def pose(seed=0):
    return np.random.default_rng(seed).integers(0, 60, (18, 2)).astype(np.float32)


def test_annotations_survive_writing_and_reading(tmp_path):
    poses = {"b.jpg": pose(1), "a.jpg": pose(2)}
    poses["a.jpg"][3] = np.nan
    community.write_annotations(tmp_path / "a.csv", poses)
    again = community.read_annotations(tmp_path / "a.csv")
    assert list(again) == ["b.jpg", "a.jpg"]
    for name in poses:
        np.testing.assert_array_equal(again[name], poses[name])


def test_published_spacing_and_missing_joints_are_understood(tmp_path):
    y, x = list(range(18)), [-1] * 2 + list(range(2, 18))
    (tmp_path / "a.csv").write_text(f"{HEADER}a.jpg: {y}: {x}\n")
    points = community.read_annotations(tmp_path / "a.csv")["a.jpg"]
    assert np.isnan(points[:2]).all()
    np.testing.assert_array_equal(points[5], [5, 5])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + f"a.jpg:{[1] * 17}:{[1] * 17}", r"line 2 \(a.jpg\) has 17 keypoints"),
        (HEADER + "a.jpg:[1,2", "line 2 is not NAME"),
        (HEADER + f"a.jpg:{[1] * 18}:{[1] * 17}", "line 2 is not NAME"),
        ("name,y,x\n", "should begin with the line name:keypoints_y:keypoints_x"),
        ("", "begins with 'nothing'"),
        (HEADER, "has no line below its header"),
        (
            HEADER + f"a.jpg:{[1] * 18}:{[1] * 18}\n" * 2,
            "line 3 is the second of a.jpg",
        ),
        (HEADER + f"a.jpg:{[{}] * 18}:{[1] * 18}", "line 2 is not NAME"),
        (HEADER + f"a.jpg:[{'Infinity,' * 17}1]:{[1] * 18}", "line 2 .* infinite"),
    ],
)
def test_other_annotations_are_named_by_line(tmp_path, text, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        community.read_annotations(tmp_path / "a.csv")


def test_what_is_not_there_is_missing(tmp_path):
    y, x = [-1, "null", "NaN", 7, 7, -3, 0], [5, 5, 5, -1, -9, -9, 0]
    cells = [f"[{', '.join(map(str, v + [7] * 11))}]" for v in (y, x)]
    (tmp_path / "a.csv").write_text(f"{HEADER}a.jpg:{cells[0]}:{cells[1]}\n")
    points = community.read_annotations(tmp_path / "a.csv")["a.jpg"]
    assert np.isnan(points[[0, 1, 2, 3, 5]]).all()
    np.testing.assert_array_equal(points[[4, 6]], [[-9, 7], [0, 0]])


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path):
    poses, pairs = {"a.jpg": pose()}, [("a.jpg", "b.jpg")]
    community.write_annotations(tmp_path / "a.csv", poses)
    community.write_pairs(tmp_path / "p.csv", pairs)
    for path in tmp_path.iterdir():
        path.write_text(path.read_text(), encoding="utf-8-sig")
    assert list(community.read_annotations(tmp_path / "a.csv")) == ["a.jpg"]
    assert community.read_pairs(tmp_path / "p.csv") == pairs


@pytest.mark.parametrize("read", [community.read_annotations, community.read_pairs])
def test_bytes_that_are_no_text_are_a_sentence(tmp_path, read):
    (tmp_path / "a.csv").write_bytes(b"name\xff\xfe")
    with pytest.raises(ValueError, match="a.csv is no text in UTF-8"):
        read(tmp_path / "a.csv")


def test_pairs_survive_writing_and_reading(tmp_path):
    pairs = [("a.jpg", "b.jpg"), ("b.jpg", "a.jpg")]
    community.write_pairs(tmp_path / "p.csv", pairs)
    assert community.read_pairs(tmp_path / "p.csv") == pairs


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n", "line from,to"),
        ("from,to\na,a\n", "line 2 pairs a with itself"),
        ("from,to\na,b\na\n", "line 3 is not FROM,TO"),
    ],
)
def test_other_pair_lists_are_named(tmp_path, text, message):
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        community.read_pairs(tmp_path / "p.csv")


def test_ordered_pairs_stay_in_a_group():
    groups = {"a1": "a", "b1": "b", "a2": "a", "a3": "a", "b2": "b"}
    pairs = community.ordered_pairs(groups)
    assert len(pairs) == 6 + 2 and len(set(pairs)) == 8
    assert all(groups[start] == groups[end] for start, end in pairs)


def test_who_is_paired_is_one_person_whatever_the_names_say():
    groups = {"a1": "a", "a2": "a", "b1": "b", "c1": "c", "d1": "d"}
    numbers = community.identities(groups, [("c1", "b1"), ("a1", "a2")])
    assert numbers == {"a1": 0, "a2": 0, "b1": 1, "c1": 1, "d1": 2}


def test_reported_pairs_are_those_that_pandas_samples():
    """`DataFrame.sample(n=4, random_state=0)` of 4 rows takes rows 2, 3, 1, 0."""
    pairs = [(str(i), "") for i in range(4)]
    assert [a for a, _ in community.reported_pairs(pairs)] == ["2", "3", "1", "0"]
    many = [(str(i), "") for i in range(12_500)]
    assert len(set(community.reported_pairs(many))) == 12_000


def test_a_torso_has_both_shoulders_and_hips():
    points = pose()
    assert community.has_torso(points)
    points[11] = np.nan
    assert not community.has_torso(points)
