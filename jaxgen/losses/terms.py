"""Several named terms as one loss."""

from collections.abc import Mapping
from functools import reduce
from operator import add

from jaxgen.core import checks
from jaxgen.core.arrays import Scalar


def weighted(terms: Mapping[str, Scalar], weights: Mapping[str, float]) -> Scalar:
    """The sum of every term times its weight.

    Raises:
        KeyError: when terms and weights differ in names.
    """
    checks.require_same_names("losses.weighted", "weights", terms, weights)
    return reduce(add, (terms[name] * weights[name] for name in sorted(terms)))
