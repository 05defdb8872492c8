import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ml_collections import ConfigDict

from jaxgen.runtime import mesh as meshes
from jaxgen.runtime.optim import optimizer
from jaxgen.runtime.state import create
from jaxgen.runtime.step import make_step
from tests.toy import Toy


def config(**options):
    base = dict(seed=0, ema={}, microbatches=1, mesh=dict(rules=()))
    return ConfigDict(base | options)


def begin(system=None, devices=1, **options):
    system = system or Toy()
    mesh = meshes.make_mesh(devices=jax.devices()[:devices])
    optimizers = {
        n: optimizer(dict(name="sgd", rate=0.1)) for n in ("generator", "judge")
    }
    start = create(system, optimizers, mesh, config(**options), {})
    step = make_step(
        system, optimizers, start.shardings, meshes.replicated(mesh), config(**options)
    )
    return system, mesh, start, step


def batch(mesh, seed=0, size=8):
    x = np.random.default_rng(seed).normal(size=(size, 2)).astype(np.float32)
    return meshes.put({"x": x}, mesh)


def run(steps, **options):
    system, mesh, start, step = begin(**options)
    state, key, losses = start.state, meshes.mesh_key(0, mesh), []
    with jax.set_mesh(mesh):
        for i in range(steps):
            state, terms = step(
                state, start.frozen, batch(mesh, i), key, plan=system.plan(i)
            )
            losses.append({name: float(value) for name, value in terms.items()})
    return jax.device_get(state), losses, step


def test_each_plan_compiles_once():
    _, _, step = run(6)
    assert step._cache_size() == 2


def test_terms_carry_the_name_of_their_phase_and_the_rate_used():
    _, losses, _ = run(2)
    first = {"generate/l2", "generate/gradient/generator", "rate/generator"}
    both = first | {"judge/l2", "judge/gradient/judge", "rate/judge"}
    assert set(losses[0]) == both and set(losses[1]) == first


def test_a_gradient_that_is_not_finite_shows_though_the_loss_is():
    class Root(Toy):
        def generate(self, nets, batch, context):
            result = super().generate(nets, batch, context)
            zero = (nets["generator"]["params"]["w"] * 0).sum()
            return result.replace(loss=result.loss + jnp.sqrt(zero))

    _, losses, _ = run(1, system=Root())
    assert np.isfinite(losses[0]["generate/l2"])
    assert not np.isfinite(losses[0]["generate/gradient/generator"])


def test_collections_move_only_when_their_phase_runs():
    state, _, _ = run(5)
    assert state.nets["judge"]["calls"]["count"] == 3


def test_a_network_moves_only_in_its_phase():
    system, mesh, start, step = begin()
    before = jax.device_get(start.state)
    key = meshes.mesh_key(0, mesh)
    state, _ = step(start.state, start.frozen, batch(mesh), key, plan=("generate",))
    w, old = state.nets["judge"]["params"]["w"], before.nets["judge"]["params"]["w"]
    np.testing.assert_array_equal(w, old)
    moved = state.nets["generator"]["params"]["w"]
    assert np.abs(moved - before.nets["generator"]["params"]["w"]).max() > 0


def test_the_old_state_is_donated():
    system, mesh, start, step = begin()
    key = meshes.mesh_key(0, mesh)
    step(start.state, start.frozen, batch(mesh), key, plan=("generate",))
    assert all(leaf.is_deleted() for leaf in jax.tree.leaves(start.state.nets))


def test_lazy_phases_weigh_as_much_as_they_rest():
    (plain, _, _), (lazy, _, _) = run(1), run(1, system=Toy(every=4))
    start = begin()[2].state.nets["judge"]["params"]["w"]
    np.testing.assert_allclose(
        lazy.nets["judge"]["params"]["w"] - start,
        4 * (plain.nets["judge"]["params"]["w"] - start),
        rtol=1e-5,
    )


def test_one_device_and_eight_agree():
    (one, losses, _), (eight, others, _) = run(4), run(4, devices=8)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), one, eight)
    for a, b in zip(losses, others, strict=True):
        assert a == pytest.approx(b, rel=1e-5)


def test_microbatches_give_the_gradient_of_the_whole_batch():
    system = Toy()
    whole, _, _ = run(1, system=system)
    parts, _, _ = run(1, system=system, microbatches=4)
    np.testing.assert_allclose(
        parts.nets["generator"]["params"]["w"],
        whole.nets["generator"]["params"]["w"],
        rtol=1e-5,
    )


def test_the_average_counts_the_images_of_its_own_network():
    state, _, _ = run(3, ema={"generator": 1e9, "judge": 1e9})
    assert state.seen["generator"] == 24 and state.seen["judge"] == 16


def test_updates_of_a_collection_that_does_not_exist_are_refused():
    class Wrong(Toy):
        def judge(self, nets, batch, context):
            result = super().judge(nets, batch, context)
            return result.replace(updates={"judge": {"count": jnp.zeros(())}})

    with pytest.raises(KeyError, match="count"):
        run(1, system=Wrong())
