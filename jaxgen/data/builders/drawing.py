"""Draws people and encodes them; light to import, because processes start with it."""

import contextlib
import io
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import PIL.Image


@dataclass(frozen=True)
class World:
    """Everything that the bytes of drawn people depend on, but for the drawing code.

    Attributes:
        people: how many to train with; their numbers are 0 to people - 1.
        test_people: how many to test with; their numbers follow.
        frames: pictures of each person in each outfit.
        outfits: of each person.
        size: (height, width) of the pictures.
        layout: whose scenes and light: `deepfashion` or `market1501`.
        framing: `full` for whole bodies, `mixed` for some from the knees or waist up.
        seed: of everything.
    """

    people: int = 200
    test_people: int = 20
    frames: int = 8
    outfits: int = 1
    size: tuple[int, int] = (128, 64)
    layout: str = "deepfashion"
    framing: str = "mixed"
    seed: int = 0

    def __post_init__(self):
        """Refuses a world without anybody in it.

        Raises:
            ValueError: naming the first option that makes no sense.
        """
        for name in ("people", "test_people", "frames", "outfits"):
            if (number := getattr(self, name)) < 1:
                raise ValueError(
                    f"synthetic: {name} should be at least 1, got {number}."
                )
        for name, known in (("layout", LAYOUTS), ("framing", FRAMINGS)):
            if (given := getattr(self, name)) not in known:
                raise ValueError(
                    f"synthetic: {name} should be one of {', '.join(known)}, "
                    f"got {given!r}."
                )

    def persons(self, split: str) -> range:
        """The numbers of the people of a split; no one is in two."""
        if split == "train":
            return range(self.people)
        return range(self.people, self.people + self.test_people)


LAYOUTS = ("deepfashion", "market1501")
FRAMINGS = ("full", "mixed")


def draw_records(world: World, person: int) -> Iterator[dict[str, Any]]:
    """The pictures of one person, with everything that is known about them."""
    from jaxgen.people.render import records

    return records(
        world.seed,
        person,
        frames=world.frames,
        size=world.size,
        layout=world.layout,
        framing=world.framing,
        outfits=world.outfits,
    )


def draw_person(world: World, person: int) -> list[dict[str, Any]]:
    """The records of one person, pictures as PNG bytes."""
    return [_encoded(record) for record in draw_records(world, person)]


def draw_people(
    world: World, persons: Iterable[int], *, workers: int
) -> Iterator[dict[str, Any]]:
    """The records of several people in order, whoever draws them.

    Args:
        world: what to draw.
        persons: whom.
        workers: processes; 0 draws in this one.
    """
    draw = partial(draw_person, world)
    if workers == 0:
        for person in persons:
            yield from draw(person)
        return
    with _single_threaded():
        pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
        try:
            for records in pool.map(draw, persons):
                yield from records
        except BrokenProcessPool:
            raise ValueError(
                "synthetic: a process that draws people died; use --workers 0, or "
                'start from a script with if __name__ == "__main__":.'
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _single_threaded() -> Iterator[None]:
    """Lets new processes inherit one BLAS thread: small products are faster so."""
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        yield
    finally:
        del os.environ["OMP_NUM_THREADS"]
        if before is not None:
            os.environ["OMP_NUM_THREADS"] = before


def _encoded(record: dict[str, Any]) -> dict[str, Any]:
    """Pictures as PNG; the mask is left out, being `parsing > 0`."""
    pictures = {key: _png(record[key]) for key in ("image", "parsing")}
    rest = {key: value for key, value in record.items() if key != "mask"}
    return rest | pictures


def _png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()
