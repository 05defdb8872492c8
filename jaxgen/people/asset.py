"""The baked anatomy: one file, read once, decoded.

One array of 10,322 vertices holds the body (6,928), tights over the whole body (2,674)
and a skirt (720); garments are cut from the last two. Rest vertices are in metres in
the T-pose.
"""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

JOINTS = 24
"""Joints of SMPL's skeleton."""


@dataclass(frozen=True)
class Asset:
    """The baked anatomy, decoded; arrays are float64 or int64 and must not be written.

    Attributes:
        v_template: [10322, 3] mean T-pose, metres; also the canonical coordinates.
        dirs: [10322, 3, 10] displacement in metres per unit of each beta.
        weights: [10322, 24] skinning weights; rows sum to 1.
        ao: [10322] share of the sky a vertex sees, 0 to 1.
        faces: [13776, 3] triangles of the body, counter-clockwise from outside.
        uv: [7509, 2] texture coordinates in [0, 1].
        uv_faces: [13776, 3] texture corners of `faces`.
        part: [13776] head 0, torso 1, legs 2-3, arms 4-5, feet 6-7, hands 8-9; left
            before right.
        tights: [5300, 3] triangles of the tights, absolute vertex indices.
        skirt: [1368, 3] triangles of the skirt, absolute vertex indices.
        body: slice of the body's vertices.
        tights_range: slice of the tights' vertices.
        skirt_range: slice of the skirt's vertices.
        tights_laplacian: sparse [2674, 2674] mean over neighbours.
        skirt_laplacian: sparse [720, 720] mean over neighbours.
        joint_regressor: sparse [24, 6928]; rows sum to 1.
        chart: [128, 96, 3] lips, eyelids and face, 0 to 1, seen from the front.
        chart_box: (x0, x1, y0, y1) of the chart, metres.
        is_eye: [6928] bool, vertices of the eye balls.
        nose: vertex at the tip of the nose.
        eyes: vertices of the right and of the left eye ball.
        ears: vertices of the right and of the left ear.
        hair_base: [29, 41, 3] body vertices under a grid of hair points.
        hair_bary: [29, 41, 3] their weights; sum to 1.
        hair_off: [29, 41, 3] metres from there to the scalp or, hanging, the trunk.
        hair_dir: [29, 41, 3] unit rays outwards.
        hair_faces: [2240, 3] triangles over the flattened grid.
        hair_grid: rows on the head, rows hanging, columns less one; column 0 and the
            last are at the back, the middle one is in front.
        people_betas: [320, 10] the bodies that people are blended from.
        people_gender: [320] 0 female to 1 male.
        people_age: [320] 0.5 is 25 years, 1 is 90.
        people_race: [320, 3] shares of the african, asian and caucasian phenotype.
    """

    v_template: np.ndarray
    dirs: np.ndarray
    weights: np.ndarray
    ao: np.ndarray
    faces: np.ndarray
    uv: np.ndarray
    uv_faces: np.ndarray
    part: np.ndarray
    tights: np.ndarray
    skirt: np.ndarray
    body: slice
    tights_range: slice
    skirt_range: slice
    tights_laplacian: sparse.csr_matrix
    skirt_laplacian: sparse.csr_matrix
    joint_regressor: sparse.csr_matrix
    chart: np.ndarray
    chart_box: tuple[float, float, float, float]
    is_eye: np.ndarray
    nose: int
    eyes: tuple[np.ndarray, np.ndarray]
    ears: tuple[int, int]
    hair_base: np.ndarray
    hair_bary: np.ndarray
    hair_off: np.ndarray
    hair_dir: np.ndarray
    hair_faces: np.ndarray
    hair_grid: tuple[int, int, int]
    people_betas: np.ndarray
    people_gender: np.ndarray
    people_age: np.ndarray
    people_race: np.ndarray


@functools.cache
def asset() -> Asset:
    """Reads the baked figure beside this file, once per process."""
    with np.load(Path(__file__).with_name("people.npz")) as file:
        raw = {name: file[name] for name in file.files}
    body_count, tights_count, _ = (int(count) for count in raw["counts"])
    split = body_count + tights_count
    template = raw["v_template"].astype(np.float64)
    tights, skirt = raw["tights"].astype(np.int64), raw["skirt"].astype(np.int64)
    is_eye = np.unpackbits(raw["is_eye"])[:body_count].astype(bool)
    bary = raw["hair_bary"].astype(np.float64)
    crown_rows, hanging_rows, columns = (int(n) for n in raw["hair_grid"])
    x0, x1, y0, y1 = (float(edge) for edge in raw["chart_box"])
    floats = ("hair_off", "people_betas", "people_gender", "people_age", "people_race")
    integers = ("faces", "uv_faces", "part", "hair_base", "hair_faces")
    return Asset(
        v_template=template,
        dirs=raw["dirs"] * raw["dirs_scale"].astype(np.float64),
        weights=_dense_weights(raw["w_idx"], raw["w_val"]),
        ao=raw["ao"] / 255.0,
        uv=raw["uv"] / 65535.0,
        tights=tights,
        skirt=skirt,
        body=slice(0, body_count),
        tights_range=slice(body_count, split),
        skirt_range=slice(split, len(template)),
        tights_laplacian=_laplacian(tights - body_count, tights_count),
        skirt_laplacian=_laplacian(skirt - split, len(template) - split),
        joint_regressor=_regressor(raw, body_count),
        chart=raw["chart"] / 255.0,
        chart_box=(x0, x1, y0, y1),
        is_eye=is_eye,
        **_landmarks(template[:body_count], is_eye),
        hair_bary=bary / bary.sum(-1, keepdims=True),
        hair_dir=raw["hair_dir"] / 127.0,
        hair_grid=(crown_rows, hanging_rows, columns),
        **{name: raw[name].astype(np.float64) for name in floats},
        **{name: raw[name].astype(np.int64) for name in integers},
    )


def _dense_weights(indices: np.ndarray, values: np.ndarray) -> np.ndarray:
    weights = np.zeros((len(indices), JOINTS))
    shares = values.astype(np.float64)
    shares /= shares.sum(1, keepdims=True)
    np.put_along_axis(weights, indices.astype(np.int64), shares, 1)
    return weights


def _laplacian(faces: np.ndarray, count: int) -> sparse.csr_matrix:
    """Gives the matrix that replaces each vertex by the mean of its neighbours."""
    a, b = faces.T.ravel(), np.roll(faces, -1, axis=1).T.ravel()
    rows, columns = np.concatenate([a, b]), np.concatenate([b, a])
    adjacency = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), (count, count))
    adjacency.data[:] = 1.0
    degree = np.maximum(np.diff(adjacency.indptr), 1)
    return sparse.csr_matrix(sparse.diags(1.0 / degree) @ adjacency)


def _regressor(raw: dict[str, np.ndarray], body_count: int) -> sparse.csr_matrix:
    entries = (raw["jr_w"].astype(np.float64), (raw["jr_j"], raw["jr_v"]))
    return sparse.csr_matrix(entries, (JOINTS, body_count))


def _landmarks(body: np.ndarray, is_eye: np.ndarray) -> dict:
    """Finds the face's landmarks by their place: right is x < 0."""
    x, y, z = body.T
    nose = np.where((y > 0.55) & (np.abs(x) < 0.004), z, -np.inf).argmax()
    at_ears = (y > 0.63) & (y < 0.67)
    right, left = (np.where(at_ears, side * x, -np.inf).argmax() for side in (-1, 1))
    return {
        "nose": int(nose),
        "eyes": (np.flatnonzero(is_eye & (x < 0)), np.flatnonzero(is_eye & (x > 0))),
        "ears": (int(right), int(left)),
    }
