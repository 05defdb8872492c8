"""Reports of results by protocol: everything that is said of each, for JSON."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from jaxgen.cli import folders
from jaxgen.cli.features import Networks
from jaxgen.cli.progress import counted
from jaxgen.cli.protocols import Found, Given, Measurement, about
from jaxgen.cli.workdirs import OURS, Workdir
from jaxgen.data import result_names
from jaxgen.data.builders.cache import processors
from jaxgen.metrics.definitions import Protocol
from jaxgen.runtime.provenance import provenance

Report = dict[str, Any]


def folder_reports(
    generated: Sequence[str],
    reference: str,
    real: str | None,
    chosen: Mapping[str, Protocol],
    networks: Networks,
) -> list[Report]:
    """Everything that protocols say of folders of pictures.

    Args:
        generated: folders of answers.
        reference: folder of targets.
        real: folder of the training split, if there is one.
        chosen: protocols by name.
        networks: gives feature networks.

    Returns:
        One report for each folder of answers, for JSON.

    Raises:
        FileNotFoundError: for folders that do not exist, or hold no picture.
        ValueError: for pictures that cannot be read, or when nothing can be computed.
    """
    targets = folders.open_folder(reference, "target")
    train = folders.open_folder(real, "target") if real else None
    reports = []
    for path in generated:
        answers = folders.open_folder(path, "answer")
        matching = result_names.match(answers.names, targets.names)
        given = folders.given(answers, targets, train, matching)
        found = measured(given, chosen, networks, path)
        reports.append(
            {
                "result": path,
                **_said(found, given),
                "sentences": folders.sentences(answers, targets, matching),
                "match": folders.told(answers, targets, matching),
                "formats": answers.formats,
                "reference": {"folder": reference, "list": targets.digest},
                "provenance": provenance({}),
            }
        )
    _require_something(reports)
    return reports


def workdir_reports(
    workdir: Workdir,
    samples: int | None,
    comparisons: Sequence[str],
    chosen: Mapping[str, Protocol],
    networks: Networks,
) -> list[Report]:
    """Everything that protocols say of a workdir, and of rows that need no training.

    Args:
        workdir: opened, with its data.
        samples: how many pairs of the test split; None for all.
        comparisons: names in `workdirs.COMPARISONS`.
        chosen: protocols by name.
        networks: gives feature networks.

    Returns:
        One report for the workdir and for each comparison, for JSON.

    Raises:
        ValueError: when nothing can be computed.
    """
    path = str(workdir.opened.workdir)
    if "target_image" not in workdir.spec:
        raise ValueError(
            f"evaluate: {path} has no targets to compare answers with; draw pictures "
            "with `sample --singles` and measure their folder."
        )
    reports = []
    for row in (OURS, *comparisons):
        name = path if row == OURS else f"{path}: {row}"
        given = workdir.given(row, split="test", samples=samples)
        found = measured(given, chosen, networks, name)
        reports.append(
            {
                "result": name,
                "workdir": path,
                "row": row,
                "step": workdir.opened.step,
                **_said(found, given),
                "provenance": workdir.provenance(),
            }
        )
    _require_something(reports)
    return reports


def measured(
    given: Given,
    chosen: Mapping[str, Protocol],
    networks: Networks,
    name: str,
) -> dict[str, Found]:
    """What each protocol says of one result; answers are drawn once for all.

    Args:
        given: answers, and what they are held against.
        chosen: protocols by name.
        networks: gives feature networks.
        name: of the result, for the progress bar.
    """
    running = {
        key: Measurement(protocol, given, networks) for key, protocol in chosen.items()
    }
    drawn = counted(
        given.answers.draw(),
        lambda batch: len(batch.names),
        f"evaluate {name}",
        given.answers.count,
    )
    with ThreadPoolExecutor(processors()) as executor:
        for batch in drawn:
            for measurement in running.values():
                measurement.update(batch, executor)
    return {key: measurement.finish() for key, measurement in running.items()}


def _said(found: Mapping[str, Found], given: Given) -> Report:
    return {
        "numbers": {
            f"{protocol}/{label}": number
            for protocol, one in found.items()
            for label, number in one.numbers.items()
        },
        "not_computed": {
            f"{protocol}/{name}": reason
            for protocol, one in found.items()
            for name, reason in one.reasons.items()
        },
        "answers": about(given.answers),
    }


def _require_something(reports: Sequence[Report]) -> None:
    if not any(found["numbers"] for found in reports):
        reasons = dict.fromkeys(
            why for found in reports for why in found["not_computed"].values()
        )
        said = " ".join(reports[0].get("sentences", []))
        raise ValueError(
            f"evaluate: nothing can be computed: {'; '.join(reasons)}. {said}".rstrip()
        )
