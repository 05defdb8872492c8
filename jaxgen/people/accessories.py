"""Things worn besides clothes: spectacles and bags."""

import dataclasses

import numpy as np

from jaxgen.people import fields, figure
from jaxgen.people.clothes import Outfit
from jaxgen.people.garments import outer_surface
from jaxgen.people.mesh import (
    Label,
    Material,
    Mesh,
    cut_by,
    double_sided,
    grid_faces,
    join,
    rigid_weights,
    surface,
)
from jaxgen.people.persons import Person
from jaxgen.people.shell import Shell, from_tights, raised

_PELVIS, _CHEST, _HEAD = 0, 9, 15

# Half width, half height (metres) and exponent of the outline: 2 is an ellipse.
_RIMS = {
    "round": (0.0205, 0.0195, 2.0),
    "oval": (0.0240, 0.0165, 2.3),
    "square": (0.0235, 0.0180, 4.0),
    "wide": (0.0255, 0.0195, 2.8),
    "sun": (0.0260, 0.0205, 2.8),
}
_RIM_WIDTH, _RIM_DEPTH, _LENS_DISTANCE = 0.0024, 0.0030, 0.015

_BACKPACK = np.array([0.135, 0.195, 0.065])
_SHOULDER_BAG = np.array([0.115, 0.090, 0.035])


def accessories(person: Person, outfit: Outfit, shell: Shell) -> list[Mesh]:
    """Gives the spectacles and the bag of a person, if any."""
    meshes = []
    if person.face.spectacles is not None:
        meshes.append(_spectacles(person.face.spectacles, shell.vertices))
    if outfit.bag is not None:
        meshes += _BAGS[outfit.bag](shell, outfit)
    return meshes


def _outline(half: np.ndarray, exponent: float, count: int) -> np.ndarray:
    """A superellipse in the plane z = 0, closed; [count, 3]."""
    angle = np.linspace(0, 2 * np.pi, count)
    sine, cosine = np.sin(angle), np.cos(angle)
    x = half[0] * np.sign(cosine) * np.abs(cosine) ** (2 / exponent)
    y = half[1] * np.sign(sine) * np.abs(sine) ** (2 / exponent)
    return np.stack([x, y, 0 * x], 1)


def _ribbon(one: np.ndarray, other: np.ndarray) -> Mesh:
    """A strip on the head between two lines of points [k, 3], seen from both sides."""
    points = np.concatenate([one, other])
    mesh = surface(
        points,
        points,
        rigid_weights(len(points), _HEAD),
        grid_faces(2, len(one)),
        material=Material.SPECTACLES,
        label=Label.FACE,
    )
    return double_sided(mesh)


@dataclasses.dataclass(frozen=True)
class _Fit:
    """Where spectacles sit on a head; metres at rest.

    Attributes:
        aside: abs(x) of the middle of a lens.
        height: y of both.
        front: z of their plane.
        ear: [3] where the left temple ends.
    """

    aside: float
    height: float
    front: float
    ear: np.ndarray


def _spectacles(kind: str, vertices: np.ndarray) -> Mesh:
    """Two rims, a bridge and two temples, fitted to the eyes and ears of a body."""
    asset = figure.asset()
    right, left = (vertices[eye] for eye in asset.eyes)
    ears = vertices[list(asset.ears)]
    fit = _Fit(
        aside=(left[:, 0].mean() - right[:, 0].mean()) / 2 + 0.0015,
        height=(left[:, 1].mean() + right[:, 1].mean()) / 2 - 0.002,
        front=max(left[:, 2].max(), right[:, 2].max()) + _LENS_DISTANCE,
        ear=np.abs(ears).mean(0) * [0.97, 1, 0] + [0, 0.012, ears[:, 2].mean() - 0.005],
    )
    parts = [part for side in (-1, 1) for part in _half(kind, side, fit)]
    return join([*parts, _bridge(kind, fit)])


def _half(kind: str, side: int, fit: _Fit) -> list[Mesh]:
    """The rim, seen from the front and from its edge, and the temple of one side."""
    *half, exponent = _RIMS[kind]
    half = np.array(half)
    centre = np.array([side * fit.aside, fit.height, fit.front])
    outer = _wrapped(centre + _outline(half, exponent, 33), fit)
    opening = 0 * half if kind == "sun" else half - _RIM_WIDTH
    inner = _wrapped(centre + _outline(opening, exponent, 33), fit)
    hinge = centre + [side * (half[0] - 0.001), 0.006, -0.002]
    temple = np.linspace(_wrapped(hinge[None], fit)[0], fit.ear * [side, 1, 1], 6)
    temple[1:-1, 0] += side * 0.004
    return [
        _ribbon(outer, inner),
        _ribbon(outer, outer - [0, 0, _RIM_DEPTH]),
        _ribbon(temple, temple - [0, 0.004, 0]),
    ]


def _bridge(kind: str, fit: _Fit) -> Mesh:
    way = np.linspace(-1, 1, 5)
    arch = 0.003 * (1 - way**2)
    across = way * (fit.aside - _RIMS[kind][0] + 0.001)
    line = np.stack([across, fit.height + 0.004 + arch, fit.front + arch], 1)
    return _ribbon(line, line - [0, 0.0028, 0])


def _wrapped(points: np.ndarray, fit: _Fit) -> np.ndarray:
    """Lets points fall back to the sides, as the face does."""
    fall = 0.25 * np.maximum(np.abs(points[:, 0]) - fit.aside, 0)
    return points - np.stack([0 * fall, 0 * fall, fall], 1)


def _backpack(shell: Shell, outfit: Outfit) -> list[Mesh]:
    cloth = outer_surface(shell, outfit)
    x, y, z = shell.canonical.T
    behind = (np.abs(x) < 0.11) & (y > 0.15) & (y < 0.48) & (z < 0)
    middle = shell.vertices[figure.asset().body, 1].max() - 0.455
    centre = np.array([0, middle, cloth[behind, 2].min() - 0.8 * _BACKPACK[2]])
    pack = _box(centre, _BACKPACK, np.eye(3), _CHEST)
    return [pack, _strap(shell, cloth, fields.backpack_straps())]


def _shoulder_bag(shell: Shell, outfit: Outfit) -> list[Mesh]:
    """A bag behind the left hip, where the hand that hangs there does not meet it."""
    cloth = outer_surface(shell, outfit)
    turn = figure.rotation_y(np.radians(128))
    outwards = turn[:, 2]
    around_hip = np.abs(shell.canonical[:, 1]) < 0.06
    trunk = around_hip & (np.abs(shell.canonical[:, 0]) < 0.24)
    distance = (
        np.einsum("na,a->n", cloth[trunk], outwards).max() + 0.8 * _SHOULDER_BAG[2]
    )
    bag = _box(outwards * distance + [0, -0.03, 0], _SHOULDER_BAG, turn, _PELVIS)
    return [bag, _strap(shell, cloth, fields.shoulder_strap())]


_BAGS = {"backpack": _backpack, "shoulder": _shoulder_bag}


def _strap(shell: Shell, cloth: np.ndarray, edges: tuple[fields.Field, ...]) -> Mesh:
    """A band that lies on the cloth."""
    points = raised(shell, cloth, 0.007)
    mesh = from_tights(shell, points, Material.BAG, Label.UPPER)
    return double_sided(cut_by(mesh, *edges))


def _box(centre: np.ndarray, half: np.ndarray, turn: np.ndarray, joint: int) -> Mesh:
    """A box with rounded edges that moves with one joint.

    Its `extra` are the places across and up on it, -1 to 1.
    """
    around = np.linspace(-np.pi, np.pi, 25)
    down = np.linspace(0, np.pi, 13)[:, None]

    def rounded(values: np.ndarray) -> np.ndarray:
        return np.sign(values) * np.abs(values) ** 0.45

    sine = rounded(np.sin(down))
    x = sine * rounded(np.sin(around))
    y = rounded(np.cos(down)) * np.ones_like(around)
    z = sine * rounded(np.cos(around))
    unit_box = np.stack([x, y, z], -1).reshape(-1, 3)
    points = centre + np.einsum("ab,nb->na", turn, unit_box * half)
    return surface(
        points,
        points,
        rigid_weights(len(points), joint),
        grid_faces(*x.shape),
        material=Material.BAG,
        label=Label.UPPER,
        extra=unit_box[:, :2],
    )
