"""Files of the very first versions of PyTorch."""

import pathlib
import pickle

import numpy as np
import pytest

from jaxgen.weights.torch_tar import read
from tests.reference.torch_old import plain, reference, tar
from tests.reference.torch_zip import named

FLOATS = np.arange(6, dtype=np.float32)
WHOLE = {7: (1, (2, 3), (3, 1), 0)}
PROGRAM = b"}" + plain("w") + reference(7) + b"s"


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "net.pth")


def written(path, *arguments, **options):
    data = tar(*arguments, **options)
    pathlib.Path(path).write_bytes(data)
    return path


def test_tensors_and_views_of_storages_are_found(path):
    tensors = {**WHOLE, 8: (2, (2, 2), (1, 2), 0), 9: (3, (), (), 0)}
    value = b"}(" + b"".join(plain(k) + reference(k) for k in tensors) + b"u"
    value = b"}" + plain("net") + value.replace(plain(7), plain("a")) + b"s"
    for key, name in ((8, "b"), (9, "c")):
        value = value.replace(plain(key), plain(name))
    arrays = {1: FLOATS, 3: np.array([9])}
    found = read(written(path, value, arrays, views=[(2, 1, 1, 4)], tensors=tensors))
    assert found.container == "net" and found.kind == "PyTorch file (0.1)"
    np.testing.assert_array_equal(found.arrays["a"], FLOATS.reshape(2, 3))
    np.testing.assert_array_equal(found.arrays["b"], FLOATS[1:5].reshape(2, 2).T)
    assert found.arrays["c"].shape == () and found.arrays["c"].dtype == np.int64
    assert np.shares_memory(found.arrays["a"], found.arrays["b"])


def test_torch_reads_what_the_tests_write(path):
    torch = pytest.importorskip("torch")
    written(path, PROGRAM, {1: FLOATS}, tensors=WHOLE)
    theirs = torch.load(path, weights_only=False)["w"].numpy()
    np.testing.assert_array_equal(theirs, read(path).arrays["w"])


@pytest.mark.parametrize(
    "tensors, views, culprit",
    [
        ({7: (2, (1,), (1,), 0)}, (), "without a storage"),
        ({7: (1, (7,), (1,), 0)}, (), "beyond its storage"),
        ({7: (1, (-1,), (1,), 0)}, (), "do not fit"),
        ({7: (1, (1,), (1,), -1)}, (), "offset is -1"),
        ({7: (1, (1,) * 33, (1,) * 33, 0)}, (), "number of axes"),
        ({7: (1, (10**12,), (0,), 0)}, (), "many times the bytes"),
        (WHOLE, [(2, 5, 0, 1)], "view of no storage"),
        (WHOLE, [(2, 1, 5, 2)], "beyond its storage"),
        (WHOLE, [(2, 1, -1, 2)], "view of no storage"),
        (WHOLE, [(2, 1)], "four parts"),
        (WHOLE, [(2, 1, 0.0, 1)], "no whole number"),
        ({8: WHOLE[7]}, (), "that of no tensor"),
    ],
)
def test_odd_tensors_are_refused(path, tensors, views, culprit):
    written(path, PROGRAM, {1: FLOATS}, tensors=tensors, views=views)
    with pytest.raises(ValueError) as caught:
        read(path)
    assert culprit in str(caught.value) and path in str(caught.value)


@pytest.mark.parametrize("count", [-1, 10**6, "x"])
def test_an_absurd_number_of_storages_is_refused(path, count):
    storages = pickle.dumps(count, 2)
    written(path, PROGRAM, {}, storages=storages, tensors=WHOLE)
    with pytest.raises(ValueError, match="no plausible number"):
        read(path)


def test_other_archives_and_damage_are_refused(path):
    data = tar(PROGRAM, {1: FLOATS}, tensors=WHOLE)
    for changed, culprit in (
        (data.replace(b"tensors", b"sensors"), "has no 'tensors'"),
        (data[:257] + b"xxxxx" + data[262:], "list of members is damaged"),
        (data[:124] + b"99999999999" + data[135:], "no known size"),
        (data[:124] + b"77777777777" + data[135:], "ends early"),
    ):
        pathlib.Path(path).write_bytes(changed)
        with pytest.raises(ValueError, match=culprit):
            read(path)


def test_a_file_that_was_cut_off_is_refused(path):
    data = tar(PROGRAM, {1: FLOATS}, tensors=WHOLE)
    for kept in range(512, 2570, 61):
        pathlib.Path(path).write_bytes(data[:kept])
        with pytest.raises(ValueError, match="net.pth "):
            read(path)


@pytest.mark.parametrize("place", ["storages", "tensors", "pickle"])
def test_foreign_functions_are_refused_wherever_they_are(path, place, tmp_path):
    trace = tmp_path / "ran"
    call = b"\x80\x02" + named("os.system") + plain((f"touch {trace}",)) + b"R."
    data = tar(PROGRAM, {1: FLOATS}, tensors=WHOLE, extra={place: call})
    pathlib.Path(path).write_bytes(data)
    with pytest.raises(ValueError, match="asks for 'os.system'"):
        read(path)
    assert not trace.exists()
