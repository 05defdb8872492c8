"""From `config.evals` to metrics."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from jaxgen.cli.features import FeatureNetworks, Networks
from jaxgen.cli.gathering import set_metric
from jaxgen.core import checks, lookup
from jaxgen.metrics import definitions, extractors, prepare, protocols
from jaxgen.metrics import mask as masks
from jaxgen.metrics.base import SetMetric
from jaxgen.metrics.definitions import Built, Extractor, Number, Protocol
from jaxgen.runtime.measuring import Evaluation, Reference, Use
from jaxgen.runtime.mesh import make_mesh
from jaxgen.runtime.tasks import task_outputs
from jaxgen.systems.base import System

_KEYS = (
    *("metric", "protocol", "options", "split", "samples", "output"),
    *("reference", "weights", "task", "inputs"),
)
NETWORKS: Mapping[str, Extractor] = {
    "fid": extractors.TF_POOL,
    "kid": extractors.TF_POOL,
    "precision_recall": extractors.TF_POOL,
    "inception_score": extractors.TF_CLASSES,
    "lpips": extractors.LPIPS,
}
"""Metric that needs a network -> its features where no protocol says others."""


def metrics() -> list[str]:
    """Every metric that a config may ask for."""
    return sorted(
        [*(n for n in lookup.names("jaxgen.metrics") if _alone(n)), *NETWORKS]
    )


def _alone(name: str) -> bool:
    """Whether a file of `jaxgen.metrics` has a metric of pairs without a network."""
    module = lookup.module("jaxgen.metrics", name, "metric")
    metric = getattr(module, "Metric", None)
    return hasattr(metric, "values") and not hasattr(metric, "extractor")


def evaluations(
    evals: Mapping[str, Mapping[str, Any]],
    system: System,
    networks: Networks | None = None,
) -> dict[str, Evaluation]:
    """Builds every evaluation of a config, and refuses what could not be computed.

    Args:
        evals: name -> `dict(metric, protocol, options, split, samples, output,
            reference, weights, task, inputs)`, of which all but the first may be left
            out. With a task, that answers instead of `predict`: its inputs are features
            of the same names, or the constants in `inputs`. With a
            protocol the metric is one of its numbers; without, a file in
            `jaxgen.metrics` with options of its own. A metric of a set is held against
            `reference=dict(split, samples)`. Weights are files in JAXGEN_WEIGHTS, or
            "random" to try things out.
        system: whose outputs to judge.
        networks: gives feature networks; by default those that `weights` says.

    Raises:
        KeyError: for an unknown option or metric, an output that the system does not
            give, or a feature that no batch has.
        FileNotFoundError: when the weights of a network are missing.
    """
    outputs: dict[Use | None, list[str]] = {}
    known: dict[str, FeatureNetworks] = {}
    shared: dict[tuple[str, ...], Callable] = {}
    found = {}
    for name, options in evals.items():
        who, weights = f"config.evals.{name}", options.get("weights", "")
        for key in options:
            checks.require_known(who, "option", key, _KEYS)
        if networks is None and weights not in known:
            known[weights] = FeatureNetworks(make_mesh(), weights=weights)
        source = networks or known[weights]
        metric = _metric(who, options, source)
        for feature in getattr(metric, "needs", ()):
            checks.require_known(who, "feature", feature, system.batch_spec(1))
        found[name] = _evaluation(who, options, metric, source, shared)
        use = found[name].use
        if use not in outputs:
            outputs[use] = output_names(who, use, system)
        checks.require_known(who, "output", found[name].output, outputs[use])
    return found


def output_names(who: str, use: Use | None, system: System) -> list[str]:
    """What `system.predict` or a task gives, found without computing it.

    Args:
        who: starts the message of an error.
        use: of a task; None for `predict`.
        system: whose answers.

    Raises:
        KeyError, ValueError: as `runtime.tasks.task_outputs`.
    """
    if use is not None:
        return task_outputs(who, use, system)

    def predict(key, batch):
        nets = system.init(key)
        return system.predict(nets, system.inputs(nets, batch), key)

    return list(jax.eval_shape(predict, jax.random.key(0), system.batch_spec(1)))


@dataclass(frozen=True)
class PairNumber:
    """A number of a protocol as a metric of pairs.

    Attributes:
        built: the number.
        protocol: whose steps come first.
    """

    built: Built
    protocol: Protocol

    def weights(self, networks: Networks) -> Sequence[Mapping[str, str]]:
        """The files of its network, if it has one."""
        return _weights(self.built, networks)

    @property
    def needs(self) -> tuple[str, ...]:
        """Those of the metric."""
        return self.built.metric.needs  # type: ignore[union-attr]

    @property
    def definition(self) -> dict[str, str]:
        """Everything that decides the number."""
        return {**self.built.definition, "quantisation": "truncate"}

    def values(self, images: np.ndarray, batch: Mapping[str, np.ndarray]) -> np.ndarray:
        """See `metrics.base.PairedMetric`."""
        targets = prepare.apply(batch["target_image"], self.protocol.on_real)
        prepared = {**batch, "target_image": targets}
        images = prepare.apply(images, self.protocol.on_generated)
        return self.built.values(images, prepared)


@dataclass(frozen=True)
class SetNumber:
    """A number of a protocol as a metric of a set.

    Attributes:
        built: the number.
        protocol: whose steps come first.
    """

    built: Built
    protocol: Protocol
    where: str = "host"

    def weights(self, networks: Networks) -> Sequence[Mapping[str, str]]:
        """The files of its network."""
        return _weights(self.built, networks)

    @property
    def needs(self) -> tuple[str, ...]:
        """What its mask is drawn from."""
        return masks.needs(self.built.number.mask)

    @property
    def streams(self) -> tuple[str, ...]:
        """Those of the metric."""
        return self._metric.streams

    @property
    def extractor(self) -> str:
        """That of the metric."""
        return self._metric.extractor

    @property
    def gathers(self) -> type:
        """That of the metric."""
        return self._metric.gathers

    @property
    def definition(self) -> dict[str, str]:
        """Everything that decides the number but the counts."""
        return {
            **self.built.definition,
            "quantisation": "truncate",
            "limits": "those of the config",
            "real": "every picture of the reference split, once",
        }

    @property
    def _metric(self) -> SetMetric:
        return set_metric(self.built)

    def compute(self, real: Any, fake: Any) -> dict[str, float]:
        """See `metrics.base.SetMetric`."""
        return self._metric.compute(real, fake)

    def features(self, images: np.ndarray, batch: Mapping, real: bool) -> np.ndarray:
        """Of one stream: see `metrics.definitions.Built.features`."""
        steps = self.protocol.on_real if real else self.protocol.on_generated
        return self.built.features(prepare.apply(images, steps), batch)


def _weights(built: Built, networks: Networks) -> Sequence[Mapping[str, str]]:
    extractor = built.number.extractor
    return networks.weights_of(extractor.network) if extractor else ()


def _metric(who: str, options: Mapping[str, Any], networks: Networks) -> Any:
    checks.require_known(who, "option", "metric", options)
    name, chosen = options["metric"], options.get("options", {})
    if "protocol" in options:
        checks.require_known(who, "protocol", options["protocol"], protocols.PROTOCOLS)
        protocol = protocols.protocol(options["protocol"])
        checks.require_known(who, "number", name, protocol.numbers)
        if chosen:
            raise KeyError(
                f"{who}: options are a protocol's own; leave one of them out."
            )
    else:
        checks.require_known(who, "metric", name, metrics())
        number = Number(name, chosen, NETWORKS.get(name))
        _require_options(who, number)
        if name not in NETWORKS:
            return definitions.construct(number, lambda *_: np.zeros(0))
        protocol = Protocol("", "as predicted", "", {name: number})
    plan = definitions.plan(_only(protocol, name), networks.obtain)
    for network in plan.missing:
        raise FileNotFoundError(f"{who}: {networks.absent[network]}")
    built = plan.built[name]
    if built.number.extractor and not hasattr(built.metric, "values"):
        return SetNumber(built, protocol)
    if not hasattr(built.metric, "values"):
        raise KeyError(
            f"{who}: {name!r} needs more than pictures; evaluate it by hand."
        )
    return PairNumber(built, protocol)


def _only(protocol: Protocol, name: str) -> Protocol:
    numbers = {name: protocol.numbers[name]}
    return Protocol(**{**vars(protocol), "numbers": numbers})


def _require_options(who: str, number: Number) -> None:
    module = lookup.module("jaxgen.metrics", number.metric, "metric")
    known = set(module.Metric.__dataclass_fields__)
    known -= {"extractor", "distance", "streams", "gathers", "where", "needs"}
    for key in number.options:
        checks.require_known(f"{who}.options", "option", key, known)


def _evaluation(
    who: str,
    options: Mapping[str, Any],
    metric: Any,
    networks: Networks,
    shared: dict[tuple[str, ...], Callable],
) -> Evaluation:
    kept = ("split", "samples", "output")
    rest = {key: options[key] for key in kept if key in options} | {"metric": metric}
    rest["use"] = _use(who, options.get("task"), options.get("inputs", {}))
    if isinstance(metric, SetNumber | PairNumber):
        rest["weights"] = metric.weights(networks)
        rest["mean"] = metric.built.number.mean
        rest["counted"] = metric.built.number.kept
    if isinstance(metric, SetNumber):
        for key in options.get("reference", {}):
            checks.require_known(f"{who}.reference", "key", key, ("split", "samples"))
        rest["reference"] = Reference(**options.get("reference", {}))
        rest["features"] = shared.setdefault(_feature_key(metric), metric.features)
    elif "reference" in options:
        raise KeyError(
            f"{who}: {options['metric']!r} is of pairs and has no reference."
        )
    return Evaluation(**rest)


def _use(who: str, task: Any, inputs: Any) -> Use | None:
    """A task with its constant inputs, hashable."""
    if not isinstance(inputs, Mapping) or not isinstance(task or "", str):
        raise ValueError(
            f"{who}: task is the name of a task, and inputs are name -> value, got "
            f"{task!r} and {inputs!r}."
        )
    if inputs and not task:
        raise KeyError(f"{who}: inputs are those of a task; name it.")
    constants = ((name, _frozen(value)) for name, value in sorted(inputs.items()))
    return Use(task, tuple(constants)) if task else None


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


def _feature_key(metric: SetNumber) -> tuple[str, ...]:
    """Equal for numbers that want the same features: each is computed once."""
    steps = (metric.protocol.on_generated, metric.protocol.on_real)
    number = metric.built.number
    described = [prepare.describe(s) for s in (*steps, number.steps)]
    return (
        *described,
        number.mask,
        str(number.extractor),
        str(id(metric.built.network)),
    )
