import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.losses import adversarial

LOGITS = jnp.array([[-3.0, 0.0], [0.5, 2.0]])
BOTH = (adversarial.cross_entropy, adversarial.least_squares)


def test_cross_entropy_at_zero_logits_is_ln_2():
    for real in (True, False):
        loss = adversarial.cross_entropy(jnp.zeros((3, 2)), real=real)
        np.testing.assert_allclose(loss, np.log(2), rtol=1e-6)


@pytest.mark.parametrize("real", [True, False])
def test_cross_entropy_is_the_mean_of_minus_log_probability(real):
    probability = 1 / (1 + np.exp(-np.asarray(LOGITS, np.float64)))
    want = -np.log(probability if real else 1 - probability).mean()
    np.testing.assert_allclose(
        adversarial.cross_entropy(LOGITS, real=real), want, rtol=1e-6
    )


def test_cross_entropy_stays_finite_where_a_probability_would_be_zero():
    loss = adversarial.cross_entropy(jnp.array([-1e4, 1e4]), real=True)
    np.testing.assert_allclose(loss, 5e3)


@pytest.mark.parametrize("real", [True, False])
def test_least_squares_is_the_mean_squared_distance_to_the_label(real):
    want = ((np.asarray(LOGITS) - real) ** 2).mean()
    np.testing.assert_allclose(
        adversarial.least_squares(LOGITS, real=real), want, rtol=1e-6
    )


def test_least_squares_is_zero_at_the_label():
    assert adversarial.least_squares(jnp.ones(4), real=True) == 0
    assert adversarial.least_squares(jnp.zeros(4), real=False) == 0


@pytest.mark.parametrize("loss", BOTH)
def test_a_generator_is_pulled_towards_real(loss):
    slope = jax.grad(lambda logits: loss(logits, real=True))(jnp.zeros(3))
    assert (slope < 0).all()
