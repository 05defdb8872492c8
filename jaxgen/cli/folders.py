"""Folders of pictures as streams: answers with their targets, and real pictures."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from jaxgen.cli.gathering import Batch, Stream
from jaxgen.cli.protocols import Given
from jaxgen.data import results
from jaxgen.data.result_names import Matching
from jaxgen.data.results import Picture
from jaxgen.metrics import prepare
from jaxgen.metrics.definitions import Protocol

BATCH = 32
_THREADS = 4
_SHOWN = 5


@dataclass(frozen=True)
class Folder:
    """A folder of pictures.

    Attributes:
        path: of it.
        pictures: sorted by name.
        digest: a hash of names and contents.
    """

    path: str
    pictures: tuple[Picture, ...]
    digest: str

    @property
    def names(self) -> list[str]:
        """Of the pictures."""
        return [picture.name for picture in self.pictures]

    @property
    def formats(self) -> dict[str, int]:
        """How the pictures were saved -> how many were."""
        found: dict[str, int] = {}
        for picture in self.pictures:
            found[picture.saved] = found.get(picture.saved, 0) + 1
        return found


def open_folder(path: str, role: str) -> Folder:
    """Looks at every picture of a folder, and reads none.

    Args:
        path: of the folder.
        role: a name in `data.results.ROLES`.

    Raises:
        FileNotFoundError: when there is no such folder, or no picture in it.
        ValueError: for a file that is no picture.
    """
    pictures = results.open_folder(path, role)
    return Folder(path, pictures, results.digest(pictures))


def given(
    answers: Folder, reference: Folder, real: Folder | None, matching: Matching
) -> Given:
    """Answers, their targets, and what is taken for real.

    Args:
        answers: generated pictures.
        reference: where the targets are.
        real: every image of the training split, if it was named.
        matching: of the two folders.
    """
    target_of = {a: reference.pictures[t] for a, t in matching.pairs}
    targets = [target_of.get(row) for row in range(len(answers.pictures))]
    known = [picture for picture in targets if picture is not None]
    stand_in = stream(real or reference, f"pictures of {(real or reference).path}")
    streams = {
        "targets": Stream(
            f"targets in {reference.path}",
            len(known),
            results.digest(known),
            partial(_draw, known),
        ),
    }
    if real is not None:
        streams["train"] = stand_in
    return Given(
        answers=Stream(
            "folders of pictures",
            len(answers.pictures),
            answers.digest,
            partial(_draw, answers.pictures, targets),
        ),
        paired=len(matching.pairs),
        real=streams,
        stand_in=stand_in,
        departure=partial(departure, answers),
    )


def stream(folder: Folder, about: str) -> Stream:
    """All pictures of a folder."""
    return Stream(
        about, len(folder.pictures), folder.digest, partial(_draw, folder.pictures)
    )


def _draw(
    pictures: Sequence[Picture], targets: Sequence[Picture | None] = ()
) -> Iterator[Batch]:
    with ThreadPoolExecutor(_THREADS) as executor:
        for start in range(0, len(pictures), BATCH):
            part = pictures[start : start + BATCH]
            wanted = targets[start : start + BATCH]
            images = executor.map(Picture.read, part)
            found = executor.map(_read, wanted)
            yield Batch(
                names=[picture.name for picture in part],
                images=list(images),
                # A JPEG of the real pictures is how the dataset came.
                saved=[is_saved(p) if targets else p.panel is not None for p in part],
                targets=list(found),
                targets_saved=[bool(p and p.panel is not None) for p in wanted],
            )


def _read(picture: Picture | None) -> np.ndarray | None:
    return picture and picture.read()


def is_saved(answer: Picture) -> bool:
    """Whether an answer has a lossy file behind it, so that it is not saved again."""
    return answer.format == "JPEG" or answer.panel is not None


def departure(answers: Folder, protocol: Protocol) -> str:
    """How answers were saved, in words, if the protocol saves them otherwise.

    PNG files go through the protocol's JPEG, and JPEG files of its quality are its own.
    """
    quality = next(
        (o["quality"] for n, o in protocol.on_generated if n == "jpeg"), None
    )
    others = {
        picture.saved
        for picture in answers.pictures
        if is_saved(picture) and picture.quality != quality
    }
    if quality is None or not others:
        return ""
    steps = [step for step in protocol.on_generated if step[0] != "jpeg"]
    return f"{prepare.describe(steps)}; files are {' and '.join(sorted(others))}"


def sentences(answers: Folder, reference: Folder, matching: Matching) -> list[str]:
    """What a person should know about the match: nothing is left out in silence."""
    found = [
        f"{len(matching.pairs)} of {len(answers.pictures)} pictures in {answers.path} "
        f"have a target in {reference.path}."
    ]
    for kind, numbers, names in (
        ("have none", matching.unmatched, answers.names),
        ("could be several, or are there twice", matching.ambiguous, answers.names),
        ("are targets without an answer", matching.unused, reference.names),
    ):
        if numbers:
            found.append(f"{len(numbers)} {kind}: {_few([names[n] for n in numbers])}.")
    for folder in (answers, reference):
        cut = sum(picture.panel is not None for picture in folder.pictures)
        if cut:
            panel = results.ROLES["answer" if folder is answers else "target"] + 1
            found.append(
                f"{cut} pictures in {folder.path} are strips of {results.PANELS}; "
                f"number {panel} was cut out."
            )
    return found


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def told(answers: Folder, reference: Folder, matching: Matching) -> dict[str, Any]:
    """The match in full, for JSON."""
    return {
        "pairs": len(matching.pairs),
        "without_target": [answers.names[n] for n in matching.unmatched],
        "ambiguous": [answers.names[n] for n in matching.ambiguous],
        "targets_without_answer": [reference.names[n] for n in matching.unused],
    }
