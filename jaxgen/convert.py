"""Turns weights of other people's code into a workdir, and back.

python -m jaxgen.convert --config pg2_market1501 --to runs/converted \
    --from coarse=G1.pth refine=G2.pth discriminator=random
python -m jaxgen.convert --workdir runs/pg2 --network coarse --to-torch G1.safetensors
python -m jaxgen.convert --network vgg19 --from vgg19-dcbb9e9d.pth --to nets/vgg19
python -m jaxgen.convert --inspect G1.pth
"""

import argparse
import json
import pathlib
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import jax
from etils import epath
from safetensors import numpy as safetensors

from jaxgen import systems
from jaxgen.cli.arguments import Parser, run
from jaxgen.cli.feature_networks import origins, read_feature_network
from jaxgen.cli.networks import RANDOM, Conversion, convert_files, exported, place
from jaxgen.core import checks
from jaxgen.core.arrays import Config
from jaxgen.data.builders import folders
from jaxgen.runtime import experiment, networks
from jaxgen.runtime.checkpoint import Checkpoints
from jaxgen.runtime.mesh import make_mesh
from jaxgen.runtime.optim import make_optimizers
from jaxgen.runtime.provenance import write_provenance
from jaxgen.runtime.state import create
from jaxgen.weights import files

_REPORT = "conversion.json"


def main(arguments: Sequence[str] | None = None) -> None:
    """The command.

    Args:
        arguments: the command line without the program, by default the real one.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = _parser()
    use = _use(parser, {a.partition("=")[0] for a in arguments if a[:2] == "--"})
    if use == "--inspect":
        print(inspected(parser.parse_args(arguments).inspect))
    elif use == "--network":
        print(convert_network(parser.parse_args(arguments)))
    elif use == "--to-torch":
        print(export(parser.parse_args(arguments)))
    else:
        if not any(a.startswith("--config") for a in arguments):
            parser.error(f"needs {_NEEDS}")
        flags, config = parser.parse_with_config(arguments)
        if not flags.given or not flags.to:
            parser.error(f"needs {_NEEDS}")
        convert(config, _by_network(flags.given), flags.to, infer=flags.infer)


_USES = {
    "--inspect": (),
    "--to-torch": ("--workdir", "--network", "--format", "--checkpoint"),
    "--network": ("--from", "--to"),
    "--to": ("--config", "--from", "--infer"),
}
"""The uses by the flag that tells them, with the others that each takes."""


def _use(parser: Parser, given: set[str]) -> str:
    use = next((flag for flag in _USES if flag in given), "--to")
    for flag in given - {"--help", "--version"}:
        if flag not in (use, *_USES[use]) and not flag.startswith("--config."):
            parser.error(f"{flag} does not go with {use}; it needs {_NEEDS}")
    return use


_NEEDS = (
    "--config, --from NAME=FILE ... and --to WORKDIR; or --network NAME, --from FILE "
    "... and --to FOLDER; or --workdir WORKDIR, --network NAME and --to-torch FILE; or "
    "--inspect FILE"
)


def _parser() -> Parser:
    about = (
        "Turns weights of other people's code into a workdir that sample, evaluate and "
        "train take, and back; tells what a file holds. Runs nothing in a file."
    )
    parser = Parser("convert", about)
    unset: Mapping[str, Any] = {"default": argparse.SUPPRESS}
    into = parser.add_argument_group(
        "from a file to a workdir (with --config)"
    ).add_argument
    into(
        "--from",
        dest="given",
        nargs="+",
        action="extend",
        metavar="NAME=FILE",
        help="a file for each network of the system, or a part of one (FILE:G_ema); "
        "NAME=random leaves a network as the system draws it",
        **unset,
    )
    into("--to", metavar="WORKDIR", help="new folder", **unset)
    into(
        "--infer",
        action="store_true",
        help="take widths and sizes from the files; otherwise others than the "
        "config's are refused",
    )
    back = parser.add_argument_group("from a workdir to a file").add_argument
    back("--workdir", help="folder that train or convert wrote", **unset)
    back("--network", help="of its system; without --workdir a feature network such as "
        "vgg19, which --from FILE --to FOLDER makes a folder for config.pretrained of",
        **unset)  # fmt: skip
    back(
        "--to-torch",
        metavar="FILE.safetensors",
        help="new file with the names and layouts of another implementation: of a "
        "PyTorch one its state_dict",
        **unset,
    )
    back("--format", default="", help="of which implementation, where several fit")
    back("--checkpoint", default="latest", help="latest, best or a step")
    parser.add_argument(
        "--inspect", metavar="FILE", help="only tell what a file holds", **unset
    )
    parser.set_defaults(given=None, to=None, workdir=None, network=None)
    return parser


def convert(config: Config, given: Mapping[str, str], out: str, *, infer: bool) -> None:
    """Writes a workdir from files, and says what became of every array.

    Args:
        config: of the run that starts from them.
        given: network -> file, or `random`.
        out: new or empty folder.
        infer: takes widths and sizes from the files.

    Raises:
        FileNotFoundError, FileExistsError, KeyError, ValueError: for files, names and
            folders that do not fit; nothing is written.
    """
    if "://" in out:
        raise ValueError(f"convert: {out} is no local folder; copy the workdir later.")
    with folders.fresh(out, last="config.json") as folder:
        found = convert_files(config.system, config.model.to_dict(), given, infer=infer)
        told = _told(found, given, config)
        with config.unlocked():
            config.model.update(found.model)
        _write_workdir(folder, config, found)
    for line in told:
        print(f"convert: {line}")
    print(f"convert: wrote {out}; every array is accounted for in {_REPORT} there")


def convert_network(flags: argparse.Namespace) -> str:
    """Writes the folder of one feature network; what it wrote.

    Raises:
        FileNotFoundError, FileExistsError, KeyError, ValueError: for names, files and
            folders that do not fit; nothing is written.
    """
    if not flags.given or not flags.to:
        raise ValueError(f"convert: needs {_NEEDS}.")
    with folders.fresh(flags.to, last=networks.ABOUT) as folder:
        net, report, about = read_feature_network(flags.network, flags.given)
        facts = {
            "network": flags.network,
            "format": about,
            "files": origins(flags.network, flags.given),
            "mapped": dict(report.mapped),
            "ignored": dict(report.ignored),
            "parameters": report.parameters,
        }
        networks.write_network(str(folder), net, facts)
    return (
        f"convert: wrote {flags.to}: {flags.network}, {len(report.mapped)} arrays "
        f"mapped, {len(report.ignored)} left out, none missing, {report.parameters:,} "
        f"parameters ({about})"
    )


def export(flags: argparse.Namespace) -> str:
    """Writes one network of a workdir as a state_dict; what it wrote.

    Raises:
        FileNotFoundError, FileExistsError, KeyError, ValueError: for workdirs, networks
            and formats that do not fit; nothing is written.
    """
    if not flags.workdir or not flags.network:
        raise ValueError(f"convert: needs {_NEEDS}.")
    out = pathlib.Path(flags.to_torch)
    if out.suffix != ".safetensors":
        raise ValueError(f"convert: {out} should be a file FILE.safetensors.")
    if out.exists():
        raise FileExistsError(f"convert: {out} exists already; name another file.")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"convert: the folder of {out} does not exist.")
    opened = experiment.open_workdir(flags.workdir, flags.checkpoint)
    config, nets = opened.config, opened.nets
    checks.require_known("convert", "network", flags.network, nets)
    net = jax.device_get(nets[flags.network])
    arrays, about, reasons = exported(
        config.system, config.model.to_dict(), flags.network, net, flags.format
    )
    content = safetensors.save(arrays, {"format": "pt", "names": about})
    experiment.write_bytes(epath.Path(out), content)
    total = sum(array.size for array in arrays.values())
    unknown = (
        f"; at their initial values, because {', '.join(reasons)}" if reasons else ""
    )
    return (
        f"convert: wrote {out}: {flags.network} at step {opened.step}, {len(arrays)} "
        f"arrays, {total:,} numbers, as {about}{unknown}"
    )


def _by_network(given: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given:
        name, _, path = text.partition("=")
        if not name or not path or name in found:
            raise ValueError(
                f"convert: --from takes NAME=FILE, each once; got {text!r}."
            )
        found[name] = path
    return found


def inspected(path: str) -> str:
    """What a file holds, one line for each array.

    Raises:
        FileNotFoundError: when there is none.
        ValueError: when it cannot be read, or asks to run something.
    """
    file, container = place(path)
    found = files.read(file, container=container)
    total = sum(array.size for array in found.arrays.values())
    where = f" in {checks.printable(found.container)}" if found.container else ""
    where += f" (names without {found.prefix!r})" if found.prefix else ""
    lines = [
        f"{path}: a {found.kind}, {len(found.arrays)} arrays{where}, {total:,} numbers"
    ]
    names = [checks.printable(name) for name in found.arrays]
    width = max(map(len, names), default=0)
    lines += [
        f"  {name:{width}}  {array.dtype} {list(array.shape)}"
        for name, array in zip(names, found.arrays.values(), strict=True)
    ]
    if found.others:
        lines.append(f"also in the file: {_listed(found.others)}")
    return "\n".join(lines)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return ", ".join(checks.printable(name) for name in names[:20]) + more


def _told(found: Conversion, given: Mapping[str, str], config: Config) -> list[str]:
    """The report, as far as it fits on a screen."""
    lines = []
    for name, path in given.items():
        if path == RANDOM:
            lines.append(f"{name}: drawn at random, not trained")
            continue
        report = found.reports[name]
        lines.append(
            f"{name}: {len(report['mapped'])} arrays of {path} mapped, none missing, "
            f"{report['parameters']:,} parameters ({report['format']})"
        )
        for reason, count in Counter(report["ignored"].values()).items():
            lines.append(f"  {count} arrays left out: {reason}")
        for reason, count in Counter(report["constants"].values()).items():
            lines.append(f"  {count} arrays of ours filled: {reason}")
        if report["others"]:
            lines.append(f"  not read: {_listed(report['others'])}")
    for key, value in found.model.items():
        if value != config.model[key]:
            lines.append(
                f"config.model.{key} is {value} instead of {config.model[key]}: these "
                "weights need it"
            )
    return lines


def _write_workdir(folder: pathlib.Path, config: Config, found: Conversion) -> None:
    """Writes a run at step 0; networks not found are drawn as at the start of one."""
    system = systems.build(config.system, config.model.to_dict(), config.dtype)
    mesh = make_mesh(devices=jax.devices()[:1])
    optimizers = make_optimizers(config, system)
    start = create(system, optimizers, mesh, config, found.nets)
    checkpoints = Checkpoints(str(folder))
    try:
        checkpoints.save(0, start.state, position=0)
    finally:
        checkpoints.close()
    _write_report(folder, found.reports)
    write_provenance(str(folder), {"config": experiment.config_hash(config)})
    experiment.write_config(str(folder), config)


def _write_report(folder: pathlib.Path, reports: Mapping[str, Any]) -> None:
    (folder / _REPORT).write_text(json.dumps(reports, indent=1))


if __name__ == "__main__":
    run(main, "convert")
