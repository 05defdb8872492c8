"""How far a run is: a bar where there is a terminal, lines where there is none."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from tqdm import tqdm

_HIDDEN = ("rate/",)
_Batch = TypeVar("_Batch")


def counted(
    batches: Iterable[_Batch],
    size: Callable[[_Batch], int],
    name: str,
    total: int | None = None,
) -> Iterator[_Batch]:
    """The same batches, their samples counted by a bar where there is a terminal.

    Args:
        batches: what to pass on.
        size: how many samples a batch has.
        name: of the bar.
        total: how many samples there are, if that is known.
    """
    with tqdm(total=total, desc=name, disable=None, dynamic_ncols=True) as bar:
        for batch in batches:
            yield batch
            bar.update(size(batch))


class Progress:
    """Counts steps on stderr, with the newest numbers and the time left."""

    def __init__(self, name: str, total: int, start: int = 0, *, quiet: bool = False):
        """Begins at `start` of `total` steps; a quiet one shows nothing."""
        self._bar = tqdm(
            total=total,
            initial=start,
            desc=name,
            disable=True if quiet else None,  # None is for a terminal only.
            dynamic_ncols=True,
        )
        self._name, self._total, self._quiet = name, total, quiet

    def advance(self) -> None:
        """One step more."""
        self._bar.update()

    def report(self, step: int, values: Mapping[str, float]) -> None:
        """Shows losses and speed; rates and gradients are left to the curves."""
        shown = {
            k: v
            for k, v in values.items()
            if not k.startswith(_HIDDEN) and "gradient/" not in k
        }
        text = ", ".join(f"{name} {value:.4g}" for name, value in shown.items())
        self._bar.set_postfix_str(text)
        if self._bar.disable and not self._quiet:
            print(f"{self._name}: step {step}/{self._total}: {text}", file=sys.stderr)

    def close(self) -> None:
        """Leaves the bar as it is."""
        self._bar.close()
