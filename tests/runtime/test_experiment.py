import pytest
from ml_collections import ConfigDict

from jaxgen.runtime import experiment


def test_a_config_comes_back_equal_with_tuples(tmp_path):
    config = ConfigDict(dict(a=(1, 2), b=dict(c=("x", (3, 4)), d=1.5, e=True)))
    experiment.write_config(str(tmp_path / "w"), config)
    assert experiment.read_config(str(tmp_path / "w")) == config
    assert not list((tmp_path / "w").glob(".*.tmp"))


def test_the_hash_names_the_config(tmp_path):
    a, b = ConfigDict(dict(x=1, y=2)), ConfigDict(dict(y=2, x=1))
    assert experiment.config_hash(a) == experiment.config_hash(b)
    b.x = 3
    assert experiment.config_hash(a) != experiment.config_hash(b)


def test_a_folder_that_is_no_workdir_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="not a workdir"):
        experiment.read_config(str(tmp_path))


def test_a_damaged_config_says_so(tmp_path):
    (tmp_path / "config.json").write_text('{"a": ')
    with pytest.raises(ValueError, match="damaged"):
        experiment.read_config(str(tmp_path))


def whole(**changes):
    base = dict(steps=4, system="pg2", model=dict(width=8), save_every=2)
    config = base | dict(data=dict(source="synthetic", folder="", workers=0)) | changes
    return ConfigDict(config)


def test_a_run_may_go_on_longer_elsewhere_and_with_other_intervals(tmp_path):
    experiment.require_same_run(str(tmp_path), whole())
    experiment.write_config(str(tmp_path), whole())
    moved = dict(source="synthetic", folder="/other", workers=2)
    experiment.require_same_run(str(tmp_path), whole(steps=9, save_every=7, data=moved))


def test_a_run_may_not_become_another_experiment(tmp_path):
    experiment.write_config(str(tmp_path), whole())
    with pytest.raises(ValueError, match="model.width was 8 and is now 16"):
        experiment.require_same_run(str(tmp_path), whole(model=dict(width=16)))
    other = dict(source="market1501", folder="", workers=0)
    with pytest.raises(ValueError, match="data.source was 'synthetic'"):
        experiment.require_same_run(str(tmp_path), whole(data=other))


def test_a_workdir_in_use_is_refused(tmp_path):
    with experiment.locked(str(tmp_path)):
        with pytest.raises(FileExistsError, match="another run"):
            with experiment.locked(str(tmp_path)):
                pass
    with experiment.locked(str(tmp_path)):
        pass


def test_a_process_that_does_not_see_the_first_ones_mark_is_refused(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr(
        "jaxgen.runtime.processes.said_by_first", lambda name, text: "of another disk"
    )
    with pytest.raises(FileNotFoundError, match="one folder that they share"):
        with experiment.locked(str(tmp_path)):
            pass


def test_buckets_know_no_locks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with experiment.locked("gs://bucket/run"), experiment.locked("gs://bucket/run"):
        pass
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["[" * 100_000, "7", "[1]"])
def test_a_config_that_holds_no_keys_says_so(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ValueError, match="damaged"):
        experiment.read_config(str(tmp_path))


def test_a_config_of_no_run_is_no_workdir(tmp_path):
    (tmp_path / "config.json").write_text('{"system": "pg2"}')
    with pytest.raises(ValueError, match="lacks batch_size, best, data"):
        experiment.open_workdir(str(tmp_path))
