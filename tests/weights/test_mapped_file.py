import numpy as np
import pytest

from jaxgen.weights.mapped_file import mapped


def test_the_bytes_of_a_file_are_there_and_cannot_be_changed(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    data = mapped(str(tmp_path / "a"), who="tests")
    assert bytes(data) == b"abc" and data.readonly
    assert not np.frombuffer(data, "u1").flags.writeable


def test_missing_and_empty_files_are_named(tmp_path):
    (tmp_path / "empty").touch()
    with pytest.raises(ValueError, match="tests: .*empty is empty"):
        mapped(str(tmp_path / "empty"), who="tests")
    for missing in (tmp_path / "none", tmp_path):
        with pytest.raises(FileNotFoundError, match="tests: there is no file"):
            mapped(str(missing), who="tests")
