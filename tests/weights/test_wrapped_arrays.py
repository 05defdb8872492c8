"""SciPy's matrices and chumpy's arrays against what they mean."""

import pickle

import numpy as np
import pytest
import scipy.sparse

from jaxgen.weights import pickles
from jaxgen.weights.pickle_names import NUMPY, PYTHON, PickledArray, Stub
from jaxgen.weights.wrapped_arrays import NAMES, unwrapped

RNG = np.random.default_rng(0)
LEAF = "chumpy.ch.Ch"
SELECT = "chumpy.reordering.Select"
RESHAPE = "chumpy.reordering.Reshape"


def stub(name, **state):
    found = Stub(name)
    arrays = (np.ndarray, list)
    found.build({k: array(v) if isinstance(v, arrays) else v for k, v in state.items()})
    return found


def array(values):
    return PickledArray(np.asarray(values))


@pytest.mark.parametrize("kind", ["csc_matrix", "csr_matrix", "csc_array", "csr_array"])
@pytest.mark.parametrize("protocol", range(6))
def test_sparse_matrices_become_what_scipy_makes_of_them(kind, protocol):
    for shape in ((3, 5), (4, 4), (5, 1)):
        dense = np.where(RNG.random(shape) < 0.5, RNG.normal(size=shape), 0)
        data = pickle.dumps(getattr(scipy.sparse, kind)(dense), protocol)
        value = pickles.load(data, PYTHON | NUMPY | NAMES, file="a.pkl")
        np.testing.assert_array_equal(unwrapped(value), dense)


def matrix(kind="csc_matrix", **changed):
    """[2, 3]: three columns of 1, 0 and 2 numbers."""
    parts = dict(_shape=(2, 3), data=[1.0, 2.0, 3.0], indices=[1, 0, 1])
    parts = {**parts, "indptr": [0, 1, 1, 3], **changed}
    name = f"scipy.sparse.csc.{kind}"
    return stub(name, **{k: v for k, v in parts.items() if v is not None})


def test_numbers_at_the_same_place_add_up():
    found = unwrapped(matrix(indices=[1, 0, 0]))
    np.testing.assert_array_equal(found, [[0, 0, 5], [1, 0, 0]])


@pytest.mark.parametrize(
    "changed, culprit",
    [
        (dict(_shape=None), "without '_shape'"),
        (dict(_shape=[2, 3]), "no tuple"),
        (dict(_shape=(2, 3, 4)), "shape"),
        (dict(_shape=(-2, -3)), "shape"),
        (dict(_shape=(10**9, 3)), "shape"),
        (dict(_shape=(2, 4)), "5 whole numbers"),
        (dict(data=None), "without 'data'"),
        (dict(data=[[1.0, 2.0, 3.0]]), "'data' is no list"),
        (dict(data=(1, 2)), "'data' is no list"),
        (dict(data=[1.0, 2.0]), "do not rise"),
        (dict(indices=[0, 1]), "3 numbers at 2 places"),
        (dict(indices=[0, 1, 2]), "no places among 2"),
        (dict(indices=[0, -1, 1]), "no places among 2"),
        (dict(indices=[0.0, 1.0, 1.0]), "no places among 2"),
        (dict(indptr=[0, 2, 1, 3]), "do not rise"),
        (dict(indptr=[1, 1, 1, 3]), "do not rise"),
        (dict(indptr=[0, 1, 1, 4]), "do not rise"),
        (dict(indptr=[0.0, 1.0, 1.0, 3.0]), "whole numbers"),
        (dict(indptr=[0, 3]), "whole numbers"),
    ],
)
def test_parts_of_a_sparse_matrix_that_do_not_fit_are_refused(changed, culprit):
    unwrapped(matrix())
    with pytest.raises(ValueError, match=culprit):
        unwrapped(matrix(**changed))


def test_chumpy_arrays_are_what_is_in_them():
    values = RNG.normal(size=(3, 4))
    leaf = stub(LEAF, x=values)
    np.testing.assert_array_equal(unwrapped(leaf), values)
    chosen = stub(SELECT, a=leaf, idxs=[0, 1, 4, 5], preferred_shape=(2, 2))
    np.testing.assert_array_equal(unwrapped(chosen), values[:2, :2])
    flat = stub(SELECT, a=leaf, idxs=[11, 0])
    np.testing.assert_array_equal(unwrapped(flat), values.ravel()[[11, 0]])
    turned = stub(RESHAPE, a=chosen, newshape=(4, 1))
    np.testing.assert_array_equal(unwrapped(turned), values[:2, :2].reshape(4, 1))


@pytest.mark.parametrize(
    "value, culprit",
    [
        (None, "no array"),
        ([1.0], "no array"),
        (stub("argparse.Namespace", x=[1.0]), "without 'a'|no array"),
        (stub(LEAF), "without 'x'"),
        (stub(LEAF, x=1.0), "no array"),
        (stub(LEAF, x=PickledArray()), "never filled"),
        (stub(SELECT, idxs=[0]), "without 'a'"),
        (stub(SELECT, a=[1.0]), "without 'idxs'"),
        (stub(SELECT, a=[1.0], idxs=[1]), "no places among 1"),
        (stub(SELECT, a=[1.0], idxs=[0.0]), "no places among 1"),
        (stub(SELECT, a=[1.0], idxs=[0], preferred_shape=(2,)), "does not fit"),
        (stub(SELECT, a=[1.0], idxs=[0], preferred_shape=[1]), "does not fit"),
        (stub(RESHAPE, a=[1.0]), "without 'newshape'"),
        (stub(RESHAPE, a=[1.0], newshape=(2**62, 4)), "does not fit"),
    ],
)
def test_what_means_no_array_is_refused(value, culprit):
    with pytest.raises(ValueError, match=culprit):
        unwrapped(value)


def test_a_chain_without_end_is_given_up():
    around = Stub(LEAF)
    around.build({"x": around})
    with pytest.raises(ValueError, match="no array"):
        unwrapped(around)
