"""Feature networks by name: module, and variables out of other people's files."""

import pathlib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from jaxgen.core import checks
from jaxgen.core.arrays import Net
from jaxgen.nets.alexnet import AlexNet
from jaxgen.nets.inception import Inception
from jaxgen.nets.lpips import LPIPS
from jaxgen.nets.sphereface import SphereFace
from jaxgen.nets.vgg import VGG
from jaxgen.weights import (
    alexnet,
    files,
    inception,
    lpips,
    registry,
    rules,
    sphereface,
    vgg,
)
from jaxgen.weights.rules import Format, Report

_FACE, _PICTURE, _LARGE = (1, 112, 96, 3), (1, 64, 64, 3), (1, 75, 75, 3)


class FeatureNetwork(NamedTuple):
    """A network that systems and metrics look through.

    Attributes:
        module: the network.
        shape: of a picture that it takes.
        pictures: how many it takes at once.
        layers: those that together use all of its variables; empty where all calls do.
        formats: how published files name its arrays.
    """

    module: nn.Module
    shape: tuple[int, ...]
    pictures: int
    layers: tuple[str, ...]
    formats: Mapping[str, Format]

    def init(self, key: jax.Array) -> Net:
        """Draws its variables."""
        images = [jnp.zeros(self.shape)] * self.pictures
        options: dict[str, Any] = {"layers": self.layers} if self.layers else {}
        return self.module.init(key, *images, **options)


FEATURE_NETWORKS: Mapping[str, FeatureNetwork] = {
    "vgg16": FeatureNetwork(VGG(16), _PICTURE, 1, (), vgg.FORMATS),
    "vgg19": FeatureNetwork(VGG(19), _PICTURE, 1, (), vgg.FORMATS),
    "alexnet": FeatureNetwork(AlexNet(), _PICTURE, 1, (), alexnet.FORMATS),
    "sphereface": FeatureNetwork(SphereFace(), _FACE, 1, (), sphereface.FORMATS),
    **{
        f"inception_{variant}": FeatureNetwork(
            Inception(variant), _LARGE, 1, ("logits",), inception.FORMATS
        )
        for variant in ("tf", "torchvision")
    },
    **{
        name: FeatureNetwork(
            LPIPS(backbone, name.rpartition("_v")[2]), _PICTURE, 2, (), lpips.FORMATS
        )
        for name, backbone in lpips.NETWORKS.items()
    },
}


def read_feature_network(name: str, paths: Sequence[str]) -> tuple[Net, Report, str]:
    """A feature network out of published files.

    Args:
        name: in `FEATURE_NETWORKS`.
        paths: files whose arrays together make it.

    Returns:
        Its variables as NumPy arrays, what became of the files' arrays, whose names
        they have.

    Raises:
        FileNotFoundError: for a file that is not there.
        KeyError: for an unknown network.
        ValueError: for files that do not fit.
    """
    checks.require_known("features", "network", name, FEATURE_NETWORKS)
    found = FEATURE_NETWORKS[name]
    arrays: dict[str, np.ndarray] = {}
    for path in paths:
        arrays |= files.read(path).arrays
    tables = {
        kind: entry.tables[name]({})
        for kind, entry in found.formats.items()
        if name in entry.tables
    }
    kind = max(tables, key=lambda kind: rules.known_names(tables[kind], arrays))
    shapes = jax.eval_shape(partial(FeatureNetwork.init, found), jax.random.key(0))
    try:
        net, report = rules.apply(tables[kind], arrays, shapes)
    except ValueError as error:
        text = str(error).removeprefix("weights: ")
        raise ValueError(f"features: {name!r} from {' '.join(paths)}: {text}") from None
    return net, report, found.formats[kind].about


def origins(name: str, paths: Sequence[str]) -> tuple[dict[str, str], ...]:
    """Name and SHA-256 of every file of a network."""
    return tuple(
        {
            "network": name,
            "file": pathlib.Path(path).name,
            "sha256": registry.sha256(path),
        }
        for path in paths
    )
