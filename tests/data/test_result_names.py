import pytest

from jaxgen.data.result_names import match, plain

A = "fashionWOMENDressesid0000271801_1front.jpg"
B = "fashionWOMENDressesid0000271801_2side.jpg"


@pytest.mark.parametrize(
    "answer",
    [
        f"{A}___{B}_vis.jpg",
        f"{A}_2_{B}_vis.png",
        f"{A}_to_{B}.png",
        f"{A[:-4]}_2_{B}",
        f"{A}___{B}".replace("fashion", "fasion"),
        f"{A}___{B}".upper(),
        f"resize-{A}___resize-{B}",
        "WOMEN-Dresses-id_00002718-01_1_front_to_WOMEN-Dresses-id_00002718-01_2_side.png",
        "WOMEN-Dresses-id_00002718-01_2_side.jpg",
        f"{B[:-4]}_vis.jpg",
        f"deep{B}",
        f"images/{B[:-4]}.png",
    ],
)
@pytest.mark.parametrize("target", [B, B.replace("fashion", "fasion"), f"resize-{B}",
    "WOMEN/Dresses/id_00002718/01_2_side.jpg", f"{B[:-4]}.png"])  # fmt: skip
def test_every_published_spelling_finds_its_target(answer, target):
    found = match([answer], [A, target])
    assert found.pairs == ((0, 1),) and found.unused == (0,)


def test_a_view_of_number_two_is_no_separator():
    names = [A, B, B.replace("_2side", "_3back")]
    assert match(names, names).pairs == ((0, 0), (1, 1), (2, 2))


def test_market_names_match_whatever_the_order_of_files():
    targets = ["0001_c1s1_000151_01.jpg", "0002_c2s1_000301_02.jpg"]
    answers = [f"{a}___{b}_vis.jpg" for a, b in (targets, targets[::-1])]
    assert match(answers, targets).pairs == ((0, 1), (1, 0))


def test_one_target_may_have_answers_from_several_sources():
    targets = ["a.png", "b.png", "c.png"]
    found = match(["a_to_c.png", "b_to_c.png"], targets)
    assert found.pairs == ((0, 2), (1, 2)) and found.unused == (0, 1)


def test_a_pair_counts_before_its_target_alone():
    found = match(["a_to_c.png"], ["c.jpg", "a___c.jpg"])
    assert found.pairs == ((0, 1),)


def test_nothing_is_left_out_in_silence():
    found = match(["x.png", "a.png", "a.jpg", "b.png"], ["a.png", "b.jpg", "b.png"])
    assert found.pairs == ()
    assert found.unmatched == (0,)
    assert found.ambiguous == (1, 2, 3)
    assert found.unused == (0, 1, 2)


def test_the_same_pair_in_two_spellings_is_ambiguous():
    found = match(["a_to_b.png", "a___b.jpg"], ["b.png"])
    assert found.ambiguous == (0, 1)


def test_the_path_wins_where_two_answers_name_one_target():
    found = match(["a.png", "one/a.png"], ["one/a.png"])
    assert found.pairs == ((1, 0),) and found.unmatched == (0,)
    found = match(["a_to_c.png", "a___c.png"], ["a___c.jpg"])
    assert found.pairs == ((1, 0),) and found.unmatched == (0,)


def test_frames_of_clips_are_told_by_their_folders():
    names = ["one/0001.png", "two/0001.png"]
    assert match(names[::-1], names).pairs == ((0, 1), (1, 0))
    assert match(["0001.png"], names).ambiguous == (0,)


def test_numbers_keep_their_places():
    assert plain("1_11.png") != plain("11_1.png")
