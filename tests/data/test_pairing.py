import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxgen.data import pairing
from jaxgen.data.source import open_source


@given(st.lists(st.integers(-1, 4), max_size=12))
def test_ordered_pairs_are_all_pairs_of_each_group(groups):
    pairs = pairing.OrderedPairs(np.array(groups, int))
    want = {
        (i, j)
        for i, a in enumerate(groups)
        for j, b in enumerate(groups)
        if i != j and a == b >= 0
    }
    got = [pairs[i] for i in range(len(pairs))]
    assert len(got) == len(want) and set(got) == want


@pytest.fixture
def source(data):
    return open_source(data, "train")


def test_identity_pairs_show_one_person(source):
    pairs = pairing.pair("identity", source)
    assert len(pairs.samples) == 3 * 4 * 3 and pairs.roles == ("source", "target")
    for i in range(len(pairs.samples)):
        first, second = pairs.samples[i]
        assert first != second and source.person[first] == source.person[second]


def test_clip_pairs_show_one_clip_and_no_stills(source):
    clips = np.full(12, -1)
    clips[[1, 4]] = 7
    pairs = pairing.pair("clip", dataclasses.replace(source, clip=clips))
    assert [pairs.samples[i] for i in range(2)] == [(1, 4), (4, 1)]
    assert len(pairs.samples) == 2


def test_none_gives_single_records(source):
    singles = pairing.pair("none", source)
    assert singles.roles == () and singles.samples[5] == (5,)
    assert len(singles.samples) == 12


def test_csv_gives_the_rows_of_the_list(source):
    pairs = pairing.pair("csv", source)
    np.testing.assert_array_equal(pairs.samples[3], source.pairs[3])


@pytest.mark.parametrize("name", ["identity", "csv", "clip"])
def test_a_source_without_the_knowledge_is_a_sentence(source, name):
    bare = dataclasses.replace(source, identity=None, clip=None, pairs=None)
    with pytest.raises(ValueError, match=f"pairing '{name}' needs"):
        pairing.pair(name, bare)


def test_strangers_need_pairs_and_two_people(source):
    alone = dataclasses.replace(source, person=np.zeros(12, int))
    with pytest.raises(ValueError, match="of 1 people"):
        pairing.with_strangers(pairing.pair("identity", alone), alone)
    with pytest.raises(ValueError, match="samples of 1 record"):
        pairing.with_strangers(pairing.pair("none", source), source)
