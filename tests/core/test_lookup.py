import sys

import pytest

from jaxgen.core import lookup


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with two public modules, a folder and a private module."""
    folder = tmp_path / "looked_up"
    (folder / "folder").mkdir(parents=True)
    files = ("__init__", "second", "first", "_private", "folder/__init__")
    for name in files:
        (folder / f"{name}.py").write_text(f"NAME = {name!r}\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "looked_up"
    for name in [name for name in sys.modules if name.startswith("looked_up")]:
        del sys.modules[name]


def test_names_are_public_and_sorted(package):
    assert lookup.names(package) == ["first", "folder", "second"]


def test_a_module_is_imported_by_name(package):
    assert lookup.module(package, "second", "thing").NAME == "second"


def test_an_unknown_module_is_told_with_those_there_are(package):
    with pytest.raises(KeyError) as error:
        lookup.module(package, "secont", "thing")
    assert error.value.args[0] == (
        "looked_up: unknown thing 'secont' (did you mean 'second'?); "
        "there is first, folder, second."
    )


def test_a_private_module_is_not_found_and_nothing_is_imported(package):
    with pytest.raises(KeyError, match="unknown thing '_private'"):
        lookup.module(package, "_private", "thing")
    assert "looked_up._private" not in sys.modules
