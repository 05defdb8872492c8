"""From `config.evals` to metrics."""

from collections.abc import Mapping
from typing import Any

import jax

from jaxgen.core import checks, lookup
from jaxgen.runtime.evaluation import Evaluation
from jaxgen.systems.base import System

_KEYS = ("metric", "split", "samples", "output")
_NO_METRICS = ("base", "mask")


def metrics() -> list[str]:
    """Every metric there is."""
    return [n for n in lookup.names("jaxgen.metrics") if n not in _NO_METRICS]


def evaluations(
    evals: Mapping[str, Mapping[str, Any]], system: System
) -> dict[str, Evaluation]:
    """Builds every evaluation of a config, and refuses what could not be computed.

    Args:
        evals: name -> `dict(metric, split, samples, output)`.
        system: whose outputs to judge.

    Raises:
        KeyError: for an unknown option or metric, an output that the system does not
            give, or a feature that no batch has.
    """
    outputs = output_names(system) if evals else []
    return {
        name: _evaluation(name, options, system, outputs)
        for name, options in evals.items()
    }


def output_names(system: System) -> list[str]:
    """What `system.predict` gives, found without computing it."""

    def predict(key, batch):
        nets = system.init(key)
        return system.predict(nets, system.inputs(nets, batch), key)

    return list(jax.eval_shape(predict, jax.random.key(0), system.batch_spec(1)))


def _evaluation(
    name: str, options: Mapping[str, Any], system: System, outputs: list[str]
) -> Evaluation:
    who = f"config.evals.{name}"
    for key in options:
        checks.require_known(who, "option", key, _KEYS)
    checks.require_known(who, "option", "metric", options)
    checks.require_known(who, "metric", options["metric"], metrics())
    metric = lookup.module("jaxgen.metrics", options["metric"], "metric").Metric()
    for feature in metric.needs:
        checks.require_known(who, "feature", feature, system.batch_spec(1))
    rest = {key: value for key, value in options.items() if key != "metric"}
    evaluation = Evaluation(metric, **rest)
    checks.require_known(who, "output", evaluation.output, outputs)
    return evaluation
