"""SMPL one body, joint and vertex at a time, as its paper has it, in float64."""

import numpy as np

PARENTS = (
    *(-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8),
    *(9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21),
)


def rodrigues(vector):
    """[3, 3]: the shift by 1e-8 and all else as HMR's code has it."""
    vector = np.asarray(vector, np.float64)
    angle = np.linalg.norm(vector + 1e-8)
    x, y, z = axis = vector / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    c, s = np.cos(angle), np.sin(angle)
    return c * np.eye(3) + (1 - c) * np.outer(axis, axis) + s * cross


def transform(rotation, translation):
    """[4, 4]."""
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation, translation
    return matrix


def pose_body(body, betas, smpl_pose):
    """Vertices [n, 3] and joints [24, 3] of one body."""
    body = {name: np.asarray(values, np.float64) for name, values in body.items()}
    shaped = body["v_template"].copy()
    for beta, direction in zip(
        betas, np.moveaxis(body["shapedirs"], -1, 0), strict=True
    ):
        shaped += float(beta) * direction
    joints = body["J_regressor"] @ shaped
    rotations = [rodrigues(vector) for vector in smpl_pose]
    feature = np.concatenate([(r - np.eye(3)).ravel() for r in rotations[1:]])
    bent = shaped + body["posedirs"] @ feature
    world = [transform(rotations[0], joints[0])]
    for joint in range(1, 24):
        bone = joints[joint] - joints[PARENTS[joint]]
        world.append(world[PARENTS[joint]] @ transform(rotations[joint], bone))
    moves = [g @ transform(np.eye(3), -j) for g, j in zip(world, joints, strict=True)]
    vertices = np.zeros_like(bent)
    for n, point in enumerate(bent):
        for weight, move in zip(body["weights"][n], moves, strict=True):
            vertices[n] += weight * (move @ [*point, 1.0])[:3]
    return vertices, np.array([g[:3, 3] for g in world])


def keypoints19(body, vertices):
    """[19, 3] of one body's vertices."""
    return np.asarray(body["cocoplus_regressor"], np.float64) @ vertices
