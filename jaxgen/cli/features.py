"""Feature networks by name, out of the files that a user brought."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol, runtime_checkable

import flax.linen as nn
import jax
import numpy as np
from jax.sharding import Mesh

from jaxgen.cli.feature_networks import (
    FEATURE_NETWORKS,
    origins,
    read_feature_network,
)
from jaxgen.cli.records import RANDOM
from jaxgen.core import checks
from jaxgen.nets.lpips import LPIPS
from jaxgen.runtime import mesh as meshes
from jaxgen.runtime.evaluation import share_out
from jaxgen.weights import registry

_TOGETHER = ("pool3", "logits", "logits_unbiased")
"""Layers that cost nothing beside each other."""

Function = Callable[..., np.ndarray]


@runtime_checkable
class Networks(Protocol):
    """Where measurements get their networks.

    Attributes:
        absent: network -> the sentence that says what is missing, and where to get it.
    """

    absent: dict[str, str]

    def obtain(self, name: str) -> Function | None:
        """A network as a function of NumPy arrays; None when it is not there."""
        ...

    def weights_of(self, name: str) -> Sequence[Mapping[str, str]]:
        """The files of a network that was obtained: network, file, sha256."""
        ...


class FeatureNetworks:
    """Every feature network that is asked for, read and compiled once.

    Attributes:
        absent: see `Networks`.
        origins: network -> its files, with their checksums.
    """

    def __init__(self, mesh: Mesh, *, weights: str = "", per_device: int = 16):
        """Reads nothing yet.

        Args:
            mesh: whose devices share a batch.
            weights: `RANDOM`, or empty for the files in JAXGEN_WEIGHTS.
            per_device: pictures that a device takes at once.

        Raises:
            KeyError: for other weights.
        """
        if weights:
            checks.require_known("features", "weights", weights, (RANDOM,))
        self.absent: dict[str, str] = {}
        self.origins: dict[str, tuple[dict[str, str], ...]] = {}
        self._mesh, self._random = mesh, weights == RANDOM
        self._batch = per_device * mesh.shape["data"]
        self._made: dict[str, Function | None] = {}

    def obtain(self, name: str) -> Function | None:
        """A network as a function of NumPy arrays; None when its files are not there.

        Inception takes [b, 299, 299, 3] and the name of a layer, and gives [b, d].
        LPIPS takes two batches in [-1, 1], and gives [b].

        Args:
            name: in `weights.registry`, or a network that only others have.

        Raises:
            ValueError: for a file that is not what it should be.
        """
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: str) -> Function | None:
        if name not in FEATURE_NETWORKS:
            self.absent[name] = f"{name} is published as a program, which is not run"
            return None
        if lacking := [] if self._random else _lacking(name):
            self.absent[name] = "; ".join(lacking)
            return None
        variables = self._variables(name)
        variables = jax.device_put(variables, meshes.replicated(self._mesh))
        found = FEATURE_NETWORKS[name].module
        if isinstance(found, LPIPS):
            return partial(self._run, self._compiled(found), variables)
        return self._by_layer(found, variables)

    def _by_layer(self, found: nn.Module, variables: Any) -> Function:
        """A network that remembers its last pictures: several metrics look at them."""
        compiled: dict[tuple[str, ...], Callable] = {}
        last: dict[str, Any] = {}

        def features(images: np.ndarray, layer: str) -> np.ndarray:
            layers = _TOGETHER if layer in _TOGETHER else (layer,)
            seen = last.get("layers") == layers
            if not seen or not np.array_equal(last["images"], images):
                if layers not in compiled:
                    compiled[layers] = self._compiled(found, layers)
                rows = self._run(compiled[layers], variables, images)
                last.update(images=images, layers=layers, rows=rows)
            return last["rows"][layer]

        return features

    def _variables(self, name: str) -> Any:
        if self._random:
            self.origins[name] = ({"network": name, "file": RANDOM, "sha256": RANDOM},)
            with jax.transfer_guard("allow"):
                return jax.jit(FEATURE_NETWORKS[name].init)(jax.random.key(0))
        paths = [registry.find(part) for part in registry.parts(name)]
        variables, _, _ = read_feature_network(name, paths)
        self.origins[name] = origins(name, paths)
        return variables

    def _compiled(self, found: nn.Module, layers: tuple[str, ...] = ()) -> Callable:
        @partial(jax.jit, out_shardings=meshes.replicated(self._mesh))
        def compute(variables, arrays):
            with jax.default_matmul_precision("highest"):
                options: dict[str, Any] = {"layers": layers} if layers else {}
                return found.apply(variables, *arrays, **options)

        return compute

    def _run(self, function: Callable, variables: Any, *arrays: np.ndarray) -> Any:
        """In batches of one size, the last one padded with its last picture."""
        rows = []
        for start in range(0, len(arrays[0]), self._batch):
            parts = [array[start : start + self._batch] for array in arrays]
            pad = [(0, self._batch - len(parts[0])), *[(0, 0)] * 3]
            named = {str(i): np.pad(p, pad, "edge") for i, p in enumerate(parts)}
            shared = share_out(named, self._mesh)
            found = function(variables, [shared[name] for name in named])
            rows.append(jax.device_get(found))
        total = len(arrays[0])
        return jax.tree.map(lambda *parts: np.concatenate(parts)[:total], *rows)

    def weights_of(self, name: str) -> Sequence[Mapping[str, str]]:
        """See `Networks`."""
        return self.origins.get(name, ())


def _lacking(name: str) -> list[str]:
    """What to do about each file of a network that is not there."""
    advice = []
    for part in registry.parts(name):
        try:
            registry.find(part)
        except FileNotFoundError as error:
            text = str(error.args[0]).removeprefix(f"weights: {part!r} is missing: ")
            advice.append(text.rstrip("."))
    return advice
