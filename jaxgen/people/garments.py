"""Garments: one function makes one piece of clothing for one body.

A garment is a surface (the tights or the skirt of the figure), an offset along its
normals and a field (`fields`) that says where it is. The surface is smoothed, so cloth
bridges what it should not follow, but only along the normals: moved sideways, hems
would turn to saw teeth. Nothing comes nearer to the skin than its offset.
"""

import dataclasses

import numpy as np

from jaxgen.people import fields, figure
from jaxgen.people.clothes import Jacket, Outfit, Shoes, Skirt, Top, Trousers
from jaxgen.people.mesh import (
    Label,
    Material,
    Mesh,
    cut,
    cut_by,
    double_sided,
    side,
    surface,
    with_label,
)
from jaxgen.people.noise import lerp, smoothstep
from jaxgen.people.shell import Shell, at_least, from_tights, layer, raised, widened

_INSIDE = 0.012
_INSIDE_SHOES = 0.004
_OVER_SHOES = 0.016
_LEFT_HIP, _LEFT_ANKLE = 1, 7


@dataclasses.dataclass(frozen=True)
class Garment:
    """A piece of clothing, and the body vertices [6928] that it hides for certain."""

    mesh: Mesh
    hides: np.ndarray


def _body() -> np.ndarray:
    asset = figure.asset()
    return asset.v_template[asset.body]


def _nothing() -> np.ndarray:
    return np.zeros(len(_body()), bool)


def _top_surface(shell: Shell, outfit: Outfit) -> np.ndarray:
    garment = outfit.top
    points = layer(
        shell,
        offset=0.0055 if garment.tucked else 0.0075,
        looseness=garment.looseness * (0.5 if garment.tucked else 1.0),
        sleeve=garment.sleeve,
        hem=garment.hem,
    )
    if isinstance(outfit.bottom, Trousers) and not garment.tucked:
        points = at_least(shell, points, 0.012 + 0.7 * outfit.bottom.fit)
    return points


def top(shell: Shell, outfit: Outfit) -> Garment:
    """A shirt or the like, worn over or under what is below."""
    garment = outfit.top
    points = _top_surface(shell, outfit)
    mesh = from_tights(shell, points, Material.TOP, Label.UPPER)
    mesh = cut(mesh, fields.top(shell.canonical, garment))
    hidden = fields.top(_body(), garment, closer=-0.004) > _INSIDE
    return Garment(double_sided(mesh), hidden)


def collar(shell: Shell) -> Garment:
    """The collar of a polo shirt, standing off outwards."""
    rim = smoothstep((fields.neck_distance(shell.canonical) - 0.06) / 0.035)
    lift = 0.013 + 0.019 * rim
    points = at_least(shell, raised(shell, shell.near, lift), 0.9 * lift)
    mesh = from_tights(shell, points, Material.COLLAR, Label.UPPER)
    mesh = cut(mesh, fields.collar(shell.canonical))
    return Garment(double_sided(mesh), _nothing())


def trousers(shell: Shell, garment: Trousers, *, worn_with: Top, shoe: str) -> Garment:
    """Trousers or shorts, over the shoes, and under the hem of a top that hangs."""
    offset = garment.fit + (0.008 if worn_with.tucked else 0.0)
    points = raised(shell, lerp(shell.near, shell.middle, 0.5), offset)
    points = at_least(shell, points, 0.8 * offset)
    near_shoes = fields.shoes(shell.canonical, shoe) > -0.03
    points = at_least(shell, points, np.where(near_shoes, _OVER_SHOES, 0.0))
    points = _flared(shell, points, garment.flare)
    mesh = from_tights(shell, points, Material.TROUSERS, Label.TROUSERS)
    field = fields.trousers(shell.canonical, garment)
    if not worn_with.tucked:
        field = np.minimum(field, worn_with.hem + 0.012 - shell.canonical[:, 1])
    hidden = fields.trousers(_body(), garment) > _INSIDE
    return Garment(double_sided(cut(mesh, field)), hidden)


def _flared(shell: Shell, points: np.ndarray, flare: float) -> np.ndarray:
    """Widens the legs about their axes, more towards the floor."""
    x, y, z = points.T
    below = -0.06 - shell.canonical[:, 1]
    hip, ankle = shell.joints[_LEFT_HIP], shell.joints[_LEFT_ANKLE]
    down = np.clip((hip[1] - y) / (hip[1] - ankle[1]), 0, 1)
    axis = lerp(hip[0], ankle[0], down) * np.sign(shell.canonical[:, 0])
    factor = 1 + flare * smoothstep(below / 0.72) * np.clip(below / 0.1, 0, 1)
    legs = below > 0
    wide_x = np.where(legs, axis + (x - axis) * factor, x)
    wide_z = np.where(legs, 0.01 + (z - 0.01) * factor, z)
    return np.stack([wide_x, y, wide_z], 1)


def _waves(garment: Skirt) -> float:
    """How far wide cloth swings in and out at the hem, metres."""
    return 0.012 if garment.flare > 0.1 else 0.0


def _way_down(canonical: np.ndarray) -> np.ndarray:
    """0 at the waist to 1 at the calf."""
    return smoothstep((0.06 - canonical[:, 1]) / 0.55)


def skirt(shell: Shell, garment: Skirt) -> Garment:
    """A skirt or the lower part of a dress, with pleats and, when wide, waves."""
    asset = figure.asset()
    part = asset.skirt_range
    faces, canonical = asset.skirt - part.start, asset.v_template[part]
    points = shell.vertices[part]
    down = _way_down(canonical)
    azimuth = np.arctan2(canonical[:, 0], canonical[:, 2])
    centre = points[:, 2].mean()
    points = points + 0.011 * figure.vertex_normals(points, faces)
    points = widened(points, 1 + garment.flare * down, centre)
    ripple = 1.3 * garment.pleats * np.sin(9 * azimuth + garment.phase)
    ripple = ripple + _waves(garment) * np.sin(5 * azimuth + 2 * garment.phase)
    outwards = np.stack([np.sin(azimuth), np.zeros(len(azimuth)), np.cos(azimuth)], 1)
    mesh = surface(
        points + (ripple * down)[:, None] * outwards,
        canonical,
        asset.weights[part],
        faces,
        material=Material.SKIRT,
        label=Label.SKIRT,
        occlusion=asset.ao[part],
        extra=np.stack([0 * down, down], 1),
    )
    mesh = cut(mesh, fields.skirt(canonical, garment))
    return Garment(double_sided(mesh), _nothing())


def _jacket_surface(shell: Shell, garment: Jacket) -> np.ndarray:
    return layer(shell, offset=0.022, looseness=0.75, sleeve=0.655, hem=garment.hem)


def jacket(shell: Shell, garment: Jacket) -> Garment:
    """An open jacket; it hides the arms alone, for it is open."""
    points = _jacket_surface(shell, garment)
    mesh = from_tights(shell, points, Material.JACKET, Label.UPPER)
    mesh = cut(mesh, fields.jacket(shell.canonical, garment))
    x, y, _ = _body().T
    on_arms = (y > 0.33) & (np.abs(x) > 0.2)
    return Garment(double_sided(mesh), on_arms & (0.64 - np.abs(x) > _INSIDE))


def lapels(shell: Shell, garment: Jacket) -> Garment:
    """The lapels of a jacket, lying on it."""
    points = raised(shell, _jacket_surface(shell, garment), 0.006)
    mesh = from_tights(shell, points, Material.LAPEL, Label.UPPER)
    mesh = cut_by(mesh, *fields.lapels(garment))
    return Garment(double_sided(mesh), _nothing())


def outer_surface(shell: Shell, outfit: Outfit) -> np.ndarray:
    """The outermost cloth on the trunk, on which straps lie; [m, 3]."""
    if outfit.jacket is None:
        return _top_surface(shell, outfit)
    return _jacket_surface(shell, outfit.jacket)


def coat_tail(shell: Shell, garment: Jacket, over: Trousers | Skirt) -> Garment:
    """What makes a jacket a coat: the part from the waist to the thighs."""
    asset = figure.asset()
    part = asset.skirt_range
    faces, canonical = asset.skirt - part.start, asset.v_template[part]
    points = shell.vertices[part]
    down = _way_down(canonical)
    width, distance = np.full(len(down), 1.17), np.full(len(down), 0.022)
    if isinstance(over, Skirt):
        width = np.maximum(width, 1.08 + over.flare * down)
        distance = distance + (1.3 * over.pleats + _waves(over)) * down
    points = widened(points, width, points[:, 2].mean())
    points = points + distance[:, None] * figure.vertex_normals(points, faces)
    mesh = surface(
        points,
        canonical,
        asset.weights[part],
        faces,
        material=Material.JACKET,
        label=Label.UPPER,
        occlusion=asset.ao[part],
    )
    mesh = cut(mesh, fields.coat_tail(canonical, garment))
    return Garment(double_sided(mesh), _nothing())


def legwear(shell: Shell, skirt_cut: float) -> Garment:
    """Tights under a skirt, counted as legs."""
    mesh = from_tights(
        shell, raised(shell, shell.skin, 0.003), Material.SOCK, Label.LEFT_LEG
    )
    mesh = cut(mesh, fields.legwear(shell.canonical, skirt_cut))
    return Garment(_as_legs(mesh), _body()[:, 1] < -0.05 - _INSIDE)


def socks(shell: Shell, shoe: str) -> Garment:
    """Socks, counted as legs."""
    mesh = from_tights(
        shell, raised(shell, shell.skin, 0.004), Material.SOCK, Label.LEFT_LEG
    )
    mesh = cut(mesh, fields.socks(shell.canonical, shoe))
    return Garment(_as_legs(mesh), _body()[:, 1] < -0.70 - _INSIDE)


def shoes(shell: Shell, garment: Shoes) -> Garment:
    """Shoes, counted as legs; the sole is flat and the toes a little longer."""
    y, z = shell.canonical[:, 1], shell.canonical[:, 2]
    smooth = 0.3 * smoothstep((-0.83 - y) / 0.03)
    points = raised(shell, lerp(shell.skin, shell.middle, smooth[:, None]), 0.009)
    sole = smoothstep((-0.882 - y) / 0.012)
    toes = smoothstep((z - 0.12) / 0.05)
    points = points + np.stack([0 * y, -0.016 * sole, 0.012 * toes], 1)
    mesh = from_tights(shell, points, Material.SHOE, Label.LEFT_LEG)
    mesh = cut(mesh, fields.shoes(shell.canonical, garment.kind))
    body = _body()
    hidden = fields.shoes(body, garment.kind) > _INSIDE_SHOES
    return Garment(double_sided(_as_legs(mesh)), hidden | (body[:, 1] < -0.885))


def _as_legs(mesh: Mesh) -> Mesh:
    return with_label(mesh, side(mesh, Label.LEFT_LEG, Label.RIGHT_LEG))
