"""Shares are probabilities; colours offered keep away from the skin."""

import numpy as np
import pytest

from jaxgen.people import palettes


def test_colours_reads_hexadecimal_words():
    np.testing.assert_allclose(
        palettes.colours("ff0000 003300"), [[1, 0, 0], [0, 0.2, 0]]
    )


@pytest.mark.parametrize("race", range(3))
@pytest.mark.parametrize("age", [0.5, 0.7, 1.0])
def test_shares_are_probabilities(race, age):
    for shares in (palettes.skin_shares(race), palettes.hair_shares(race, age)):
        assert shares.shape == (10,)
        assert shares.min() >= 0
        assert shares.sum() == pytest.approx(1)


def test_the_old_are_mostly_grey():
    for race in range(3):
        assert palettes.hair_shares(race, 0.5)[-2:].sum() < 0.06
        assert palettes.hair_shares(race, 0.9)[-2:].sum() > 0.6


def test_far_from_leaves_no_colour_near_the_skin():
    for skin in palettes.SKIN:
        offered = palettes.far_from(palettes.CLOTH, skin)
        assert len(offered) >= 15
        assert np.abs(offered - skin).sum(1).min() > 0.30
