import dataclasses
import hashlib
import os
import string

import pytest

from jaxgen.weights import alexnet, inception, lpips, registry, sphereface, vgg

TABLES = (alexnet, inception, lpips, sphereface, vgg)
NETWORKS = {
    name
    for module in TABLES
    for kind in module.FORMATS.values()
    for name in kind.tables
}
CONTENTS = b"weights"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(registry.FOLDER, str(tmp_path))
    return tmp_path


def put(folder, monkeypatch, sha256):
    """A file of CONTENTS where VGG-19 belongs, expected to have a checksum."""
    entry = dataclasses.replace(registry.FILES["vgg19"], sha256=sha256)
    monkeypatch.setitem(registry.FILES, "vgg19", entry)
    path = folder / entry.file
    path.write_bytes(CONTENTS)
    return path


@pytest.mark.parametrize("digits", [64, 8, 0])
def test_a_file_is_found_when_what_is_known_of_its_checksum_fits(
    folder, monkeypatch, digits
):
    path = put(folder, monkeypatch, hashlib.sha256(CONTENTS).hexdigest()[:digits])
    assert registry.find("vgg19") == str(path)


def test_another_file_under_the_name_is_refused(folder, monkeypatch):
    put(folder, monkeypatch, "0" * 8)
    with pytest.raises(
        ValueError, match=r"is not VGG-19.* expected 0{8}\.\.\..*it is at"
    ):
        registry.find("vgg19")


def test_a_missing_file_is_told_with_origin_place_and_licence(folder):
    with pytest.raises(FileNotFoundError) as error:
        registry.find("lpips_alex_v0.1")
    text = str(error.value)
    for part in (
        f"put channel weights of LPIPS 0.1 on alex into {folder}",
        "as lpips_v0.1_alex.pth",
        "https://github.com/richzhang/PerceptualSimilarity",
        "BSD-2-Clause",
    ):
        assert part in text


def test_without_a_folder_the_variable_is_named(monkeypatch):
    monkeypatch.delenv(registry.FOLDER, raising=False)
    with pytest.raises(FileNotFoundError, match="a folder that JAXGEN_WEIGHTS names"):
        registry.find("sphereface")


def test_an_archive_is_said_to_be_one(folder):
    with pytest.raises(FileNotFoundError, match="in the archive .*7z"):
        registry.find("sphereface")


def test_unknown_names_are_refused():
    with pytest.raises(KeyError, match="did you mean 'vgg19'"):
        registry.find("vgg-19")
    with pytest.raises(KeyError, match="unknown network"):
        registry.parts("resnet")


def test_every_network_with_a_table_has_its_files():
    assert {part for name in NETWORKS for part in registry.parts(name)} <= set(
        registry.FILES
    )
    assert registry.parts("lpips_vgg_v0.0") == ("vgg16", "lpips_vgg_v0.0")
    assert registry.parts("lpips_alex_v0.1") == ("alexnet", "lpips_alex_v0.1")
    assert registry.parts("inception_tf") == ("inception_tf",)


@pytest.mark.parametrize("name", registry.FILES)
def test_entries_are_complete(name):
    entry = registry.FILES[name]
    assert entry.about and entry.licence
    assert entry.origin.startswith("https://")
    assert set(entry.sha256) <= set(string.hexdigits.lower())


@pytest.mark.parametrize("name", registry.FILES)
def test_checksums_begin_as_the_publishers_names_do(name):
    entry = registry.FILES[name]
    stem = entry.file.partition(".")[0].rpartition("-")[2]
    if len(stem) == 8 and set(stem) <= set(string.hexdigits):
        assert entry.sha256.startswith(stem)


def test_files_have_names_of_their_own():
    files = [entry.file for entry in registry.FILES.values()]
    assert len(set(files)) == len(files)


def test_sums_are_of_what_a_file_holds_now_and_read_once(tmp_path, monkeypatch):
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    (tmp_path / "y.index").write_bytes(b"abc")
    assert registry.sha256(str(path)) == hashlib.sha256(b"abc").hexdigest()
    assert registry.sha256(str(tmp_path / "y")) == registry.sha256(str(path))
    path.write_bytes(b"xyz")
    os.utime(path, (1, 1))
    want = hashlib.sha256(b"xyz").hexdigest()
    assert registry.sha256(str(path)) == want
    monkeypatch.setattr(hashlib, "file_digest", None)
    assert registry.sha256(str(path)) == want
