import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxgen.runtime.optim import averaged, complete, move, optimizer


def test_adam_equals_optax():
    ours = optimizer(dict(name="adam", rate=1e-2, b1=0.5))
    theirs = optax.adam(1e-2, b1=0.5)
    a = b = {"w": jnp.array([1.0, -2.0])}
    mine, other = ours.direction.init(a), theirs.init(b)
    for step in range(5):
        gradient = {"w": a["w"] * (step + 1)}
        a, mine = move(ours, gradient, mine, a, step)
        updates, other = theirs.update(gradient, other, b)
        b = optax.apply_updates(b, updates)
    np.testing.assert_allclose(a["w"], b["w"], rtol=1e-6)


def test_the_rate_follows_the_global_step():
    curve = dict(name="cosine", begin=100, end=200, warmup=10, final=0.1)
    rate = optimizer(dict(rate=1.0, schedule=curve)).schedule
    assert rate(0) == rate(100) == pytest.approx(0.1)
    assert rate(109) == pytest.approx(1.0)
    assert rate(155) == pytest.approx(0.55, abs=1e-6)
    assert rate(200) == rate(900) == pytest.approx(0.1)


def test_constant_is_the_default():
    assert optimizer(dict(rate=3e-4)).schedule(12345) == pytest.approx(3e-4)


def test_lazy_networks_get_corrected_rates_and_betas():
    lazy = optimizer(dict(rate=1.0, b1=0.0, b2=0.99), every=16)
    assert lazy.schedule(0) == pytest.approx(16 / 17)


def test_clip_bounds_the_norm_of_a_networks_gradients():
    clipped = optimizer(dict(name="sgd", rate=1.0, clip=1.0))
    params = {"a": jnp.zeros(1), "b": jnp.zeros(1)}
    state = clipped.direction.init(params)
    moved, _ = move(
        clipped, {"a": jnp.ones(1) * 30, "b": jnp.ones(1) * 40}, state, params, 0
    )
    assert float(moved["a"][0]) == pytest.approx(-0.6)
    assert float(moved["b"][0]) == pytest.approx(-0.8)


def test_an_entry_is_completed_with_defaults():
    entry = complete(dict(rate=1.0, schedule=dict(name="linear")))
    assert entry["rate"] == 1.0 and entry["b1"] == 0.9
    assert entry["schedule"]["name"] == "linear" and entry["schedule"]["warmup"] == 0
    assert complete(entry) == entry


def test_unknown_options_are_refused_with_the_nearest():
    with pytest.raises(KeyError, match="'rate'"):
        optimizer(dict(rat=1.0))
    with pytest.raises(KeyError, match="'cosine'"):
        optimizer(dict(schedule=dict(name="cosin")))


def test_the_average_ramps_with_the_images_seen():
    one, zero = {"w": jnp.ones(())}, {"w": jnp.zeros(())}
    early = averaged(zero, one, jnp.float32(8), 8, 1e4)["w"]
    late = averaged(zero, one, jnp.float32(1e9), 8, 1e4)["w"]
    assert early > 0.99
    assert late == pytest.approx(1 - 0.5 ** (8 / 1e4), rel=1e-3)


@pytest.mark.parametrize(
    "options",
    [dict(rate=-1.0), dict(b1=2.0), dict(b2=1.0), dict(clip=None)]
    + [dict(eps=float("nan")), dict(rate="1e-3")],
)
def test_numbers_that_no_optimiser_has_are_refused(options):
    with pytest.raises(ValueError, match=f"x: {next(iter(options))} should be a num"):
        optimizer(options, who="x")
