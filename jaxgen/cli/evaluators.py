"""From `config.evals` to metrics."""

from collections.abc import Mapping
from typing import Any

from jaxgen.core import checks, lookup
from jaxgen.core.arrays import Spec
from jaxgen.runtime.evaluation import Evaluation

_KEYS = ("metric", "split", "samples", "output")


def evaluations(evals: Mapping[str, Mapping[str, Any]], spec: Spec):
    """Builds every evaluation of a config.

    Args:
        evals: name -> `dict(metric, split, samples, output)`.
        spec: what a batch holds.

    Raises:
        KeyError: for an unknown option or metric, or a feature that no batch has.
    """
    return {name: _evaluation(name, options, spec) for name, options in evals.items()}


def _evaluation(name: str, options: Mapping[str, Any], spec: Spec) -> Evaluation:
    who = f"config.evals.{name}"
    for key in options:
        checks.require_known(who, "option", key, _KEYS)
    checks.require_known(who, "option", "metric", options)
    checks.require_known("metrics", "metric", options["metric"], METRICS)
    metric = lookup.module("jaxgen.metrics", options["metric"], "metric").Metric()
    for feature in metric.needs:
        checks.require_known(who, "feature", feature, spec)
    rest = {key: value for key, value in options.items() if key != "metric"}
    return Evaluation(metric, **rest)


METRICS = ("mask_ssim", "psnr", "sharpness", "ssim")
