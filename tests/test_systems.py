"""What holds for every system: one suite, each system's tiny synthetic config."""

import pathlib
import runpy

import jax
import numpy as np
import pytest

from jaxgen import systems
from jaxgen.cli import evaluators
from jaxgen.cli.arguments import load_config
from jaxgen.core import trees
from jaxgen.data import pipeline
from jaxgen.runtime import mesh as meshes
from jaxgen.runtime.optim import optimizer
from jaxgen.runtime.state import create, trained
from jaxgen.runtime.step import make_step
from jaxgen.systems.base import REQUIRED, System
from jaxgen.train import prepared_data

CONFIGS = sorted((pathlib.Path(__file__).parents[1] / "configs").glob("*.py"))


def variants():
    """Every config with every variant and every further word of its file."""
    for path in CONFIGS:
        names = runpy.run_path(str(path))
        for variant in names["VARIANTS"]:
            yield f"{path}:{variant}"
        for word in filter(None, names.get("ABLATIONS", ())):
            yield f"{path}:paper,{word}"
            yield f"{path}:tiny,{word}"


class Prepared:
    """A tiny config with its data, its state and one batch, made once."""

    def __init__(self, name, devices=8, sgd=False):
        self.config = load_config(f"{name}_synthetic:tiny")
        self.system = systems.build(name, self.config.model.to_dict())
        self.mesh = meshes.make_mesh(devices=jax.devices()[:devices])
        options = self.config.optim.to_dict()
        if sgd:
            options = {n: dict(name="sgd", rate=1e-2) for n in options}
        self.optimizers = {n: optimizer(o) for n, o in options.items()}
        self.start = create(self.system, self.optimizers, self.mesh, self.config, {})
        self.data = prepared_data(self.config, self.system)
        self.spec = self.system.batch_spec(self.config.batch_size)
        self.key = meshes.mesh_key(0, self.mesh)
        self.step = make_step(
            self.system,
            self.optimizers,
            self.start.shardings,
            meshes.replicated(self.mesh),
            self.config,
        )

    def batches(self):
        return pipeline.batches(self.data, self.spec, self.config.seed)

    def plans(self):
        plans = [self.system.plan(step) for step in range(self.config.steps)]
        return list(dict.fromkeys(plans))

    def lowered(self, plan):
        batch = meshes.put(next(self.batches()), self.mesh)
        start = self.start
        with jax.set_mesh(self.mesh):
            return self.step.lower(
                start.state, start.frozen, batch, self.key, plan=plan
            )

    def run(self, plans):
        batches = self.batches()
        state = jax.tree.map(lambda x: x.copy(), self.start.state)
        rows = []
        with jax.set_mesh(self.mesh):
            for plan in plans:
                batch = meshes.put(next(batches), self.mesh)
                state, terms = self.step(
                    state, self.start.frozen, batch, self.key, plan=plan
                )
                rows.append(jax.device_get(terms))
        batches.close()
        return jax.device_get(state), rows


@pytest.fixture(scope="module", params=systems.names())
def tiny(request):
    return Prepared(request.param)


def test_it_is_a_system_of_plain_data(tiny):
    assert isinstance(tiny.system, System)
    again = systems.build(tiny.config.system, tiny.config.model.to_dict())
    assert hash(tiny.system) == hash(again)


def test_an_unknown_option_is_refused(tiny):
    with pytest.raises(KeyError, match="no_such_option"):
        systems.build(tiny.config.system, {"no_such_option": 1})


def test_the_source_gives_what_the_spec_asks_for(tiny):
    batch = next(tiny.batches())
    assert {k: (v.shape, v.dtype) for k, v in batch.items()} == {
        k: (v.shape, v.dtype) for k, v in tiny.spec.items()
    }


def test_phases_train_networks_that_exist_and_have_optimisers(tiny):
    nets = jax.eval_shape(tiny.system.init, jax.random.key(0))
    assert set(trained(tiny.system)) <= set(nets) - set(tiny.system.frozen())
    assert set(trained(tiny.system)) == set(tiny.optimizers)


def test_plans_name_phases_and_are_few(tiny):
    plans = tiny.plans()
    assert {name for plan in plans for name in plan} <= set(tiny.system.phases())
    assert 1 <= len(plans) <= 8


def test_each_phase_moves_its_networks_and_no_other(tiny):
    before = jax.device_get(tiny.start.state.nets)
    for plan in tiny.plans():
        state, _ = tiny.run([plan])
        moved = {
            name
            for name, net in state.nets.items()
            if any(
                (a != b).any()
                for a, b in zip(
                    jax.tree.leaves(net["params"]),
                    jax.tree.leaves(before[name]["params"]),
                    strict=True,
                )
            )
        }
        phases = tiny.system.phases()
        assert moved == {n for name in plan for n in phases[name].trains}


def test_steps_stay_finite_and_compile_once_per_plan(tiny):
    plans = tiny.plans()
    _, rows = tiny.run(plans + plans)
    assert all(np.isfinite(value) for row in rows for value in row.values())
    assert tiny.step._cache_size() == len(plans)


def test_the_compiled_step_never_talks_to_the_host(tiny):
    for plan in tiny.plans():
        text = tiny.lowered(plan).compile().as_text()
        for word in ("callback", "infeed", "outfeed", "send-to-host"):
            assert word not in text


@pytest.mark.slow
def test_one_device_and_eight_agree(tiny):
    system, plans = tiny.config.system, tiny.plans()
    one, rows = Prepared(system, devices=1, sgd=True).run(plans)
    eight, others = Prepared(system, devices=8, sgd=True).run(plans)
    for a, b in zip(rows, others, strict=True):
        assert a.keys() == b.keys()
        for name in a:
            np.testing.assert_allclose(a[name], b[name], rtol=1e-4, err_msg=name)
    for path, leaf in trees.flatten(one.nets).items():
        other = trees.flatten(eight.nets)[path]
        np.testing.assert_allclose(leaf, other, atol=1e-4, err_msg=path)


def predicted(tiny):
    batch = next(tiny.batches())
    nets = {**tiny.start.frozen, **tiny.start.state.nets}

    @jax.jit
    def predict(nets, batch, key):
        batch = tiny.system.inputs(nets, batch)
        outputs = tiny.system.predict(nets, batch, key)
        return outputs, tiny.system.panels(batch, outputs)

    with jax.set_mesh(tiny.mesh):
        batch = meshes.put(batch, tiny.mesh)
        return jax.device_get([predict(nets, batch, tiny.key) for _ in range(2)])


def test_predictions_are_finite_images_and_the_same_for_a_key(tiny):
    (first, panels), (second, _) = predicted(tiny)
    size = next(v.shape for v in tiny.spec.values() if v.dtype == np.uint8)
    assert first["image"].shape == size
    assert all(np.isfinite(value).all() for value in first.values())
    jax.tree.map(np.testing.assert_array_equal, first, second)
    assert len({image.shape for image in panels.values()}) == 1


def test_every_task_runs_on_records_of_the_dataset(tiny):
    batch = next(tiny.batches())
    nets = jax.device_get({**tiny.start.frozen, **tiny.start.state.nets})
    for task in tiny.system.tasks().values():
        given = {}
        for name, entry in task.inputs.items():
            known = entry.default is not REQUIRED
            given[name] = entry.default if known else batch[name][0]
        key = jax.random.key(0)
        cache = task.prepare(nets, given, key)
        live = {n: given[n] for n, entry in task.inputs.items() if entry.live}
        assert task.frames(cache) >= 1
        for picture in jax.jit(task.frame)(nets, cache, 0.0, live).values():
            assert picture.ndim == 3 and np.isfinite(picture).all()


def test_pretrained_networks_replace_the_drawn_ones(tiny):
    other = jax.device_get(tiny.system.init(jax.random.key(99)))
    start = create(tiny.system, tiny.optimizers, tiny.mesh, tiny.config, other)
    for name, net in {**start.frozen, **start.state.nets}.items():
        jax.tree.map(np.testing.assert_array_equal, jax.device_get(net), other[name])


@pytest.mark.parametrize("name", list(variants()), ids=lambda name: name.split("/")[-1])
def test_every_config_builds_and_its_shapes_agree(name):
    config = load_config(name)
    system = systems.build(config.system, config.model.to_dict(), config.dtype)
    evaluators.evaluations(config.evals.to_dict(), system)
    for options in config.optim.to_dict().values():
        optimizer(options)
    assert set(config.optim) == set(trained(system))


def test_every_system_has_a_tiny_config_and_there_are_configs():
    assert {f"{name}_synthetic" for name in systems.names()} <= {
        p.stem for p in CONFIGS
    }
