import numpy as np
import pytest

from jaxgen.people import figure


@pytest.fixture(scope="module")
def asset():
    return figure.asset()


def test_the_first_beta_is_stature(asset):
    betas = [b * np.eye(10)[0] for b in (-2, 0, 2)]
    steps = np.diff([np.ptp(figure.shape(b)[asset.body, 1]) for b in betas])
    assert (np.abs(steps) > 0.1).all() and steps[0] * steps[1] > 0


def test_joints_of_the_mean_body_are_symmetric():
    joints = figure.joints(figure.asset().v_template)
    left, right = joints[[1, 4, 7, 16, 18, 20]], joints[[2, 5, 8, 17, 19, 21]]
    np.testing.assert_allclose(left * [-1, 1, 1], right, atol=0.02)


def test_axis_angles_and_matrices_are_inverse_even_near_a_half_turn():
    vectors = np.random.default_rng(0).normal(size=(50, 3))
    vectors[:10] *= (np.pi - 1e-7) / np.linalg.norm(vectors[:10], axis=1)[:, None]
    vectors[10] = 0
    matrices = figure.rotation_matrices(vectors)
    again = figure.rotation_matrices(figure.axis_angles(matrices))
    np.testing.assert_allclose(again, matrices, atol=1e-12)


def test_rotations_turn_the_axes_the_way_their_names_say():
    x, y, z = np.eye(3)
    quarter = np.pi / 2
    np.testing.assert_allclose(figure.rotation_x(quarter) @ y, z, atol=1e-15)
    np.testing.assert_allclose(figure.rotation_y(quarter) @ z, x, atol=1e-15)
    np.testing.assert_allclose(figure.rotation_z(quarter) @ x, y, atol=1e-15)


def test_the_rest_pose_leaves_the_body_alone(asset):
    vertices = figure.shape(asset.people_betas[3])
    identity = np.tile(np.eye(3), (24, 1, 1))
    posed = figure.skin(vertices, asset.weights, figure.joints(vertices), identity)
    np.testing.assert_allclose(posed, vertices, atol=1e-12)


def test_turning_the_pelvis_turns_everything_about_it(asset):
    vertices = figure.shape(asset.people_betas[4])
    joints = figure.joints(vertices)
    rotations = np.tile(np.eye(3), (24, 1, 1))
    rotations[0] = figure.rotation_matrices(np.array([[0.3, 1.0, -0.4]]))[0]
    expected = (vertices - joints[0]) @ rotations[0].T + joints[0]
    posed = figure.skin(vertices, asset.weights, joints, rotations)
    np.testing.assert_allclose(posed, expected, atol=1e-12)


def test_a_bent_knee_moves_only_the_leg_below_it(asset):
    vertices = asset.v_template[asset.body]
    weights, joints = asset.weights[asset.body], figure.joints(vertices)
    rotations = np.tile(np.eye(3), (24, 1, 1))
    rotations[4] = figure.rotation_x(1.0)
    moved = np.abs(figure.skin(vertices, weights, joints, rotations) - vertices).max(1)
    carried = weights[:, [4, 7, 10]].sum(1) > 0
    assert moved[~carried].max() < 1e-12 and moved[carried].max() > 0.2


def test_vertex_normals_of_a_box_point_out_of_its_corners():
    corners = np.array(
        [[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float
    )
    quads = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4]]
    quads.append([1, 5, 7, 3])
    faces = np.array(
        [[a, b, c] for a, b, c, _ in quads] + [[a, c, d] for a, _, c, d in quads]
    )
    normals = figure.vertex_normals(corners, faces)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1)
    assert ((normals * (corners - 0.5)).sum(1) > 0.8).all()


def test_smpl_model_has_the_names_and_shapes_of_a_smpl_file():
    model = figure.smpl_model()
    shapes = {name: values.shape for name, values in model.items()}
    assert shapes == {
        "v_template": (6928, 3),
        "shapedirs": (6928, 3, 10),
        "posedirs": (6928, 3, 207),
        "J_regressor": (24, 6928),
        "weights": (6928, 24),
        "kintree_table": (2, 24),
        "f": (13776, 3),
    }
    joints = model["J_regressor"] @ model["v_template"]
    expected = figure.joints(figure.asset().v_template)
    np.testing.assert_allclose(joints, expected, atol=1e-12)
