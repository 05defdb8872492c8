"""From names and files to networks."""

import pathlib
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from jaxgen import systems
from jaxgen.core import checks, lookup
from jaxgen.core.arrays import Nets
from jaxgen.runtime import experiment, networks
from jaxgen.weights import files, registry, rules
from jaxgen.weights.files import Contents
from jaxgen.weights.rules import Format

RANDOM = "random"
"""In place of a file: the system's own drawing."""


def resolve_pretrained(pretrained: Mapping[str, str], frozen: Sequence[str]) -> Nets:
    """Reads every network that a run starts from.

    Args:
        pretrained: network -> workdir that has a network of that name, folder of one
            network, or `random` for the system's own drawing.
        frozen: networks that nothing trains: each needs an entry.

    Raises:
        FileNotFoundError: when it is no workdir.
        KeyError: when that workdir has no such network, or an entry is missing.
    """
    for name in frozen:
        if name not in pretrained:
            raise KeyError(
                f"config.pretrained: {name!r} is never trained, so it needs an "
                "entry: a workdir, the folder of a network, or 'random' to try things "
                "out."
            )
    return {
        name: _from_folder(name, where)
        for name, where in pretrained.items()
        if where != RANDOM
    }


def _from_folder(name: str, workdir: str):
    if networks.holds_network(workdir):
        return networks.read_network(workdir)
    nets = experiment.open_workdir(workdir).nets
    checks.require_known(f"config.pretrained: {workdir}", "network", name, nets)
    return nets[name]


@dataclass(frozen=True)
class Source:
    """A file that one network comes from.

    Attributes:
        path: of the file.
        contents: what it holds.
        format: whose names it uses.
    """

    path: str
    contents: Contents
    format: Format


@dataclass(frozen=True)
class Conversion:
    """A system's networks as files have them.

    Attributes:
        model: options of the system, with what the files need changed.
        nets: network -> its variables; those drawn at random are left out.
        reports: network -> what became of its file.
    """

    model: dict[str, Any]
    nets: Nets
    reports: dict[str, dict[str, Any]]


def formats(system: str) -> Mapping[str, Format]:
    """Every layout of published weights that is known for a system.

    Raises:
        KeyError: when there is none.
    """
    package = f"jaxgen.systems.{system}"
    if "weights" not in lookup.names(package):
        raise KeyError(f"convert: no published weights are known for {system!r}.")
    return lookup.module(package, "weights", "module").FORMATS


def convert_files(
    system: str,
    model: Mapping[str, Any],
    given: Mapping[str, str],
    *,
    infer: bool = False,
) -> Conversion:
    """Reads networks of a system from other people's files.

    Args:
        system: a folder under `jaxgen/systems`.
        model: its options.
        given: network -> file, where it has several parts `FILE:PART`, or `random`;
            every network needs an entry.
        infer: takes widths and sizes from the files instead of refusing others.

    Raises:
        FileNotFoundError: for a file that does not exist.
        KeyError: for networks that the system does not have, or has besides.
        ValueError: for files that cannot be read or do not fit.
    """
    known = {network for entry in formats(system).values() for network in entry.tables}
    for name in given:
        checks.require_known("convert: --from", "network", name, known)
    sources = {
        name: _source(system, name, path)
        for name, path in given.items()
        if path != RANDOM
    }
    model = _required_options(model, sources)
    for _ in sources if infer else ():  # What one changes, another is measured by.
        for name, source in sources.items():
            model |= _needed_sizes(name, source, model)
    for name, source in sources.items():
        if changes := _needed_sizes(name, source, model):
            others = "the other files say otherwise, so they do not go together"
            cure = others if infer else _cure(changes)
            said = ", ".join(
                f"config.model.{k}={v}, not {model[k]}" for k, v in changes.items()
            )
            raise ValueError(
                f"convert: {source.path} as {name!r} needs {said}; {cure}."
            )
    shapes = jax.eval_shape(systems.build(system, model).init, jax.random.key(0))
    checks.require_same_names("convert: --from", "networks", shapes, given)
    nets, reports = {}, {}
    for name, source in sources.items():
        nets[name], reports[name] = _read(name, source, model, shapes[name])
    return Conversion(model, nets, reports)


def exported(
    system: str, model: Mapping[str, Any], network: str, net: Any, kind: str = ""
) -> tuple[dict[str, np.ndarray], str, Sequence[str]]:
    """A network's arrays with the names and layouts of another implementation.

    Args:
        system: a folder under `jaxgen/systems`.
        model: its options.
        network: of the system.
        net: its variables.
        kind: a key of `formats`; may be left out where only one fits.

    Returns:
        The arrays, whose names they are, and why some of them hold nothing of ours.

    Raises:
        KeyError: for an unknown format, or a network that it does not have.
        ValueError: when the options would mean something else there, or when several
            formats fit.
    """
    known = {k: f for k, f in formats(system).items() if network in f.tables}
    if not known:
        raise KeyError(f"convert: no other implementation of {network!r} is known.")
    if kind:
        checks.require_known("convert", f"format of {network!r}", kind, known)
        known = {kind: known[kind]}
    fitting = {k: f for k, f in known.items() if not _misread(f, model)}
    if not fitting:
        wanted = "; ".join(f"{k} has {_misread(f, model)}" for k, f in known.items())
        raise ValueError(
            f"convert: {network!r} would compute something else there: {wanted}."
        )
    if len(fitting) > 1:
        raise ValueError(
            f"convert: {network!r} fits {checks.listed(fitting)}; choose by --format."
        )
    (found,) = fitting.values()
    table = found.tables[network](model)
    reasons = sorted({reason for _, reason in table.rebuilt.values()})
    return rules.reverse(table, net), found.about, reasons


def _misread(kind: Format, model: Mapping[str, Any]) -> str:
    """The options that another implementation has otherwise, in words."""
    differ = {k: v for k, v in kind.model.items() if model[k] != v}
    return ", ".join(f"{k} {v}, not {model[k]}" for k, v in differ.items())


def _source(system: str, network: str, given: str) -> Source:
    """The file and the layout that shares the most names with it."""
    path, container = place(given)
    contents = files.read(path, container=container)
    known = {
        kind: rules.known_names(
            entry.tables[network]({**systems.options(system), **entry.model}),
            contents.arrays,
        )
        for kind, entry in formats(system).items()
        if network in entry.tables
    }
    if not any(known.values()):
        raise ValueError(
            f"convert: {path} is no {network!r} of {system} that is known; it is a "
            f"{contents.kind} with {_shown(contents.arrays)}."
        )
    best = formats(system)[max(known, key=known.__getitem__)]
    return Source(path, contents, best)


def place(given: str) -> tuple[str, str | None]:
    """A path and, behind a colon, the part of the file that is meant."""
    path, colon, container = given.rpartition(":")
    if colon and not _is_there(given) and _is_there(path):
        return path, container
    return given, None


def _is_there(path: str) -> bool:
    """Whether there is such a file, or a TensorFlow checkpoint of that name."""
    return pathlib.Path(path).exists() or pathlib.Path(f"{path}.index").exists()


def _shown(names: Iterable[str]) -> str:
    first = [checks.printable(name) for name in list(names)[:3]]
    return f"{checks.listed(first)}, ..." if len(first) == 3 else checks.listed(first)


def _required_options(
    model: Mapping[str, Any], sources: Mapping[str, Source]
) -> dict[str, Any]:
    """Options without which the weights would mean something else."""
    needed: dict[str, tuple[Any, str]] = {}
    for source in sources.values():
        for key, value in source.format.model.items():
            before, path = needed.setdefault(key, (value, source.path))
            if before != value:
                raise ValueError(
                    f"convert: {path} needs config.model.{key}={before}, "
                    f"{source.path} needs {value}: they do not go together."
                )
    return {**model, **{key: value for key, (value, _) in needed.items()}}


def _needed_sizes(
    network: str, source: Source, model: Mapping[str, Any]
) -> Mapping[str, Any]:
    shapes = {name: array.shape for name, array in source.contents.arrays.items()}
    try:
        return source.format.sizes[network](shapes, model)
    except (LookupError, ValueError, ArithmeticError):
        table = source.format.tables[network](model)
        missing = rules.lacking(table, shapes)
        lacks = f", and lacks {checks.listed(missing)}" if len(missing) < 5 else ""
        raise ValueError(
            f"convert: {source.path} is not the {network!r} of {source.format.about}: "
            f"it holds {len(shapes)} arrays, {_shown(shapes)}{lacks}."
        ) from None


def _cure(changes: Mapping[str, Any]) -> str:
    flags = " ".join(
        shlex.quote(f"--config.model.{k}={v}".replace(", ", ","))
        for k, v in changes.items()
    )
    return f"say {flags}, or --infer to take sizes from the files"


def _read(
    network: str, source: Source, model: Mapping[str, Any], like: Any
) -> tuple[Any, dict[str, Any]]:
    table = source.format.tables[network](model)
    try:
        net, report = rules.apply(table, source.contents.arrays, like)
    except ValueError as error:
        text = str(error).removeprefix("weights: ")
        raise ValueError(f"convert: {network!r} from {source.path}: {text}") from None
    return net, {
        "file": source.path,
        "sha256": registry.sha256(source.path),
        "kind": source.contents.kind,
        "container": source.contents.container,
        "format": source.format.about,
        "parameters": report.parameters,
        "mapped": dict(report.mapped),
        "ignored": dict(report.ignored),
        "constants": dict(report.constants),
        "others": list(source.contents.others),
    }
