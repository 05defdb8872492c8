"""Which of somebody's answers belongs to which target: by the names of their files.

An answer is named after its target, or after source and target with something between;
what stands before and behind differs from repository to repository. Names are compared
without what says nothing about the picture: case, endings, `_vis`, `resize-`, and the
spelling of `fashion`. A picture of DeepFashion is told by gender, category, item and
view, in folders or in one word.
"""

import collections
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

SEPARATORS = ("___", "_to_", "_2_")
"""Between source and target; a view of DeepFashion has `_2_` in it, too."""

_RANK = {"path": 0, "name": 1, "pair": 2}
"""Ways in which an answer names a target, the surest first."""
_ENDING = re.compile(r"(\.(jpe?g|png)|_vis)+$")
_PREFIX = re.compile(r"^(resized?[-_])?(deep)?(fash?ion[-_]?)?(resized?[-_])?")
_DEEPFASHION = re.compile(r"[a-z]*?((?:wo)?men[a-z]+?id\d{11,}[a-z]+)")


@dataclass(frozen=True)
class Matching:
    """Answers with their targets, as indices into two lists of names.

    Attributes:
        pairs: (answer, target), in the order of answers; one target may have several
            answers, from different sources.
        unmatched: answers without a target, or whose target another names by its path.
        ambiguous: answers with several targets, or of one name with another answer.
        unused: targets without an answer.
    """

    pairs: tuple[tuple[int, int], ...]
    unmatched: tuple[int, ...]
    ambiguous: tuple[int, ...]
    unused: tuple[int, ...]


def plain(name: str) -> str:
    """A name without what differs between repositories.

    Args:
        name: of a file, with folders or without, with its suffix or without.
    """
    folders, slash, last = name.lower().rpartition("/")
    last = _ENDING.sub("", last)
    found = _DEEPFASHION.fullmatch(re.sub(r"[-_/.]", "", folders + last))
    if found is None:
        found = _DEEPFASHION.fullmatch(re.sub(r"[-_.]", "", last))
    return found[1] if found else folders + slash + _PREFIX.sub("", last)


def match(answers: Sequence[str], targets: Sequence[str]) -> Matching:
    """Finds the target of every answer.

    The whole name counts first, with folders and then without, then source and target
    both, at last the target alone.

    Args:
        answers: paths with `/`, relative to their folder.
        targets: the same.
    """
    index: dict[tuple, set[int]] = collections.defaultdict(set)
    for number, name in enumerate(targets):
        for key in _keys(name, target=True):
            index[key].add(number)
    groups: dict[tuple, list[tuple[int, int]]] = collections.defaultdict(list)
    unmatched, ambiguous = [], []
    for number, name in enumerate(answers):
        found = next((k for k in _keys(name) if k in index), None)
        if found is None:
            unmatched.append(number)
        elif len(index[found]) > 1:
            ambiguous.append(number)
        else:
            (target,) = index[found]
            groups[_identity(name, found)].append((number, target))
    beaten = _beaten(groups)
    unmatched = sorted([*unmatched, *(a for key in beaten for a, _ in groups.pop(key))])
    pairs = [group[0] for group in groups.values() if len(group) == 1]
    double = [a for group in groups.values() if len(group) > 1 for a, _ in group]
    used = {target for _, target in pairs}
    return Matching(
        pairs=tuple(sorted(pairs)),
        unmatched=tuple(unmatched),
        ambiguous=tuple(sorted(ambiguous + double)),
        unused=tuple(t for t in range(len(targets)) if t not in used),
    )


def _beaten(groups: Mapping[tuple, Sequence[tuple[int, int]]]) -> list[tuple]:
    """Groups that name a target by itself, less surely than another group does."""
    surest: dict[int, int] = {}
    direct = {key: _RANK[key[0]] for key in groups if key[0] in _RANK}
    for key, rank in direct.items():
        for _, target in groups[key]:
            surest[target] = min(rank, surest.get(target, rank))
    return [key for key, rank in direct.items() if rank > surest[groups[key][0][1]]]


def _keys(name: str, *, target: bool = False) -> Iterator[tuple]:
    """What a name may be found by, the surest first."""
    last = name.rpartition("/")[2]
    yield "path", plain(name)
    yield "name", plain(last)
    for pair in _pairs(last):
        yield "pair", pair
    if not target:
        for _, wanted in _pairs(last):
            yield "path", wanted
            yield "name", wanted


def _pairs(name: str) -> list[tuple[str, str]]:
    """Every way to read a name as that of a source and a target."""
    found = []
    for separator in SEPARATORS:
        for place in re.finditer(re.escape(separator), name, re.IGNORECASE):
            source, target = name[: place.start()], name[place.end() :]
            if source and plain(target):
                found.append((plain(source), plain(target)))
    return found


def _identity(name: str, found: tuple) -> tuple:
    """Equal for two files of one answer, such as a JPEG and a PNG of it."""
    last = name.rpartition("/")[2]
    wanted = [pair for pair in _pairs(last) if pair[1] == found[1]]
    return ("source", *wanted[0]) if wanted else found
