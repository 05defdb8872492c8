import pytest

from jaxgen.data.builders import deepfashion

CANONICAL = "fashionWOMENTeesTanksid0000783805_7additional.jpg"


@pytest.mark.parametrize(
    "name",
    [
        "fasionWOMENTeesTanksid0000783805_7additional.jpg",
        "fashionWOMENTees_Tanksid0000783805_7additional.jpg",
        "WOMEN/Tees_Tanks/id_00007838/05_7_additional.jpg",
        "img/WOMEN/Tees_Tanks/id_00007838/05_7_additional.jpg",
        "fasionWOMENTees_Tanksid0000783805_7additional.png",
        CANONICAL,
    ],
)
def test_every_spelling_has_one_canonical_form(name):
    assert deepfashion.canonical(name) == CANONICAL


@pytest.mark.parametrize(
    "category",
    [
        *("Graphic_Tees", "Jackets_Coats", "Rompers_Jumpsuits"),
        *("Tees_Tanks", "Blouses_Shirts", "Sweatshirts_Hoodies"),
    ],
)
def test_categories_with_underscores_agree_in_all_spellings(category):
    official = deepfashion.canonical(f"MEN/{category}/id_00000123/04_1_front.jpg")
    flat = deepfashion.canonical(f"fashionMEN{category}id0000012304_1front.jpg")
    bare = category.replace("_", "")
    assert official == flat == f"fashionMEN{bare}id0000012304_1front.jpg"


def test_women_are_not_read_as_men():
    assert deepfashion.canonical("WOMEN/Skirts/id_00000001/01_1_front.jpg").startswith(
        "fashionWOMENSkirts"
    )


def test_own_pictures_keep_their_names():
    assert deepfashion.canonical("holiday/anna_01.jpg") == "anna_01.jpg"


def test_a_group_is_an_item_in_one_colour():
    other_view = CANONICAL.replace("7additional", "1front")
    other_colour = CANONICAL.replace("05_", "06_")
    assert deepfashion.group(CANONICAL) == deepfashion.group(other_view)
    assert deepfashion.group(CANONICAL) != deepfashion.group(other_colour)
