"""What an outfit says about itself."""

import dataclasses

from jaxgen.people.clothes import Skirt
from jaxgen.people.outfits import draw_outfit


def _first(condition):
    outfits = (draw_outfit(0, person, 0) for person in range(200))
    return next(outfit for outfit in outfits if condition(outfit))


def test_skirts_are_skirted():
    assert _first(lambda outfit: isinstance(outfit.bottom, Skirt)).skirted


def test_coats_are_skirted_and_jackets_are_not():
    jacket = _first(
        lambda outfit: outfit.jacket is not None and outfit.kind == "trousers"
    )
    for long in (True, False):
        changed = dataclasses.replace(jacket.jacket, long=long)
        assert dataclasses.replace(jacket, jacket=changed).skirted == long
