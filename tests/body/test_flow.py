"""Flow against the true correspondence of a body, and of dressed people.

The truth is carried by the surface: the point of the mesh that a target pixel shows, in
float64, and where that point lies in the source.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.body import camera as cameras
from jaxgen.body.flow import transformation_flow
from jaxgen.ops.rasterize import BACKGROUND, INVALID, rasterize
from jaxgen.people import actors, clips, framing, render, wardrobe
from tests.reference import bodies
from tests.reference import camera as camera_reference
from tests.reference import flow as reference
from tests.reference import rasterize as raster_reference

SIDE = 128
SIZE = (SIDE, SIDE)
FACES = bodies.BODY_FACES


@jax.jit
def flow_of(vertices, camera, faces):
    """The flow from image 0 to each image of a batch, and what they show."""
    points = cameras.project(vertices, camera, size=SIZE)
    face_index = rasterize(points, faces, size=SIZE).face_index
    source = jnp.broadcast_to(points[:1], points.shape)
    return transformation_flow(source, points, faces, face_index), face_index


def flows(pair):
    vertices, camera = map(np.float32, zip(*pair, strict=True))
    return jax.device_get(flow_of(vertices, camera, FACES))


def lattice():
    return np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), -1)


def distance(a, b):
    return np.linalg.norm(a - b, axis=-1)


@functools.cache
def clip(person, kind):
    """Frames 0 and 1 of five: the body and camera of each record, in float64."""
    records = render.clip(0, person, kind=kind, frames=5, size=SIZE)[:2]
    return [
        (bodies.pose_body(r["betas"], r["smpl_pose"]), np.float64(r["camera"]))
        for r in records
    ]


def pictures(pair, faces=FACES):
    """Pixel points and what is seen, of each image of a pair, in float64."""
    points = [camera_reference.project(*one, SIZE) for one in pair]
    return points, [raster_reference.rasterize(p, faces, SIZE) for p in points]


@pytest.mark.parametrize("person, kind", [(0, "walk"), (1, "raise"), (2, "turn")])
def test_the_flow_between_frames_is_the_true_correspondence(person, kind):
    pair = clip(person, kind)
    flow, face_index = (of_both[1] for of_both in flows(pair))
    points, (source, target) = pictures(pair)
    want = reference.transformation_flow(points[0], FACES, target)
    sure = (target.edge > 1e-3) & (target.gap > 1e-5)
    assert sure.mean() > 0.99
    np.testing.assert_array_equal(face_index[sure], target.face_index[sure])
    np.testing.assert_allclose(flow[sure], want[sure], atol=2e-3)
    seen = reference.seen_in_source(points[0], FACES, target, source)
    assert seen.sum() > 500
    assert np.median(distance(want, lattice())[seen]) > 1
    assert np.median(distance(flow, want)[seen]) < 1e-3


def dressed(person):
    """Two moments of a walk: faces; clothes and camera twice; body and camera twice."""
    outfit = wardrobe.draw_outfit(0, person, 0)
    actor = actors.prepare(wardrobe.draw_person(0, person), outfit)
    poses = [
        clips.clip_pose("walk", t, yaw=20.0, skirt=outfit.skirted) for t in (0.0, 0.2)
    ]
    posed = [actors.strike(actor, pose, 0.0) for pose in poses]
    camera = framing.fit_clip([frame.vertices for frame in posed], SIZE)
    body = [bodies.pose_body(actor.person.betas, p.smpl_pose) for p in posed]
    clothes = [frame.vertices for frame in posed]
    pairs = (list(zip(vertices, camera, strict=True)) for vertices in (clothes, body))
    return actor.attributes.faces, *pairs


def test_the_flow_of_the_body_fits_dressed_people_to_half_a_pixel():
    """The body lies under the clothes: what a warp of real pictures can reach."""
    errors, moves = [], []
    for person in (0, 2):  # In trousers, in a skirt.
        faces, clothes, body = dressed(person)
        flow, face_index = (of_both[1] for of_both in flows(body))
        points, (source, target) = pictures(clothes, faces)
        want = reference.transformation_flow(points[0], faces, target)
        seen = reference.seen_in_source(points[0], faces, target, source)
        seen &= face_index >= 0
        assert seen.sum() > 1000
        errors.append(distance(flow, want)[seen])
        moves.append(distance(lattice(), want)[seen])
    assert np.median(np.concatenate(errors)) < 0.5
    assert np.median(np.concatenate(moves)) > 2


def test_a_picture_comes_from_itself():
    flow, face_index = flows(clip(0, "walk"))
    on_body = face_index[0] >= 0
    assert on_body.sum() > 1000
    assert np.abs(flow[0] - lattice())[on_body].max() < 1e-3


def test_background_comes_from_outside_where_torchs_minus_two_is():
    flow, face_index = flows(clip(0, "walk"))
    empty = face_index == BACKGROUND
    assert empty.any() and (flow[empty] == -(SIDE + 1) / 2).all()
    wide = transformation_flow(
        jnp.zeros((1, 3, 2)),
        jnp.zeros((1, 3, 2)),
        jnp.array([[0, 1, 2]]),
        jnp.full((1, 8, 4), BACKGROUND),
    )
    assert (wide == jnp.array([[[[-2.5, -4.5]]]])).all()


def test_an_image_that_could_not_be_drawn_has_no_flow():
    points = jnp.array([[[0.0, 0.0, 1.0], [0.0, 9.0, 1.0], [9.0, 0.0, 1.0]]])
    drawn, broken = jnp.zeros((1, 4, 4), int), jnp.full((1, 4, 4), INVALID)
    faces = jnp.array([[0, 1, 2]])
    assert jnp.isfinite(transformation_flow(points, points, faces, drawn)).all()
    assert jnp.isnan(transformation_flow(points, points, faces, broken)).all()


@pytest.mark.parametrize("moved", ["source", "target"])
def test_gradients_reach_source_and_target_and_equal_finite_differences(moved):
    rng = np.random.default_rng(0)
    points = [camera_reference.project(*one, 32) for one in clip(0, "walk")]
    with jax.enable_x64(True):
        source, target = (jnp.asarray(p)[None] for p in points)
        faces = jnp.asarray(FACES)
        index = jax.jit(lambda p: rasterize(p, faces, size=(32, 32)).face_index)(target)
        mix = jnp.asarray(rng.normal(size=(1, 32, 32, 2)))
        way = jnp.asarray(rng.normal(size=source.shape))

        @jax.jit
        def total(step):
            shift = {
                name: step * way * (name == moved) for name in ("source", "target")
            }
            flow = transformation_flow(
                source + shift["source"], target + shift["target"], faces, index
            )
            return (flow * mix).sum()

        want = (total(1e-7) - total(-1e-7)) / 2e-7
        assert abs(want) > 1
        np.testing.assert_allclose(jax.jit(jax.grad(total))(0.0), want, rtol=1e-4)
