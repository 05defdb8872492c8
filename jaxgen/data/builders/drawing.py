"""Draws people and encodes them, in this process or in several."""

import contextlib
import io
import os
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from multiprocessing import active_children, get_context
from typing import Any

import numpy as np
import PIL.Image

from jaxgen.core import interrupts
from jaxgen.data.workers import end_with_parent
from jaxgen.people.clips import CLIPS
from jaxgen.people.render import FRAMINGS, LAYOUTS, clip, records


@dataclass(frozen=True)
class World:
    """Everything that the bytes of drawn people depend on, but for the drawing code.

    Attributes:
        people: how many to train with; their numbers are 0 to people - 1.
        test_people: how many to test with; their numbers follow.
        frames: pictures of each person in each outfit.
        outfits: of each person.
        clips: motions of each person in each outfit, besides the pictures.
        size: (height, width) of the pictures.
        layout: whose scenes and light: `deepfashion` or `market1501`.
        framing: `full` for whole bodies, `mixed` for some from the knees or waist up.
        seed: of everything.
    """

    people: int = 200
    test_people: int = 20
    frames: int = 8
    outfits: int = 1
    clips: int = 0
    size: tuple[int, int] = (128, 64)
    layout: str = "deepfashion"
    framing: str = "mixed"
    seed: int = 0

    def __post_init__(self):
        """Refuses a world without anybody in it, or pictures that nobody could see.

        Raises:
            ValueError: naming the first option that makes no sense.
        """
        least = dict(people=1, test_people=1, frames=1, outfits=1, clips=0, seed=0)
        for name, number in least.items():
            if (given := getattr(self, name)) < number:
                raise ValueError(
                    f"synthetic: {name} should be at least {number}, got {given}."
                )
        if self.clips > len(CLIPS):
            raise ValueError(
                f"synthetic: clips should be at most {len(CLIPS)} "
                f"({', '.join(CLIPS)}), got {self.clips}."
            )
        if min(self.size) < _SIZES[0] or max(self.size) > _SIZES[-1]:
            raise ValueError(
                f"synthetic: height and width should be from {_SIZES[0]} to "
                f"{_SIZES[-1]} pixels, got {self.size[0]}x{self.size[1]}."
            )
        for name, known in (("layout", LAYOUTS), ("framing", FRAMINGS)):
            if (given := getattr(self, name)) not in known:
                raise ValueError(
                    f"synthetic: {name} should be one of {', '.join(known)}, "
                    f"got {given!r}."
                )

    @property
    def pictures(self) -> int:
        """How many there are in both splits, frames of clips included."""
        people = self.people + self.test_people
        return people * self.outfits * self.frames * (1 + self.clips)

    def persons(self, split: str) -> range:
        """The numbers of the people of a split; no one is in two."""
        if split == "train":
            return range(self.people)
        return range(self.people, self.people + self.test_people)


# Smaller ones show nobody; larger ones do not fit into memory.
_SIZES = range(16, 2049)


def draw_records(world: World, person: int) -> Iterator[dict[str, Any]]:
    """The pictures of one person, with everything that is known about them."""
    yield from records(
        world.seed,
        person,
        frames=world.frames,
        size=world.size,
        layout=world.layout,
        framing=world.framing,
        outfits=world.outfits,
    )
    for outfit in range(world.outfits):
        for number, kind in enumerate(CLIPS[: world.clips]):
            yield from _motion(world, person, outfit, number, kind)


def _motion(
    world: World, person: int, outfit: int, number: int, kind: str
) -> Iterator[dict[str, Any]]:
    """One motion, numbered as no other of any person is."""
    motion = clip(
        world.seed,
        person,
        kind=kind,
        frames=world.frames,
        size=world.size,
        outfit=outfit,
    )
    for record in motion:
        yield record | {"clip": clip_number(world, person, outfit, number)}


def clip_number(world: World, person: int, outfit: int, number: int) -> int:
    """The number of a motion among those of all people."""
    return (person * world.outfits + outfit) * world.clips + number


def draw_person(world: World, person: int) -> list[dict[str, Any]]:
    """The records of one person, pictures as PNG bytes."""
    return [_encoded(record) for record in draw_records(world, person)]


def draw_people(
    world: World, persons: Iterable[int], *, workers: int
) -> Generator[dict[str, Any], None, None]:
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
        context = get_context("spawn")
        pool = ProcessPoolExecutor(workers, context, initializer=end_with_parent)
        others = set(active_children())
        try:
            with interrupts.put_off(), interrupts.only_here():
                drawn = pool.map(draw, persons)
            for records in drawn:
                yield from records
        except BrokenProcessPool:
            raise ChildProcessError(
                "synthetic: a process that draws people died, perhaps for want of "
                "memory; start again, or draw in one process: python -m jaxgen.prepare "
                'synthetic --workers 0. Scripts need if __name__ == "__main__":.'
            ) from None
        finally:
            # The pool would wait for them, or send the SIGTERM that they do not hear.
            for worker in set(active_children()) - others:
                worker.kill()
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
