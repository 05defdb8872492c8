"""Each garment has its material and label, covers and hides what it should."""

import dataclasses

import numpy as np
import pytest

from jaxgen.people import figure, garments
from jaxgen.people.clothes import Skirt, Trousers
from jaxgen.people.mesh import Label, Material
from jaxgen.people.outfits import draw_outfit
from jaxgen.people.persons import draw_person
from jaxgen.people.shell import fit


@pytest.fixture(scope="module")
def shell():
    return fit(figure.shape(draw_person(0, 1).betas))


def _first(condition):
    outfits = (draw_outfit(0, person, 0) for person in range(200))
    return next(outfit for outfit in outfits if condition(outfit))


@pytest.fixture(scope="module")
def in_trousers():
    return _first(lambda outfit: isinstance(outfit.bottom, Trousers))


@pytest.fixture(scope="module")
def in_skirt():
    return _first(lambda outfit: isinstance(outfit.bottom, Skirt))


@pytest.fixture(scope="module")
def in_jacket():
    return _first(lambda outfit: outfit.jacket is not None)


def _trousers(shell, outfit) -> garments.Garment:
    return garments.trousers(
        shell, outfit.bottom, worn_with=outfit.top, shoe=outfit.shoes.kind
    )


def _made_of(garment: garments.Garment) -> tuple[set, set]:
    return set(garment.mesh.material), set(garment.mesh.label)


def test_materials_and_labels(shell, in_trousers, in_skirt, in_jacket):
    legs = {Label.LEFT_LEG, Label.RIGHT_LEG}
    jacket = in_jacket.jacket
    made = [
        (garments.top(shell, in_trousers), Material.TOP, {Label.UPPER}),
        (garments.collar(shell), Material.COLLAR, {Label.UPPER}),
        (_trousers(shell, in_trousers), Material.TROUSERS, {Label.TROUSERS}),
        (garments.skirt(shell, in_skirt.bottom), Material.SKIRT, {Label.SKIRT}),
        (garments.jacket(shell, jacket), Material.JACKET, {Label.UPPER}),
        (garments.lapels(shell, jacket), Material.LAPEL, {Label.UPPER}),
        (
            garments.coat_tail(shell, jacket, in_skirt.bottom),
            Material.JACKET,
            {Label.UPPER},
        ),
        (garments.legwear(shell, -0.3), Material.SOCK, legs),
        (garments.socks(shell, "sneaker"), Material.SOCK, legs),
        (garments.shoes(shell, in_trousers.shoes), Material.SHOE, legs),
    ]
    for garment, material, labels in made:
        assert _made_of(garment) == ({material}, labels)
        assert len(garment.mesh.faces) > 100


def test_a_hanging_top_lies_over_the_trousers(shell, in_trousers):
    outfit = dataclasses.replace(
        in_trousers, top=dataclasses.replace(in_trousers.top, tucked=False, hem=-0.05)
    )
    hem = _trousers(shell, outfit).mesh
    top = garments.top(shell, outfit).mesh
    highest = hem.canonical[np.unique(hem.faces), 1].max()
    assert highest == pytest.approx(-0.05 + 0.012)
    lowest = top.canonical[np.unique(top.faces), 1].min()
    assert lowest == pytest.approx(-0.05, abs=1e-6)


def test_flare_widens_the_legs_at_the_floor(shell, in_trousers):
    widths = []
    for flare in (0.02, 0.5):
        bottom = dataclasses.replace(in_trousers.bottom, cut=-0.80, flare=flare)
        outfit = dataclasses.replace(in_trousers, bottom=bottom)
        mesh = _trousers(shell, outfit).mesh
        cuff = (mesh.canonical[:, 1] < -0.7) & (mesh.canonical[:, 0] > 0)
        cuff &= mesh.canonical[:, 1] > -0.8
        widths.append(np.ptp(mesh.rest[cuff, 0]))
    assert widths[1] > 1.2 * widths[0]


def test_a_coat_hangs_outside_the_skirt_below_it(shell, in_skirt, in_jacket):
    wide = dataclasses.replace(in_skirt.bottom, flare=0.35, pleats=0.0, cut=-0.46)
    skirt = garments.skirt(shell, wide).mesh
    coat = garments.coat_tail(shell, in_jacket.jacket, wide).mesh
    for height in (-0.1, -0.25, -0.4):
        reach = [
            np.abs(mesh.rest[np.abs(mesh.canonical[:, 1] - height) < 0.02, 0]).max()
            for mesh in (skirt, coat)
        ]
        assert reach[1] > reach[0]


def test_what_hides_body_hides_only_what_is_inside(shell, in_trousers):
    body = figure.asset().v_template[figure.asset().body]
    hidden = body[_trousers(shell, in_trousers).hides]
    assert hidden[:, 1].max() < 0.105
    assert hidden[:, 1].min() > in_trousers.bottom.cut
    assert not garments.collar(shell).hides.any()


def test_soles_are_flat(shell, in_trousers):
    mesh = garments.shoes(shell, in_trousers.shoes).mesh
    bottom = mesh.canonical[:, 1] < -0.897
    assert np.ptp(mesh.rest[bottom, 1]) < 0.02
