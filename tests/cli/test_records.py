import json

import numpy as np
import pytest

from jaxgen.cli import records
from jaxgen.metrics.definitions import Number


def test_numbers_that_are_not_finite_are_text_in_json():
    found = records.record(
        float("inf"), {"name": "psnr"}, std=float("nan"), pair=(1, 2)
    )
    assert json.loads(json.dumps(found, allow_nan=False))["value"] == "inf"
    assert found["std"] == "nan" and found["pair"] == [1, 2]
    assert records.number_of(found) == float("inf")


def test_what_has_no_number_is_named():
    values = np.array([1.0, np.nan, 3.0])
    found = records.spread(values, ["a", "b", "c"])
    assert found["undefined"] == ["b"] and found["mean_of_defined"] == 2.0


def test_random_weights_are_in_the_definition():
    assert records.untrained([{"sha256": "0" * 64}]) == {}
    assert "random" in records.untrained([{"sha256": "random"}])["weights"]


@pytest.mark.parametrize(
    "change",
    [
        dict(size="8x8"),
        dict(count=12),
        dict(real="pictures of here"),
        dict(departure="none; files are JPEG of quality 95"),
    ],
)
def test_whatever_departs_from_the_protocol_changes_the_key(change):
    number = Number("fid", generated=50_000)
    definition = {"name": "fid", "real": "every image of the training split"}
    same = dict(size="16x8", count=50_000)
    keys = {
        records.record(0.0, records.defined(definition, number, **facts))["key"]
        for facts in (same, same, {**same, **change})
    }
    assert len(keys) == 2
