"""Bodies of all three kinds of files give the same arrays; nothing in them runs."""

import pathlib
import pickle
import sys
import types

import numpy as np
import pytest
import scipy.sparse

from jaxgen.core.skeleton import SMPL_PARENTS
from jaxgen.people import figure
from jaxgen.weights.smpl import read_body

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "smpl" / "model.pkl"
SHAPES = {
    "v_template": (8, 3),
    "shapedirs": (8, 3, 10),
    "posedirs": (8, 3, 207),
    "J_regressor": (24, 8),
    "weights": (8, 24),
    "f": (2, 3),
    "cocoplus_regressor": (19, 8),
}


def model(betas=10):
    """A file's values, all dense and in float64."""
    rng = np.random.default_rng(0)
    parents = np.array(SMPL_PARENTS).astype(np.uint32)  # -1 becomes 4294967295.
    return {
        "v_template": rng.normal(size=(8, 3)),
        "shapedirs": rng.normal(size=(8, 3, betas)),
        "posedirs": rng.normal(size=(8, 3, 207)),
        "J_regressor": rng.dirichlet(np.ones(8), 24),
        "weights": rng.dirichlet(np.ones(24), 8),
        "f": np.array([[0, 1, 2], [5, 6, 7]], np.uint32),
        "kintree_table": np.stack([parents, np.arange(24, dtype=np.uint32)]),
        "cocoplus_regressor": rng.dirichlet(np.ones(8), 19),
    }


def sparse(values):
    return {
        name: scipy.sparse.csc_matrix(v) if "regressor" in name else v
        for name, v in values.items()
    }


@pytest.fixture
def chumpy(monkeypatch):
    """Classes with the names and the state of chumpy's, for as long as a test runs."""

    class Ch:
        def __init__(self, **state):
            self.__dict__.update(_itr=None, _dirty_vars={"x"}, _status="new", **state)

    def module(name, **classes):
        found = types.ModuleType(name)
        for kind, one in classes.items():
            one.__module__, one.__name__, one.__qualname__ = name, kind, kind
            setattr(found, kind, one)
        monkeypatch.setitem(sys.modules, name, found)
        return found

    select = type("Select", (Ch,), {})
    module("chumpy")
    module("chumpy.ch", Ch=Ch)
    module("chumpy.reordering", Select=select)
    return types.SimpleNamespace(Ch=Ch, Select=select)


def wrapped(chumpy, values):
    """As published: arrays in chumpy, the shape directions chosen from more."""
    more = np.concatenate([values["shapedirs"], np.ones((8, 3, 5))], axis=2)
    places = np.arange(more.size).reshape(more.shape)[..., :10]
    chosen = chumpy.Select(
        a=chumpy.Ch(x=more), idxs=places.ravel(), preferred_shape=places.shape
    )
    leaves = ("v_template", "posedirs", "weights")
    return {
        **sparse(values),
        **{name: chumpy.Ch(x=values[name]) for name in leaves},
        "shapedirs": chosen,
        "bs_style": "lbs",
        "J": chumpy.Ch(x=values["J_regressor"] @ values["v_template"]),
    }


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "body.pkl")


def dump(path, value, protocol=2):
    pathlib.Path(path).write_bytes(pickle.dumps(value, protocol))


def assert_is_the_model(body, values):
    assert {name: array.shape for name, array in body.items()} == SHAPES
    for name, array in body.items():
        assert array.dtype == (np.int32 if name == "f" else np.float32)
        np.testing.assert_array_equal(array, values[name].astype(array.dtype))


def test_an_archive_of_dense_arrays(path):
    np.savez(f"{path}.npz", **model())
    assert_is_the_model(read_body(f"{path}.npz"), model())


@pytest.mark.parametrize("protocol", range(6))
def test_a_clean_pickle(path, protocol):
    dump(path, sparse(model()), protocol)
    assert_is_the_model(read_body(path), model())


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_of_chumpy_needs_no_chumpy(path, chumpy, protocol, monkeypatch):
    dump(path, wrapped(chumpy, model()), protocol)
    for name in ("chumpy", "chumpy.ch", "chumpy.reordering"):
        monkeypatch.delitem(sys.modules, name)
    assert_is_the_model(read_body(path), model())


def test_a_pickle_of_python_2(path):
    """With text where Python 3 has bytes, and the old names of modules."""
    data = pickle.dumps(sparse(model()), 0)
    data = data.replace(b"numpy._core", b"numpy.core").replace(b"_csc", b"csc")
    data = data.replace(b"copyreg", b"copy_reg").replace(b"builtins", b"__builtin__")
    pathlib.Path(path).write_bytes(data)
    assert_is_the_model(read_body(path), model())


def test_the_golden_file_is_what_python_reads():
    with GOLDEN.open("rb") as file:
        want = pickle.load(file, encoding="latin1")
    body = read_body(str(GOLDEN))
    assert set(body) == set(SHAPES)
    for name, array in body.items():
        dense = want[name].toarray() if "regressor" in name else want[name]
        np.testing.assert_array_equal(array, dense.astype(array.dtype))


def test_later_files_lend_their_first_ten_betas(path):
    np.savez(f"{path}.npz", **model(betas=300))
    body = read_body(f"{path}.npz")
    want = model(betas=300)["shapedirs"][..., :10].astype(np.float32)
    np.testing.assert_array_equal(body["shapedirs"], want)


def test_keypoints_are_not_in_every_file(path):
    values = model()
    del values["cocoplus_regressor"]
    dump(path, values)
    assert set(read_body(path)) == set(SHAPES) - {"cocoplus_regressor"}


def test_the_figure_is_a_body(tmp_path):
    path = str(tmp_path / "figure.npz")
    np.savez(path, **figure.smpl_model())
    body = read_body(path)
    assert body["v_template"].shape == (6928, 3) and body["f"].shape == (13776, 3)


def without(name):
    values = model()
    del values[name]
    return values


def changed(name, change):
    values = model()
    values[name] = change(values[name])
    return values


def spoiled(values, index=(0, 0), by=np.nan):
    values[index] = by
    return values


BAD_TREE = changed("kintree_table", lambda table: spoiled(table, (0, 5), 1))


@pytest.mark.parametrize(
    "values, culprit",
    [
        ([], "no dictionary"),
        ({}, "it lacks J_regressor, f, kintree_table, posedirs"),
        (without("weights"), "is no SMPL body, it lacks weights"),
        (changed("weights", np.transpose), r"'weights' as float64\[24, 8\], expected"),
        (changed("weights", lambda w: w * 2), "rows do not sum to 1"),
        (changed("weights", lambda w: np.full_like(w, 3e38)), "do not sum to 1"),
        (
            changed("v_template", lambda v: v.view("i8") | (2047 << 52)),
            "expected floats",
        ),
        (
            changed("v_template", lambda v: (v.view("i8") | 2047 << 52).view("f8")),
            "not finite",
        ),
        (changed("weights", np.int64), r"'weights' as int64\[8, 24\], expected floats"),
        (changed("v_template", np.ravel), r"float64\[24\], expected floats \[8, 3\]"),
        (changed("v_template", lambda v: v[:7]), r"expected floats \[7, 3"),
        (changed("v_template", lambda v: v[:0]), r"float64\[0, 3\]"),
        (changed("v_template", spoiled), "not finite"),
        (changed("v_template", lambda v: v * 1e300), "not finite"),
        (changed("shapedirs", lambda s: s[..., :9]), r"expected floats \[8, 3, 10\]"),
        (changed("posedirs", lambda p: p[..., :206]), r"expected floats \[8, 3, 207\]"),
        (changed("J_regressor", lambda j: j[:23]), r"expected floats \[24, 8\]"),
        (changed("cocoplus_regressor", lambda c: c[:18]), r"floats \[19, 8\]"),
        (changed("f", lambda f: f + 1), "corners beyond its 8 vertices"),
        (changed("f", lambda f: np.int32(f) - 1), "corners beyond its 8 vertices"),
        (changed("f", np.float64), "expected whole numbers"),
        (changed("f", lambda f: f[:0]), r"uint32\[0, 3\]"),
        (
            changed("kintree_table", lambda k: k[:1]),
            r"expected whole numbers \[2, 24\]",
        ),
        (changed("kintree_table", lambda k: k[::-1]), "another tree than SMPL"),
        (BAD_TREE, "another tree than SMPL"),
        (changed("weights", lambda w: "many"), "'weights' that cannot be used"),
        (changed("weights", lambda w: [1.0]), "'weights' that cannot be used"),
    ],
)
def test_what_is_no_body_is_refused_in_one_sentence(path, values, culprit):
    dump(path, values)
    with pytest.raises(ValueError, match=culprit) as caught:
        read_body(path)
    assert str(caught.value).startswith(f"smpl: {path} ")


def test_missing_and_foreign_files_are_refused(path):
    with pytest.raises(FileNotFoundError, match="smpl: there is no file"):
        read_body(path)
    for data in (b"", b"hello there", b"PK\3\4 and no more"):
        pathlib.Path(path).write_bytes(data)
        with pytest.raises(ValueError, match=path):
            read_body(path)


class Trap:
    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return pathlib.Path.touch, (self.trace,)


def test_a_trap_in_a_body_does_not_close(path, tmp_path):
    trace = tmp_path / "ran"
    dump(path, {**model(), "J": Trap(trace)}, 4)
    with pytest.raises(ValueError, match="asks for 'pathlib.*Path.touch'|asks for '"):
        read_body(path)
    assert not trace.exists()
    pickle.loads(pathlib.Path(path).read_bytes())
    assert trace.exists()


@pytest.mark.parametrize("kind", ["pickle", "archive", "chumpy"])
def test_damaged_files_give_a_body_or_a_sentence(path, chumpy, kind):
    values = model()
    if kind == "archive":
        np.savez(open(path, "wb"), **values)
    else:
        dump(path, sparse(values) if kind == "pickle" else wrapped(chumpy, values))
    data = pathlib.Path(path).read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(150):
        damaged = bytearray(data)
        for _ in range(rng.integers(1, 4)):
            place = int(rng.integers(len(data)))
            if rng.random() < 0.5:  # Near the start or the end, where structure is.
                place = int(rng.integers(-600, 600)) % len(data)
            damaged[place] = rng.integers(256)
        pathlib.Path(path).write_bytes(damaged)
        try:
            read_body(path)
        except ValueError as error:
            assert path in str(error) and "\n" not in str(error)
