"""Dressing: a person and an outfit become one mesh at rest.

`draw_person` and `draw_outfit` are offered here as well, so that a caller needs this
module alone.
"""

import dataclasses

import numpy as np

from jaxgen.people import accessories, figure, garments, hair, hats
from jaxgen.people.clothes import Outfit, Skirt, Trousers
from jaxgen.people.mesh import Label, Material, Mesh, cut, join, select, surface
from jaxgen.people.outfits import draw_outfit
from jaxgen.people.persons import Person, draw_person
from jaxgen.people.shell import Shell, fit

__all__ = [
    "Dressed",
    "Outfit",
    "Person",
    "draw_outfit",
    "draw_person",
    "dress",
]

_LABEL_OF_PART = np.array(
    [
        *(Label.FACE, Label.FACE, Label.LEFT_LEG, Label.RIGHT_LEG),
        *(Label.LEFT_ARM, Label.RIGHT_ARM, Label.LEFT_LEG, Label.RIGHT_LEG),
        *(Label.LEFT_ARM, Label.RIGHT_ARM),
    ]
)
_UNDER_HAIR = {"top": 0.020, "jacket": 0.035}
_SHOES_WITH_SOCKS = ("sneaker", "leather", "boot")


@dataclasses.dataclass(frozen=True)
class Dressed:
    """A dressed person at rest.

    Attributes:
        mesh: everything that is drawn.
        vertices: [10322, 3] the figure's own vertices in this shape, metres.
        joints: [24, 3] joints at rest, metres.
    """

    mesh: Mesh
    vertices: np.ndarray
    joints: np.ndarray


def dress(person: Person, outfit: Outfit) -> Dressed:
    """Puts an outfit on a person.

    No skin pokes through: body triangles that lie well inside a garment are left out.
    """
    vertices = figure.shape(person.betas)
    shell = fit(vertices)
    worn = _garments(shell, outfit)
    hidden = np.any([garment.hides for garment in worn], axis=0)
    pieces = [garment.mesh for garment in worn]
    pieces.append(_body(vertices, hidden, outfit.bottom))
    over = _UNDER_HAIR["top" if outfit.jacket is None else "jacket"]
    pieces += hair.hair_mesh(person, vertices, outfit.hat, over=over)
    if outfit.hat is not None:
        pieces += hats.hat_mesh(outfit.hat, vertices)
    pieces += accessories.accessories(person, outfit, shell)
    return Dressed(join(pieces), vertices, shell.joints)


def _garments(shell: Shell, outfit: Outfit) -> list[garments.Garment]:
    top, bottom, jacket, shoe = outfit.top, outfit.bottom, outfit.jacket, outfit.shoes
    worn = [garments.top(shell, outfit), garments.shoes(shell, shoe)]
    if isinstance(bottom, Trousers):
        worn.append(garments.trousers(shell, bottom, worn_with=top, shoe=shoe.kind))
        if shoe.kind in _SHOES_WITH_SOCKS:
            worn.append(garments.socks(shell, shoe.kind))
    else:
        worn.append(garments.skirt(shell, bottom))
        if bottom.tights:
            worn.append(garments.legwear(shell, bottom.cut))
    if top.neck == "polo":
        worn.append(garments.collar(shell))
    if jacket is not None:
        worn.append(garments.jacket(shell, jacket))
        if jacket.lapels:
            worn.append(garments.lapels(shell, jacket))
        if jacket.long:
            worn.append(garments.coat_tail(shell, jacket, bottom))
    return worn


def _body(vertices: np.ndarray, hidden: np.ndarray, bottom: Trousers | Skirt) -> Mesh:
    """The skin and eyes that can be seen."""
    asset = figure.asset()
    body = asset.body
    canonical = asset.v_template[body]
    mesh = surface(
        vertices[body],
        canonical,
        asset.weights[body],
        asset.faces,
        material=np.where(
            asset.is_eye[asset.faces].all(1), Material.EYE, Material.SKIN
        ),
        label=_LABEL_OF_PART[asset.part],
        occlusion=asset.ao[body],
    )
    seen = np.flatnonzero(~np.all(hidden[asset.faces], axis=1))
    mesh = select(mesh, seen)
    if not isinstance(bottom, Skirt):
        return mesh
    y = mesh.canonical[:, 1]
    legs, trunk = bottom.cut + 0.004 - y, y - 0.125
    return cut(mesh, np.where(y > 0.14, 1.0, np.maximum(legs, trunk)))
