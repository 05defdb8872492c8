import dataclasses
import pickle

import pytest

from jaxgen.data.source import open_source


def test_a_source_pickles_before_and_after_reading(data):
    source = open_source(data, "train")
    source.records[0]
    copy = pickle.loads(pickle.dumps(source.records))
    assert copy[3]["name"] == source.records[3]["name"]


def test_train_and_test_people_are_different(data):
    train, test = open_source(data, "train"), open_source(data, "test")
    assert not set(train.person) & set(test.person)
    assert len(train.records) == 12 and len(test.records) == 8


def test_index_and_records_are_in_one_order(data):
    source = open_source(data, "train")
    for i, name in enumerate(source.names):
        record = source.records[i]
        assert record["name"].decode() == name
        assert record["person"] == source.person[i]


def test_a_missing_source_name_is_a_sentence():
    with pytest.raises(KeyError, match="config.data.source is missing"):
        open_source({}, "train")


def test_points_without_pictures_have_no_size(data):
    source = open_source(data, "train")
    bare = dataclasses.replace(source, size=None, features={})
    with pytest.raises(ValueError, match="offers no 'image'"):
        bare.size_of(source.records[0])
