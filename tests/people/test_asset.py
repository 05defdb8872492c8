import numpy as np
import pytest

from jaxgen.people import asset as anatomy


@pytest.fixture(scope="module")
def asset():
    return anatomy.asset()


def test_the_body_has_13776_triangles_in_ten_parts(asset):
    assert asset.faces.shape == (13776, 3)
    assert asset.body.stop == 6928 and len(asset.v_template) == 10322
    assert set(np.unique(asset.faces)) == set(range(6928))
    count = np.bincount(asset.part)
    assert len(count) == 10 and count.min() > 500
    np.testing.assert_array_equal(count[2::2], count[3::2])


def test_weights_and_regressor_are_means(asset):
    np.testing.assert_allclose(asset.weights.sum(1), 1)
    assert asset.weights.min() >= 0
    np.testing.assert_allclose(asset.joint_regressor.sum(1), 1, atol=1e-6)
    for laplacian in (asset.tights_laplacian, asset.skirt_laplacian):
        np.testing.assert_allclose(laplacian.sum(1), 1)


def test_texture_coordinates_lie_in_the_unit_square(asset):
    assert asset.uv.min() >= 0 and asset.uv.max() <= 1
    assert asset.uv_faces.max() == len(asset.uv) - 1


def test_the_mean_body_has_the_volume_of_a_person(asset):
    a, b, c = asset.v_template[asset.faces].transpose(1, 0, 2)
    volume = (np.cross(a, b) * c).sum() / 6
    assert 0.050 < volume < 0.070


def test_landmarks_are_where_a_face_has_them(asset):
    template = asset.v_template
    nose = template[asset.nose]
    right, left = (template[eye].mean(0) for eye in asset.eyes)
    assert right[0] < nose[0] < left[0] and nose[1] < right[1] and nose[2] > right[2]
    right, left = template[list(asset.ears)]
    assert right[0] < -0.07 and left[0] > 0.07
