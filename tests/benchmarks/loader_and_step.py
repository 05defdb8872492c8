"""Does input ever bound training? Loader and train step of a config in one run.

python tests/benchmarks/loader_and_step.py pg2_synthetic:small

Prints one JSON line: images per second of the loader alone and of the step alone, both
as minima of interleaved repeats, their ratio, and what the step costs.
"""

import itertools
import json
import os
import sys
import time

import jax

from jaxgen import systems
from jaxgen.cli.arguments import load_config
from jaxgen.core import trees
from jaxgen.data import pipeline
from jaxgen.runtime import mesh as meshes
from jaxgen.runtime.optim import optimizer
from jaxgen.runtime.state import create
from jaxgen.runtime.step import make_step
from jaxgen.train import prepared_data

REPEATS, BATCHES, AHEAD, STEPS = 7, 100, 50, 3


def loader_seconds(batches):
    for _ in itertools.islice(batches, AHEAD):  # What was made while steps ran.
        pass
    began = time.perf_counter()
    for _ in itertools.islice(batches, BATCHES):
        pass
    return (time.perf_counter() - began) / BATCHES


def main(name):
    config = load_config(name)
    system = systems.build(config.system, config.model.to_dict(), config.dtype)
    data, spec = prepared_data(config, system), system.batch_spec(config.batch_size)
    mesh, key = meshes.make_mesh(), None
    key = meshes.mesh_key(0, mesh)
    optimizers = {n: optimizer(o) for n, o in config.optim.to_dict().items()}
    start = create(system, optimizers, mesh, config, {})
    step = make_step(
        system, optimizers, start.shardings, meshes.replicated(mesh), config
    )
    plans = list(dict.fromkeys(system.plan(i) for i in range(config.steps)))
    state, compile_seconds, flops = start.state, {}, {}
    batches = pipeline.batches(data, spec, config.seed)
    batch = meshes.put(next(batches), mesh)

    def run(state, plan, times):
        for _ in range(times):
            state, terms = step(state, start.frozen, batch, key, plan=plan)
        jax.block_until_ready((state, terms))
        return state

    loads, steps = [], {plan: [] for plan in plans}
    with jax.set_mesh(mesh):
        for plan in plans:
            began = time.perf_counter()
            lowered = step.lower(state, start.frozen, batch, key, plan=plan)
            compiled = lowered.compile()
            compile_seconds["+".join(plan)] = round(time.perf_counter() - began, 1)
            flops["+".join(plan)] = compiled.cost_analysis()["flops"]
            state = run(state, plan, 1)
        for _ in range(REPEATS):
            loads.append(loader_seconds(batches))
            for plan in plans:
                began = time.perf_counter()
                state = run(state, plan, STEPS)
                steps[plan].append((time.perf_counter() - began) / STEPS)
    batches.close()
    pictures = sum(1 for v in spec.values() if v.dtype.name == "uint8")
    size = config.batch_size
    fastest = min(min(times) for times in steps.values())
    report = {
        "benchmark": "loader_and_step",
        "config": name,
        "device": jax.devices()[0].device_kind,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "parameters": {n: trees.count(v["params"]) for n, v in state.nets.items()},
        "loader_images_per_second": round(pictures * size / min(loads)),
        "step_images_per_second": round(pictures * size / fastest),
        "ratio_loader_to_step": round(fastest / min(loads), 1),
        "step_milliseconds": {
            "+".join(plan): round(1e3 * min(times), 1) for plan, times in steps.items()
        },
        "step_gflop": {name: round(f / 1e9, 1) for name, f in flops.items()},
        "step_gflop_per_second": {
            "+".join(plan): round(flops["+".join(plan)] / 1e9 / min(times), 1)
            for plan, times in steps.items()
        },
        "compile_seconds": compile_seconds,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "pg2_synthetic:small")
