import functools

import numpy as np
import pytest

from jaxgen.people import actors, figure, framing, labels, picture, poses, wardrobe
from jaxgen.people.noise import Stream, generator

SIZE = (64, 48)


@functools.cache
def dressed(seed, person):
    outfit = wardrobe.draw_outfit(seed, person, 0)
    return actors.prepare(wardrobe.draw_person(seed, person), outfit)


def draw(seed, person, kind="stand", view="front", size=SIZE):
    """One record of a given pose, and the actor."""
    actor = dressed(seed, person)
    rng = generator(seed, Stream.FRAME, person)
    pose = poses.sample(rng, kind=kind, view=view, skirt=actor.outfit.skirted)
    posed = actors.strike(actor, pose, 5.0)
    camera = framing.fit_still(rng, posed.vertices, posed.joints, "full", size)
    return picture.draw(posed, camera, picture.draw_setting(rng), rng, size), actor


def rodrigues(vector):
    angle = np.linalg.norm(vector)
    x, y, z = vector / angle if angle > 0 else np.zeros(3)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def smpl(betas, pose):
    """Posed vertices and joints by SMPL's own equations, in 4 x 4 matrices."""
    model = figure.smpl_model()
    rest = model["v_template"] + model["shapedirs"] @ betas
    joints = model["J_regressor"] @ rest
    world = []
    for joint, parent in enumerate(model["kintree_table"][0]):
        local = np.eye(4)
        local[:3, :3] = rodrigues(pose[3 * joint : 3 * joint + 3])
        local[:3, 3] = joints[joint] - (joints[parent] if joint else 0)
        world.append(world[parent] @ local if joint else local)
    world = np.stack(world)
    blended = np.einsum("vj,jab->vab", model["weights"], world @ _undo(joints))
    homogeneous = np.concatenate([rest, np.ones((len(rest), 1))], 1)
    return np.einsum("vab,vb->va", blended, homogeneous)[:, :3], world[:, :3, 3]


def _undo(joints):
    matrices = np.tile(np.eye(4), (24, 1, 1))
    matrices[:, :3, 3] = -joints
    return matrices


@pytest.mark.parametrize("size", [(64, 48), (48, 64), (256, 256)])
def test_the_numbers_of_a_record_reproduce_its_keypoints(size):
    for person, kind, view in ((2, "hands on hips", "front"), (3, "walk", "back")):
        record, _ = draw(1, person, kind, view, size)
        betas, pose = (record[k].astype(np.float64) for k in ("betas", "smpl_pose"))
        vertices, joints = smpl(betas, pose)
        figures = figure.asset()
        points = np.stack(
            [
                vertices[figures.nose],
                joints[[16, 17]].mean(0),
                *joints[[17, 19, 21, 16, 18, 20, 2, 5, 8, 1, 4, 7]],
                *(vertices[eye].mean(0) for eye in figures.eyes),
                *vertices[list(figures.ears)],
            ]
        )
        height, width = size
        scale, shift = float(record["camera"][0]), record["camera"][1:].astype(float)
        unit = scale * (points[:, :2] + shift)
        pixels = unit * height / 2 + np.array([width, height]) / 2 - 0.5
        np.testing.assert_allclose(record["keypoints"], pixels, atol=1e-3)


def test_faces_are_visible_from_the_front_and_never_from_behind():
    face = [labels.KEYPOINTS.index(k) for k in ("nose", "right_eye", "left_eye")]
    for view, low, high in (("front", 0.95, 1.0), ("back", 0.0, 0.0)):
        shots = [draw(7, person, view=view)[0] for person in range(16)]
        share = np.mean([shot["visible"][face] for shot in shots])
        assert low <= share <= high


def test_every_label_of_a_frontal_outfit_is_in_its_parsing():
    for person in range(10):
        record, actor = draw(7, person, size=(128, 64))
        worn = set(actor.attributes.label.tolist())
        assert worn == set(np.unique(record["parsing"]).tolist()) - {0}


def test_sizes_show_the_same_picture():
    large, small = (draw(2, 4, size=size)[0] for size in ((256, 192), (128, 96)))
    halved = large["image"].reshape(128, 2, 96, 2, 3).mean((1, 3))
    assert np.abs(halved - small["image"]).mean() < 6
    points = (large["keypoints"] + 0.5) / 2 - 0.5
    np.testing.assert_allclose(points, small["keypoints"], atol=1e-3)
