"""From what a system asks for to what a source has, before the first sample."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from jaxgen.core import checks
from jaxgen.data.features import Feature, Size, require_same_aspect
from jaxgen.data.source import Source


@dataclass(frozen=True)
class Wanted:
    """One array of the batch.

    Attributes:
        role: index of the sample's record that it is read from.
        feature: how.
    """

    role: int
    feature: Feature


@dataclass(frozen=True)
class Assembly:
    """Makes the arrays of one sample.

    Attributes:
        source: of the records.
        wanted: name in the batch -> where it comes from.
        size: (height, width) of every picture.
        batch_size: over all processes.
    """

    source: Source
    wanted: Mapping[str, Wanted]
    size: Size
    batch_size: int

    @property
    def features(self) -> dict[str, Feature]:
        """Name in the batch -> kind of value."""
        return {name: wanted.feature for name, wanted in self.wanted.items()}

    def __call__(self, indices: tuple[int, ...]) -> dict[str, np.ndarray]:
        """The arrays of the sample made of the records at `indices`, one per role."""
        records = {i: self.source.records[i] for i in set(indices)}
        return {
            name: self._read(wanted.feature, indices[wanted.role], records)
            for name, wanted in self.wanted.items()
        }

    def _read(
        self, feature: Feature, index: int, records: Mapping[int, Mapping[str, Any]]
    ) -> np.ndarray:
        name = self.source.names[index]
        try:
            was = self.source.size_of(records[index])
            value = feature.read(records[index], was, self.size)
        except ValueError as error:
            raise ValueError(f"pipeline: record {name}: {error}.") from error
        if self.source.size is None:
            require_same_aspect(name, was, self.size)
        return value


def match(
    request: Mapping[str, Any], source: Source, roles: tuple[str, ...]
) -> Assembly:
    """Finds every requested array among the features of a source.

    Args:
        request: name -> anything with `shape` (batch first) and `dtype`; a name is a
            feature, with pairs `<role>_<feature>`.
        source: of the records.
        roles: of the pairing; empty for single records.

    Raises:
        KeyError: for a name that is no feature of the source.
        ValueError: for shapes and dtypes that the features do not have.
    """
    wanted = {name: _find(name, source, roles) for name in request}
    size = _size(request, wanted) or source.size
    if size is None:
        raise ValueError(
            f"pipeline: pictures of source {source.name!r} have no common size and "
            "the request names no picture, so the size of a sample is unknown."
        )
    if source.size:
        require_same_aspect(f"source {source.name!r}", source.size, size)
    for name, spec in request.items():
        _require_fit(name, spec, wanted[name].feature, size, source)
    return Assembly(source, wanted, size, _batch_size(request))


def _find(name: str, source: Source, roles: tuple[str, ...]) -> Wanted:
    feature, role = name, 0
    for i, prefix in enumerate(roles):
        if name.startswith(prefix + "_"):
            feature, role = name.removeprefix(prefix + "_"), i
    if feature not in source.features or (roles and feature == name):
        offered = [
            "_".join((*role, known))
            for known in source.features
            for role in ([(r,) for r in roles] or [()])
        ]
        raise KeyError(
            f"pipeline: source {source.name!r} has no feature {name!r}; "
            f"it offers {checks.listed(offered)}."
        )
    return Wanted(role, source.features[feature])


def _size(request: Mapping[str, Any], wanted: Mapping[str, Wanted]) -> Size | None:
    """The one (height, width) that all requested pictures have."""
    sizes = {
        name: tuple(spec.shape[1:3])
        for name, spec in request.items()
        if wanted[name].feature.spatial
    }
    if len(set(sizes.values())) > 1:
        said = ", ".join(f"{name} {h}x{w}" for name, (h, w) in sorted(sizes.items()))
        raise ValueError(f"pipeline: pictures of one sample differ in size: {said}.")
    return next(iter(sizes.values()), None)


def _batch_size(request: Mapping[str, Any]) -> int:
    sizes = {spec.shape[0] for spec in request.values()}
    if len(sizes) != 1 or min(sizes) < 1:
        raise ValueError(
            f"pipeline: the request should name arrays of one batch size, got "
            f"{sorted(sizes) or 'no array'}."
        )
    return sizes.pop()


def _require_fit(
    name: str, spec: Any, feature: Feature, size: Size, source: Source
) -> None:
    shape = feature.shape(size)
    if tuple(spec.shape[1:]) != shape or np.dtype(spec.dtype) != feature.dtype:
        raise ValueError(
            f"pipeline: {name!r} of source {source.name!r} is "
            f"{feature.dtype}{list(shape)} per sample, the request says "
            f"{np.dtype(spec.dtype)}{list(spec.shape[1:])}."
        )
