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


def test_a_workdir_in_use_is_refused(tmp_path):
    with experiment.locked(str(tmp_path)):
        with pytest.raises(FileExistsError, match="another run"):
            with experiment.locked(str(tmp_path)):
                pass
    with experiment.locked(str(tmp_path)):
        pass
