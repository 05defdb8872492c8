"""Numbers of trained workdirs on unseen people, in one table.

python -m jaxgen.evaluate --workdir runs/pg2 --compare copy,mean,stranger
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from etils import epath

from jaxgen.cli import evaluators
from jaxgen.cli.arguments import Parser, positive, run
from jaxgen.core import checks
from jaxgen.data import pipeline
from jaxgen.data.builders.cache import cache_folder
from jaxgen.runtime import compilation, evaluation, experiment
from jaxgen.runtime.evaluation import Answers, Evaluation
from jaxgen.runtime.mesh import mesh_key
from jaxgen.runtime.provenance import provenance
from jaxgen.train import prepared_data

COMPARISONS = ("copy", "mean", "stranger")
_MEAN_OF = 1_000

Values = Mapping[str, np.ndarray]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = Parser("evaluate", "Measures trained workdirs on unseen people.")
    add = parser.add_argument
    add("--workdir", nargs="+", required=True, help="folders that train wrote")
    add(
        "--compare",
        default="",
        help="rows that need no training, comma-separated: copy (the source as the "
        "answer), mean (the mean training target), stranger (the answer from another "
        "person's source)",
    )
    add("--checkpoint", default="latest", help="latest, best or a step")
    add("--samples", type=positive, default=None, help="instead of the config's")
    add("--out", help="JSON file; by default metrics.json in the first workdir")
    flags = parser.parse_args(arguments)
    comparisons = [name for name in flags.compare.split(",") if name]
    for name in comparisons:
        checks.require_known("evaluate", "comparison", name, COMPARISONS)
    out = epath.Path(flags.out or epath.Path(flags.workdir[0]) / "metrics.json")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"evaluate: the folder of {out} does not exist.")
    compilation.enable_cache(cache_folder() / "compiled")
    reports = [
        report(workdir, flags.checkpoint, flags.samples, comparisons)
        for workdir in flags.workdir
    ]
    print(table(reports))
    experiment.write_text(out, json.dumps(reports, indent=1))
    print(f"evaluate: wrote {out}")


def report(
    workdir: str, checkpoint: str, samples: int | None, comparisons: Sequence[str]
) -> dict[str, Any]:
    """Everything measured of one workdir.

    Args:
        workdir: of a run.
        checkpoint: `latest`, `best` or a step.
        samples: instead of those of `config.evals`.
        comparisons: of `COMPARISONS`.

    Returns:
        Means, what they are compared with, definitions and provenance, for JSON.
    """
    opened = experiment.open_workdir(workdir, checkpoint)
    config, system = opened.config, opened.system
    devices = opened.mesh.shape["data"]
    spec = system.batch_spec(-(-config.batch_size // devices) * devices)
    evals = {
        name: {**options, **({"samples": samples} if samples else {})}
        for name, options in config.evals.to_dict().items()
    }
    evaluations = evaluators.evaluations(evals, system)
    data = prepared_data(config, system)
    once = partial(pipeline.once, data, spec)
    predict = evaluation.make_predict(system, opened.mesh)
    draws = {
        "ours": partial(_answers, opened, once, predict),
        "copy": partial(_copies, opened, once),
        "mean": partial(_means, opened, once),
        "stranger": partial(_answers, opened, once, predict, stranger=True),
    }
    ours = evaluation.measure_all(evaluations, draws["ours"])
    rows = {
        name: evaluation.measure_all(evaluations, draws[name]) for name in comparisons
    }
    return {
        "workdir": str(workdir),
        "variant": config.model.get("variant", config.system),
        "step": opened.step,
        "numbers": {
            name: _number(name, evaluations[name], values, rows)
            for name, values in ours.items()
        },
        "provenance": provenance(
            {
                "config": experiment.config_hash(config),
                "dataset": pipeline.fingerprint(data, "test"),
            }
        ),
    }


def _answers(opened, once, predict, *, stranger: bool = False, **which) -> Answers:
    key = mesh_key(opened.config.seed, opened.mesh)
    found = once(**which, stranger=stranger)
    return evaluation.answers(predict, opened.nets, found, key, opened.mesh)


def _copies(opened, once, **which) -> Answers:
    """The source picture, whatever the target pose."""
    return _constant(opened, once, lambda batch: batch["source_image"], which)


def _means(opened, once, **which) -> Answers:
    """The mean picture of training targets: what ignores every input could give."""
    total, count = np.zeros(()), 0
    for batch, names in once(split=opened.config.data.split, samples=_MEAN_OF):
        targets = batch["target_image"][: len(names)]
        total = total + targets.sum(0, dtype=np.float64)
        count += len(names)
    mean = (total / count).astype(np.uint8)
    return _constant(
        opened, once, lambda b: np.broadcast_to(mean, b["target_image"].shape), which
    )


def _constant(opened, once, answer, which) -> Iterator:
    names = evaluators.output_names(opened.system)
    for batch, real in once(**which):
        image = answer(batch)[: len(real)]
        kept = {name: value[: len(real)] for name, value in batch.items()}
        yield dict.fromkeys(names, image), kept, real


def _number(
    name: str, of: Evaluation, values: np.ndarray, rows: Mapping[str, Values]
) -> dict[str, Any]:
    number: dict[str, Any] = {
        "mean": float(values.mean()),
        "samples": len(values),
        "split": of.split,
        "output": of.output,
        "definition": of.metric.definition,
        "compared": {},
    }
    for row, found in rows.items():
        difference = values - found[name]
        low, high = evaluation.paired_interval(difference)
        number["compared"][row] = {
            "mean": float(found[name].mean()),
            "difference": float(difference.mean()),
            "interval_95": [low, high],
        }
    return number


def table(reports: Sequence[Mapping[str, Any]]) -> str:
    """What people read: workdirs against numbers, then what each is compared with."""
    names = list(dict.fromkeys(n for r in reports for n in r["numbers"]))
    rows = [["", *names]]
    for report in reports:
        means = {n: f"{number['mean']:.4f}" for n, number in report["numbers"].items()}
        rows.append([_label(report), *(means.get(n, "-") for n in names)])
    tables = [_aligned(rows)]
    for report in reports:
        if compared := _compared(report):
            tables.append(f"{_label(report)} against rows that need no training:")
            tables.append(_aligned(compared))
    return "\n\n".join(tables)


def _label(report: Mapping[str, Any]) -> str:
    return f"{report['variant']}, {report['workdir']}, step {report['step']}"


def _compared(report: Mapping[str, Any]) -> list[list[str]]:
    head = ["", "ours", "", "its", "ours - its", "95 % interval"]
    rows = []
    for name, number in report["numbers"].items():
        for other, found in number["compared"].items():
            low, high = found["interval_95"]
            rows.append(
                [
                    name,
                    f"{number['mean']:.4f}",
                    other,
                    f"{found['mean']:.4f}",
                    f"{found['difference']:+.4f}",
                    f"{low:+.4f} to {high:+.4f}",
                ]
            )
    return [head, *rows] if rows else []


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]), "evaluate")
