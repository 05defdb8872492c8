"""Numbers in rows and columns, for a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from jaxgen.cli.records import number_of


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text, columns below each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def matrix(
    results: Sequence[tuple[str, Mapping[str, Mapping[str, Any]]]],
    *,
    results_down: bool = False,
) -> str:
    """Numbers down, results across; a row holds numbers of one definition only.

    Args:
        results: what each is called, and its records by label.
        results_down: the other way round.
    """
    rows = dict.fromkeys(
        (label, found["key"])
        for _, numbers in results
        for label, found in numbers.items()
    )
    # Numbers of one name stay together, also where results differ in definition.
    order = {label: place for place, (label, _) in reversed([*enumerate(rows)])}
    lines = [["", *(name for name, _ in results), "definition"]]
    for label, key in sorted(rows, key=lambda row: order[row[0]]):
        found = [numbers.get(label) for _, numbers in results]
        cells = [_cell(record, key) for record in found]
        lines.append([label, *cells, key])
    return aligned([*zip(*lines, strict=True)] if results_down else lines)


def _cell(record: Mapping[str, Any] | None, key: str) -> str:
    if record is None or record["key"] != key:
        return "-"
    return f"{number_of(record):.4f}"


def protocol_text(reports: Sequence[Mapping[str, Any]]) -> str:
    """What people read: numbers against results, then what is to be known of them."""
    results = [(found["result"], found["numbers"]) for found in reports]
    lines = [s for found in reports for s in found.get("sentences", [])]
    return "\n".join([matrix(results), "", *lines, *_remarks(reports)])


def _remarks(reports: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every remark once, with the numbers that it is about."""
    about: dict[str, dict[str, None]] = {}
    lost: dict[str, dict[str, None]] = {}
    for found in reports:
        for label, number in found["numbers"].items():
            if "instead of" in (real := number["definition"].get("real", "")):
                about.setdefault(f"computed against {real}", {})[label] = None
            if "weights" in number["definition"]:
                text = "computed by a network of random weights"
                about.setdefault(text, {})[label] = None
            if names := number.get("undefined"):
                shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
                text = f"no number for {len(names)} pictures ({shown})"
                about.setdefault(text, {})[label] = None
            for note in number.get("notes", []):
                about.setdefault(note.rstrip("."), {})[label] = None
        for label, reason in found["not_computed"].items():
            lost.setdefault(reason, {})[label] = None
    return [
        *(f"{', '.join(labels)}: {remark}." for remark, labels in about.items()),
        *(f"Not computed: {', '.join(labels)}: {why}." for why, labels in lost.items()),
    ]
