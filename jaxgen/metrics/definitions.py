"""A published evaluation as data, and from data to metrics that compute it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from jaxgen.core import checks, lookup
from jaxgen.metrics import base, prepare
from jaxgen.metrics import mask as masks
from jaxgen.metrics.prepare import Step

#: What the real stream of a set metric is, or the targets of a paired one.
REAL = {
    "targets": "targets of the pairs",
    "train": "every image of the training split",
    "dataset": "every image of the dataset, not mirrored",
    "none": "none",
}
DISTANCE = "distance"

Network = Callable[..., np.ndarray]
Obtain = Callable[[str], Network | None]


@dataclass(frozen=True)
class Extractor:
    """A layer of a network, and how pictures come to it.

    Attributes:
        network: name of weights in the registry.
        layer: whose output; `DISTANCE` for a network that compares two pictures.
        steps: from bytes to the network's input.
    """

    network: str
    layer: str = DISTANCE
    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        """Network, layer and steps: equal for equal features alone."""
        if self.layer == DISTANCE:
            return self.network
        after = f" after {prepare.describe(self.steps)}" if self.steps else ""
        return f"{self.network}/{self.layer}{after}"


@dataclass(frozen=True)
class Number:
    """One number of an evaluation.

    Attributes:
        metric: file in `metrics`.
        options: of its `Metric`.
        extractor: whose features it wants, if any.
        steps: of bytes, to generated and real pictures alike, before anything else.
        mask: of the pictures whose features are taken; paired metrics have an option.
        real: a name in `REAL`.
        generated: how many are made; None for one per pair.
        real_limit: how many real pictures at most.
        batch: features are taken in batches of so many, and a last one that is not full
            is left out.
        mean_of: of batches of so many, each a mean; None for the mean over samples.
        source: file in the repository of the protocol, if it is not the protocol's.
        caveats: in words.
        verified: whether all of this was read in the authors' own code.
    """

    metric: str
    options: Mapping[str, Any] = field(default_factory=dict)
    extractor: Extractor | None = None
    steps: tuple[Step, ...] = ()
    mask: str = ""
    real: str = "targets"
    generated: int | None = None
    real_limit: int | None = None
    batch: int | None = None
    mean_of: int | None = None
    source: str = ""
    caveats: tuple[str, ...] = ()
    verified: bool = True

    def kept(self, count: int) -> int:
        """Of so many samples, those that are in full batches; all if none is full."""
        if self.batch is None or count < self.batch:
            return count
        return count // self.batch * self.batch

    def mean(self, values: np.ndarray) -> float:
        """Of a paired metric: the number, as the authors average it.

        Args:
            values: of every pair, float64 [n]; NaN stays, see `base.summarise`.
        """
        values = values[: self.kept(len(values))]
        return base.mean_of_batches(values, self.mean_of or len(values))

    def limits(self) -> str:
        """What is counted, in words."""
        words = {
            "{} generated": self.generated,
            "{} real at most": self.real_limit,
            "full batches of {}": self.batch,
            "mean of means of {}": self.mean_of,
        }
        return ", ".join(w.format(n) for w, n in words.items() if n) or "all"


@dataclass(frozen=True)
class Protocol:
    """A published evaluation.

    Attributes:
        title: in a few words.
        pictures: which sizes the authors compare.
        source: repository, commit and files that say what follows.
        numbers: by name, as the authors call them.
        quantise: rule of `prepare.quantise` from network output to bytes.
        on_generated: steps from answers in bytes to the pictures that are measured, as
            saving to a file; to be left out for pictures out of such files.
        on_real: the same for targets and for the real stream.
        left_out: numbers of the authors that are not offered, and what they would need.
        caveats: in words.
    """

    title: str
    pictures: str
    source: str
    numbers: Mapping[str, Number]
    quantise: str = "truncate"
    on_generated: tuple[Step, ...] = ()
    on_real: tuple[Step, ...] = ()
    left_out: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()

    def networks(self) -> tuple[str, ...]:
        """Names of the networks it needs, each once."""
        found = (n.extractor.network for n in self.numbers.values() if n.extractor)
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Built:
    """A number that can be computed.

    Attributes:
        number: what it is.
        metric: made with the number's options.
        definition: everything that decides it.
        network: gives features [b, ...] from `network(inputs, layer)`; None for metrics
            that need none or already hold theirs.
    """

    number: Number
    metric: base.PairedMetric | base.SetMetric
    definition: dict[str, str]
    network: Network | None = None

    @property
    def key(self) -> str:
        """See `base.definition_key`."""
        return base.definition_key(self.definition)

    def values(self, images: np.ndarray, batch: Mapping[str, np.ndarray]) -> np.ndarray:
        """Of a paired metric: scores of a batch, float64 [b].

        Args:
            images: bytes [b, h, w, 3].
            batch: the features of `metric.needs`.
        """
        if not isinstance(self.metric, base.PairedMetric):
            raise TypeError(
                f"metrics: {self.definition['name']} is of a set, not of a pair; take "
                "`features`, gather and compute."
            )
        steps = self.number.steps
        targets = prepare.apply(np.asarray(batch["target_image"]), steps)
        prepared = {**batch, "target_image": targets}
        return self.metric.values(prepare.apply(images, steps), prepared)

    def features(
        self, images: np.ndarray, batch: Mapping[str, np.ndarray] | None = None
    ) -> np.ndarray:
        """Of a set metric: the features of a batch, of either stream.

        Args:
            images: bytes [b, h, w, 3].
            batch: keypoints, when the number has a mask.
        """
        extractor = self.number.extractor
        if extractor is None or self.network is None:
            raise TypeError(
                f"metrics: {self.definition['name']} takes no features of pictures."
            )
        if self.number.mask:
            images = images * masks.make(
                self.number.mask, batch or {}, images.shape[1:3]
            )
        images = prepare.apply(images, (*self.number.steps, *extractor.steps))
        return np.asarray(self.network(images, extractor.layer))


@dataclass(frozen=True)
class Plan:
    """What of a protocol can be computed with the networks at hand.

    Attributes:
        built: by name.
        missing: network -> the numbers that want it.
    """

    built: Mapping[str, Built]
    missing: Mapping[str, tuple[str, ...]]


def plan(
    protocol: Protocol, obtain: Obtain, *, size: tuple[int, int] | None = None
) -> Plan:
    """Builds every number whose network there is.

    Args:
        protocol: what to compute.
        obtain: name of a network -> a function, or None when its weights are not there.
            It takes what `Extractor.steps` made of pictures, and the layer, and gives
            [b, ...]; LPIPS takes two batches in [-1, 1] and gives [b].
        size: height and width of the pictures, for the definitions: at another size
            every number is another.
    """
    networks = {name: obtain(name) for name in protocol.networks()}
    built: dict[str, Built] = {}
    missing: dict[str, tuple[str, ...]] = {}
    for name, number in protocol.numbers.items():
        network = number.extractor and number.extractor.network
        if network and networks[network] is None:
            missing[network] = (*missing.get(network, ()), name)
        else:
            found = networks[network] if network else None
            metric = construct(number, found or _no_network)
            definition = define(protocol, name, size=size)
            built[name] = Built(number, metric, definition, found)
    return Plan(built, missing)


def construct(number: Number, network: Network) -> base.PairedMetric | base.SetMetric:
    """The metric of a number.

    Args:
        number: of a protocol.
        network: for metrics that hold theirs, LPIPS.
    """
    module = lookup.module("jaxgen.metrics", number.metric, "metric")
    options = dict(number.options)
    if number.extractor:
        options["extractor"] = str(number.extractor)
        if number.extractor.layer == DISTANCE:
            options["distance"] = network
    return module.Metric(**options)


def define(
    protocol: Protocol, name: str, *, size: tuple[int, int] | None = None
) -> dict[str, str]:
    """Everything that decides a number; needs no network.

    Args:
        protocol: of the number.
        name: of the number.
        size: height and width of the pictures; the authors' if not told.

    Raises:
        KeyError: when the protocol has no such number.
    """
    checks.require_known("protocol", "number", name, protocol.numbers)
    number = protocol.numbers[name]
    found = dict(construct(number, _no_network).definition)
    if number.mask:
        found["mask"] = masks.describe(number.mask)
    return found | {
        "size": f"{size[0]}x{size[1]}" if size else protocol.pictures,
        "images": prepare.describe(number.steps),
        "real": REAL[number.real],
        "limits": number.limits(),
        "quantisation": protocol.quantise.replace("_", " "),
        "on_generated": prepare.describe(protocol.on_generated),
        "on_real": prepare.describe(protocol.on_real),
    }


def _no_network(*_: Any) -> np.ndarray:
    raise TypeError("metrics: this metric was made for its definition, not to compute.")
