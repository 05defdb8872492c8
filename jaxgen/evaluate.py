"""Numbers of trained workdirs, or of folders of anybody's pictures, in one table.

python -m jaxgen.evaluate --workdir runs/pg2 --compare copy,mean,stranger
python -m jaxgen.evaluate --generated theirs ours --reference targets --protocol all
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from etils import epath

from jaxgen.cli import evaluators, records, tables
from jaxgen.cli.arguments import Parser, positive, run
from jaxgen.cli.features import FeatureNetworks
from jaxgen.cli.progress import counted
from jaxgen.cli.reports import folder_reports, workdir_reports
from jaxgen.cli.workdirs import COMPARISONS, OURS, Workdir
from jaxgen.core import checks
from jaxgen.data import pipeline
from jaxgen.data.builders.cache import cache_folder
from jaxgen.metrics import protocols
from jaxgen.runtime import compilation, experiment, measuring
from jaxgen.runtime.measuring import Evaluation
from jaxgen.runtime.mesh import make_mesh
from jaxgen.train import prepared_data

ALL = "all"


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    flags = _parsed(arguments)
    chosen = _chosen(flags.protocol)
    comparisons = [name for name in flags.compare.split(",") if name]
    for name in comparisons:
        checks.require_known("evaluate", "comparison", name, COMPARISONS)
    out = epath.Path(
        flags.out or epath.Path((flags.workdir or ["."])[0]) / "metrics.json"
    )
    if out.is_dir() or out.suffix != ".json":
        raise ValueError(f"evaluate: --out {out} should be a file FILE.json.")
    if flags.out and not out.parent.is_dir():
        raise FileNotFoundError(f"evaluate: the folder of {out} does not exist.")
    compilation.enable_cache(cache_folder() / "compiled")
    if flags.generated:
        reports = folder_reports(
            flags.generated,
            flags.reference,
            flags.real,
            chosen or protocols.PROTOCOLS,
            FeatureNetworks(make_mesh()),
        )
    elif chosen:
        networks = FeatureNetworks(make_mesh())
        opened = [_opened(workdir, flags) for workdir in flags.workdir]
        reports = [
            found
            for workdir in opened
            for found in workdir_reports(
                workdir, flags.samples, comparisons, chosen, networks
            )
        ]
    else:
        reports = [
            report(_opened(workdir, flags), flags.samples, comparisons)
            for workdir in flags.workdir
        ]
    by_protocol = chosen or flags.generated
    experiment.write_text(out, json.dumps(reports, indent=1, allow_nan=False))
    print(tables.protocol_text(reports) if by_protocol else table(reports))
    print(f"evaluate: wrote {out}")


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    about = "Measures trained workdirs on unseen people, or folders of pictures."
    parser = Parser("evaluate", about)
    add = parser.add_argument
    add("--workdir", nargs="+", help="folders that train wrote")
    add(
        "--generated",
        nargs="+",
        help="instead of workdirs: folders of pictures, each a column; their names say "
        "which target each belongs to",
    )
    add("--reference", help="folder of the targets of --generated")
    add(
        "--real",
        help="folder of the training split, where a protocol compares with all of it; "
        "by default --reference stands for it",
    )
    add(
        "--protocol",
        default="",
        help=f"published evaluations, comma-separated, or {ALL}: "
        f"{', '.join(protocols.PROTOCOLS)}; by default the config's own, and {ALL} for "
        "folders",
    )
    add(
        "--compare",
        default="",
        help="rows that need no training, comma-separated: copy (the source as the "
        "answer), mean (the mean training target), stranger (the answer from another "
        "person's source)",
    )
    add("--checkpoint", help="latest (the default), best or a step")
    add(
        "--data",
        default="",
        help="folder of prepared data for --workdir; by default the config's",
    )
    add("--samples", type=positive, default=None, help="instead of the config's")
    add(
        "--out", help="JSON file; by default metrics.json in the first workdir, or here"
    )
    flags = parser.parse_args(arguments)
    if bool(flags.workdir) == bool(flags.generated):
        parser.error("give either --workdir or --generated")
    if bool(flags.generated) != bool(flags.reference):
        parser.error("--generated and --reference go together")
    of_workdirs = (flags.compare, flags.samples, flags.checkpoint, flags.data)
    if flags.generated and any(of_workdirs):
        parser.error("--compare, --samples, --checkpoint, --data are for workdirs")
    if flags.real and not flags.generated:
        parser.error("--real is for folders; a workdir knows its training split")
    names = flags.protocol.split(",")
    if flags.protocol and (not all(names) or (ALL in names and len(names) > 1)):
        parser.error(f"--protocol is {ALL}, or names with commas between them")
    flags.checkpoint = flags.checkpoint or "latest"
    return flags


def _chosen(names: str) -> Mapping[str, protocols.Protocol]:
    """Protocols by name, in the order asked for."""
    wanted = protocols.PROTOCOLS if names == ALL else [n for n in names.split(",") if n]
    return {name: protocols.protocol(name) for name in wanted}


def _opened(workdir: str, flags: argparse.Namespace) -> Workdir:
    opened = experiment.open_workdir(workdir, flags.checkpoint)
    return Workdir(opened, prepared_data(opened.config, opened.system, flags.data))


def report(
    workdir: Workdir, samples: int | None, comparisons: Sequence[str]
) -> dict[str, Any]:
    """Every evaluation of a workdir's config.

    Args:
        workdir: opened, with its data.
        samples: instead of those of `config.evals`.
        comparisons: of `COMPARISONS`.

    Returns:
        Numbers, what they are compared with, definitions and provenance, for JSON.
    """
    config, system = workdir.opened.config, workdir.opened.system
    evals = {
        name: {**options, **({"samples": samples} if samples else {})}
        for name, options in config.evals.to_dict().items()
    }
    evaluations = evaluators.evaluations(evals, system)
    names: dict[tuple[str, int], list[str]] = {}

    def reals(*, split: str, samples: int | None) -> measuring.Samples:
        found = pipeline.once(workdir.data, workdir.spec, split=split, samples=samples)
        return counted(found, lambda batch: len(batch[1]), f"real {split}", samples)

    def draw(row: str, *, samples: int, **which) -> measuring.Answers:
        drawn = workdir.draw(row, names=names, samples=samples, **which)
        return counted(drawn, lambda batch: len(batch[2]), row, samples)

    real = measuring.real_states(evaluations, reals)
    kept = {
        row: measuring.measure_all(evaluations, partial(draw, row))
        for row in (OURS, *comparisons)
    }
    return {
        "workdir": str(workdir.opened.workdir),
        "variant": config.model.get("variant", config.system),
        "step": workdir.opened.step,
        "numbers": {
            label: number
            for name, entry in evaluations.items()
            for label, number in _numbers(
                name,
                entry,
                {row: found[name] for row, found in kept.items()},
                real.get(name),
                names[entry.split, entry.samples],
                workdir.size,
            ).items()
        },
        "remarks": [
            f"{split} has {len(found)} samples; {asked} were asked for."
            for (split, asked), found in names.items()
            if len(found) < asked
        ],
        "provenance": workdir.provenance(),
    }


def _numbers(
    name: str,
    entry: Evaluation,
    kept: Mapping[str, measuring.Kept],
    real: Any,
    names: Sequence[str],
    size: str,
) -> dict[str, Any]:
    """Numbers of ours by label, and the differences to the same of other rows."""
    numbers = {row: entry.numbers(name, found, real) for row, found in kept.items()}
    facts = {
        **_facts(entry, kept[OURS], names),
        "samples": entry.samples,
        "split": entry.split,
        "list": hashlib.sha256("\n".join(names).encode()).hexdigest()[:16],
        "output": entry.output,
        "weights": [dict(file) for file in entry.weights],
    }
    definition = _definition(entry, names, size)
    found = {}
    for label, value in numbers[OURS].items():
        its = {row: by_label[label] for row, by_label in numbers.items()}
        compared = _differences(its, kept, entry)
        found[label] = records.record(value, definition, **facts, compared=compared)
    return found


def _definition(entry: Evaluation, names: Sequence[str], size: str) -> dict[str, str]:
    definition = {**entry.metric.definition, "size": size}
    definition |= records.untrained(entry.weights)
    if entry.use is not None:
        constants = [f"{name} = {value}" for name, value in entry.use.inputs]
        definition["answers"] = ", ".join([f"task {entry.use.task}", *constants])
    if entry.features is not None:
        known = entry.reference
        at_most = f", from {known.samples} samples" if known.samples else ""
        definition["limits"] = f"{len(names)} generated"
        definition["real"] = f"every picture of {known.split} once{at_most}"
    return definition


def _facts(entry: Evaluation, ours: Any, names: Sequence[str]) -> dict[str, Any]:
    """How many samples count, and how pairs spread."""
    kept = entry.counted(len(names))
    if isinstance(ours, np.ndarray):
        return records.spread(ours[:kept], names[:kept])
    return {"count": len(names)}


def _differences(
    numbers: Mapping[str, float], kept: Mapping[str, measuring.Kept], entry: Evaluation
) -> dict[str, dict[str, Any]]:
    """Of ours to every other row: a number's own, and of pairs an interval."""
    compared: dict[str, dict[str, Any]] = {}
    for row, value in numbers.items():
        if row != OURS:
            compared[row] = {"value": value, "difference": numbers[OURS] - value}
            if isinstance(found := kept[row], np.ndarray):
                difference = (kept[OURS] - found)[: entry.counted(len(found))]
                interval = measuring.paired_interval(difference)
                compared[row]["interval_95"] = list(interval)
    return compared


def table(reports: Sequence[dict[str, Any]]) -> str:
    """What people read: workdirs against numbers, then what each is compared with."""
    results = [(_label(found), found["numbers"]) for found in reports]
    parts = [tables.matrix(results, results_down=True), *_remarks(reports)]
    for found in reports:
        if compared := _compared(found):
            parts.append(f"{_label(found)} against rows that need no training:")
            parts.append(tables.aligned(compared))
    return "\n\n".join(parts)


def _remarks(reports: Sequence[dict[str, Any]]) -> list[str]:
    """What to know before a number is believed."""
    random = dict.fromkeys(
        label
        for found in reports
        for label, number in found["numbers"].items()
        if "weights" in number["definition"]
    )
    remarks = dict.fromkeys(text for found in reports for text in found["remarks"])
    if random:
        text = f"{', '.join(random)}: computed by a network of random weights."
        return [text, *remarks]
    return list(remarks)


def _label(found: dict[str, Any]) -> str:
    return f"{found['variant']}, {found['workdir']}, step {found['step']}"


def _compared(found: dict[str, Any]) -> list[list[str]]:
    head = ["", "ours", "", "its", "ours - its", "95 % interval"]
    rows = []
    for name, number in found["numbers"].items():
        for other, its in number["compared"].items():
            low, high = its.get("interval_95", (None, None))
            rows.append(
                [
                    name,
                    f"{records.number_of(number):.4f}",
                    other,
                    f"{float(its['value']):.4f}",
                    f"{float(its['difference']):+.4f}",
                    "-" if low is None else f"{float(low):+.4f} to {float(high):+.4f}",
                ]
            )
    return [head, *rows] if rows else []


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]), "evaluate")
