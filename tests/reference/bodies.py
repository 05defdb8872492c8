"""Meshes to draw: the synthetic body, a sphere, soups of triangles; all in NumPy."""

import numpy as np

from jaxgen.people import figure
from tests.reference import camera as cameras

BODY_FACES = figure.asset().faces.astype(np.int32)


def pose_body(betas, smpl_pose):
    """[6928, 3] vertices of the body in the frame of the camera, float64."""
    body, rest = figure.asset().body, figure.shape(betas)
    rotations = figure.rotation_matrices(np.reshape(smpl_pose, (24, 3)))
    weights = figure.asset().weights[body]
    return figure.skin(rest[body], weights, figure.joints(rest), rotations)


def whole_camera(vertices, fill=0.95):
    """(s, tx, ty) of a square picture that the points fill."""
    low, high = vertices[:, :2].min(0), vertices[:, :2].max(0)
    return np.array([2 * fill / (high - low).max(), *-(low + high) / 2])


def body(size, *, yaw=0.3, seed=0, bend=0.3):
    """Points [6928, 3] of a body in a random pose that fills a square picture."""
    rng = np.random.default_rng(seed)
    smpl_pose = rng.normal(0, bend, (24, 3))
    turned = figure.CAMERA_FROM_WORLD @ figure.rotation_y(yaw)
    smpl_pose[0] = figure.axis_angles(turned[None])[0]
    vertices = pose_body(rng.normal(size=10), smpl_pose)
    return cameras.project(vertices, whole_camera(vertices), size)


def sphere(size, *, rows=83, columns=84, turn=0.0):
    """Points and faces of a sphere that fills a square picture."""
    polar = np.linspace(0, np.pi, rows + 1)[:, None]
    azimuth = turn + np.arange(columns)[None] * 2 * np.pi / columns
    x, z = np.sin(polar) * np.sin(azimuth), np.sin(polar) * np.cos(azimuth)
    around = np.stack([x, np.cos(polar) + 0 * azimuth, z], -1)
    top, bottom = around[0, :1], around[-1, :1]
    vertices = np.concatenate([top, around[1:-1].reshape(-1, 3), bottom])
    tilted = figure.CAMERA_FROM_WORLD @ figure.rotation_x(0.4)
    points = cameras.project(vertices @ tilted.T, (0.95, 0.0, 0.0), size)
    return points, _sphere_faces(rows, columns).astype(np.int32)


def _sphere_faces(rows, columns):
    here = np.arange(columns)
    beside = (here + 1) % columns
    last = 1 + (rows - 1) * columns
    faces = [np.stack([np.zeros_like(here), 1 + here, 1 + beside], 1)]
    for row in range(rows - 2):
        above, below = 1 + row * columns, 1 + (row + 1) * columns
        faces.append(np.stack([above + here, below + here, below + beside], 1))
        faces.append(np.stack([above + here, below + beside, above + beside], 1))
    above = last - columns
    faces.append(np.stack([above + here, np.full_like(here, last), above + beside], 1))
    return np.concatenate(faces)


def soup(rng, size, count=20):
    """Points and faces of six kinds, `count` each.

    Large, small, off the picture, without area, beyond near and far, and repeated.
    """
    extent = np.array(size[::-1])
    large = rng.uniform(-0.3, 1.3, (count, 3, 2)) * extent
    small = rng.uniform(0, 1, (count, 1, 2)) * extent + rng.normal(
        0, 1.5, (count, 3, 2)
    )
    off = (
        rng.uniform(1.1, 2, (count, 3, 2)) * extent * rng.choice([-1, 1], (count, 1, 1))
    )
    line = large.copy()
    line[::2, 2] = line[::2, 0]
    line[1::2, 2] = (line[1::2, 0] + line[1::2, 1]) / 2
    xy = np.concatenate([large, small, off, line, rng.permutation(large)])
    z = rng.uniform(1, 50, (*xy.shape[:2], 1))
    z[4 * count :] *= rng.choice([1e-3, 30.0], (count, 1, 1))
    points = np.concatenate([xy, z], -1).reshape(-1, 3)
    faces = np.arange(len(points)).reshape(-1, 3)
    repeated = rng.permutation(faces[: 2 * count])[:count]
    return points, rng.permutation(np.concatenate([faces, repeated])).astype(np.int32)
