import numpy as np
import pytest

from jaxgen.people import actors, poses, wardrobe
from jaxgen.people.mesh import Label, Material


@pytest.fixture(scope="module")
def actor():
    seated = (p for p in range(99) if not wardrobe.draw_outfit(0, p, 0).skirted)
    person = next(seated)
    return actors.prepare(
        wardrobe.draw_person(0, person), wardrobe.draw_outfit(0, person, 0)
    )


def strike(actor, kind):
    pose = poses.sample(np.random.default_rng(0), kind=kind, view="front")
    return actors.strike(actor, pose, 6.0)


def test_a_posed_person_stands_upright_before_the_camera(actor):
    posed = strike(actor, "stand")
    assert posed.smpl_pose.dtype == np.float32
    upright = posed.vertices @ posed.view
    assert 1.3 < np.ptp(upright[:, 1]) < 2.2
    head, feet = posed.joints[15] @ posed.view, posed.joints[7:9] @ posed.view
    assert (head[1] > feet[:, 1] + 1.1).all()
    assert posed.joints[15, 1] < posed.joints[7, 1]


def test_posing_twice_gives_the_same_bytes(actor):
    first = strike(actor, "walk").vertices.tobytes()
    strike(actor, "wave")
    assert strike(actor, "walk").vertices.tobytes() == first


def test_a_stool_fills_the_space_between_floor_and_hips(actor):
    posed = strike(actor, "sit")
    vertices, attributes = actors.with_stool(posed)
    count = len(posed.vertices)
    stool = vertices[count:] @ posed.view
    floor, hips = (
        (posed.vertices @ posed.view)[:, 1].min(),
        posed.joints[0] @ posed.view,
    )
    assert stool[:, 1].min() == pytest.approx(floor)
    assert hips[1] - 0.2 < stool[:, 1].max() < hips[1]
    assert np.abs(stool[:, [0, 2]].mean(0) - hips[[0, 2]]).max() < 1e-9
    new = attributes.faces[len(actor.attributes.faces) :]
    assert len(new) == 12 and new.min() >= count
    assert set(attributes.material[-12:]) == {Material.STOOL}
    assert set(attributes.label[-12:]) == {Label.BACKGROUND}


def test_the_sides_of_a_stool_look_outwards(actor):
    posed = strike(actor, "sit")
    vertices, attributes = actors.with_stool(posed)
    corners = (vertices @ posed.view)[attributes.faces[-12:]]
    edges = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    outwards = corners.mean(1) - corners.reshape(-1, 3).mean(0)
    assert ((np.cross(*edges) * outwards).sum(1) > 0).all()
