"""Fields are positive inside a garment and nowhere else on the body."""

import dataclasses

import numpy as np
import pytest

from jaxgen.people import fields, figure
from jaxgen.people.outfits import draw_outfit

_NECKS = ("crew", "v", "scoop", "polo", "turtle")


@pytest.fixture(scope="module")
def body():
    asset = figure.asset()
    return asset.v_template[asset.body]


@pytest.fixture(scope="module")
def top():
    return dataclasses.replace(draw_outfit(0, 0, 0).top, sleeve=0.42, hem=0.0)


@pytest.mark.parametrize("kind", _NECKS)
def test_no_neck_line_lets_cloth_reach_the_face(body, kind):
    assert body[fields.neck(body, kind) > 0, 1].max() < 0.59


def test_low_necks_bare_more_than_round_ones(body):
    bare = {kind: (fields.neck(body, kind) < 0).sum() for kind in _NECKS}
    assert bare["turtle"] < bare["crew"] < bare["v"]
    assert bare["crew"] < bare["scoop"]


def test_a_top_ends_at_sleeve_and_hem(body, top):
    inside = body[fields.top(body, top) > 0]
    assert np.abs(inside[inside[:, 1] > 0.4, 0]).max() <= 0.42
    assert inside[:, 1].min() >= 0.0


@pytest.mark.parametrize("shoe", ["sneaker", "leather", "ankle", "boot", "flat"])
def test_shoes_are_on_feet_only(body, shoe):
    inside = body[fields.shoes(body, shoe) > 0]
    assert len(inside) > 100
    assert inside[:, 1].max() < -0.65


def test_a_flat_shoe_leaves_the_instep_bare():
    instep = np.array([[0.14, -0.84, 0.06]])
    assert fields.shoes(instep, "flat") < 0 < fields.shoes(instep, "sneaker")


def test_straps_lie_on_the_trunk(body):
    for strap in (fields.backpack_straps(), fields.shoulder_strap()):
        least = np.min([field(body) for field in strap], 0)
        inside = body[least > 0]
        assert len(inside) > 20
        assert np.abs(inside[:, 0]).max() < 0.24
        assert inside[:, 1].max() < 0.56


def test_a_coat_is_open_in_front_and_closed_behind():
    coat = next(
        outfit.jacket
        for outfit in (draw_outfit(0, person, 0) for person in range(100))
        if outfit.jacket is not None
    )
    front, back = np.array([[0.0, -0.2, 0.15]]), np.array([[0.0, -0.2, -0.15]])
    assert fields.coat_tail(front, coat) < 0 < fields.coat_tail(back, coat)
