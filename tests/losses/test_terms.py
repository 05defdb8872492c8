import jax
import jax.numpy as jnp
import pytest

from jaxgen.losses.terms import weighted

TERMS = {"l1": jnp.float32(2.0), "adversarial": jnp.float32(3.0)}


def test_terms_are_added_with_their_weights():
    assert weighted(TERMS, {"adversarial": 1.0, "l1": 10.0}) == 23.0


def test_the_order_of_names_does_not_change_a_bit(key):
    names = [f"term{i}" for i in range(20)]
    terms = dict(zip(names, jax.random.normal(key, (20,)), strict=True))
    weights = dict.fromkeys(names, 0.3)
    backwards = dict(reversed(terms.items()))
    assert weighted(terms, weights) == weighted(backwards, weights)


@pytest.mark.parametrize(
    "weights", [{"l1": 1.0}, {"l1": 1.0, "adversarial": 1.0, "x": 1.0}]
)
def test_a_missing_or_a_surplus_weight_is_refused(weights):
    with pytest.raises(KeyError, match="losses.weighted: weights: (missing|unknown)"):
        weighted(TERMS, weights)
