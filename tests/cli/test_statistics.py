import numpy as np
import pytest

from jaxgen.cli import statistics
from jaxgen.metrics.accumulate import Moments, Rows


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("JAXGEN_CACHE", str(tmp_path))
    return tmp_path / "statistics"


@pytest.mark.parametrize("gathers", [Moments, Rows])
def test_a_state_comes_back_as_it_was(gathers):
    rows = np.random.default_rng(0).normal(size=(5, 3))
    state = gathers.empty().update(rows)
    statistics.save("x", state)
    found = statistics.load("x", gathers)
    for name, array in state.arrays().items():
        np.testing.assert_array_equal(found.arrays()[name], array)


def test_what_was_never_saved_is_none():
    assert statistics.load("x", Moments) is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"no archive"])
def test_a_damaged_file_is_gathered_anew(cache, content):
    cache.mkdir()
    (cache / "x.npz").write_bytes(content)
    assert statistics.load("x", Moments) is None


def test_pickles_are_not_opened(cache):
    cache.mkdir()
    np.savez(cache / "x.npz", values=np.array([{}], object))
    assert statistics.load("x", Rows) is None


def test_nothing_half_written_is_left(cache):
    statistics.save("x", Rows.empty().update(np.zeros((2, 2))))
    assert [path.name for path in cache.iterdir()] == ["x.npz"]


def test_a_fingerprint_changes_with_every_fact():
    facts = {"stream": "a", "limit": 3}
    names = {
        statistics.fingerprint(f) for f in (facts, {**facts, "limit": 4}, dict(facts))
    }
    assert len(names) == 2
