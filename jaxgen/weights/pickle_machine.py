"""The stack machine that pickles are programs for, as far as it touches memory.

It knows a table of names, each standing for a function of ours or for an inert meaning,
and refuses every other name. What a file may cost is limited as well, whatever sizes it
claims. All errors are ValueErrors that hold a part of a sentence, such as "ends early";
`pickles.load` says of which file.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Names = Mapping[str, Any]
"""`module.attribute` -> a function of ours, or whatever else the name stands for."""

DEEPEST = 500
"""How many containers may be open at once."""

_NEWLINE = re.compile(rb"\n")


class UnknownName(ValueError):
    """A pickle asks for something that no table lists; `name` is what."""

    def __init__(self, message: str, name: str):
        """Keeps the name beside the message."""
        super().__init__(message)
        self.name = name


@dataclass(frozen=True)
class Named:
    """A name that a pickle asked for, and what it stands for in the table."""

    name: str
    value: Any


class StandIn(ABC):
    """An object of ours whose state a file may set after making it."""

    @abstractmethod
    def build(self, state: Any) -> None:
        """Takes the state that a file gives, which may be anything."""


class Machine:
    """Stack, marks and memo of one reading, and what it may still cost."""

    def __init__(self, data: Any, names: Names, persistent: Callable | None):
        """Starts before the first byte, with nothing on the stack."""
        self.data = memoryview(data).cast("B")
        self.size, self.position = len(self.data), 0
        self.stack, self.marks, self.memo = [], [], {}
        self._names, self._asked, self._persistent = names, {}, persistent
        self._budget = 4 * self.size + 2**25

    def byte(self) -> int:
        """The next byte."""
        position = self.position
        if position >= self.size:
            raise ValueError("ends early")
        self.position = position + 1
        return self.data[position]

    def take(self, count: int) -> memoryview:
        """The next bytes."""
        start, end = self.position, self.position + count
        if end > self.size:
            raise ValueError("ends early")
        self.position = end
        return self.data[start:end]

    def integer(self, size: int) -> int:
        """The next bytes as an unsigned number."""
        return int.from_bytes(self.take(size), "little")

    def line(self) -> bytes:
        """The bytes up to the next end of a line, which is passed too."""
        end = _NEWLINE.search(self.data, self.position)
        if end is None:
            raise ValueError("ends early")
        return bytes(self.take(end.end() - self.position)[:-1])

    def push(self, value: Any) -> None:
        """Puts a value on the stack."""
        self.stack.append(value)

    def pop(self) -> Any:
        """Takes the value on top, unless a mark lies above it."""
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise ValueError("takes a value where there is none")
        return self.stack.pop()

    def top(self, kind: type) -> Any:
        """The value on top, which stays; it must be of a kind."""
        value = self.pop()
        self.push(value)
        if not isinstance(value, kind):
            raise ValueError(f"fills a {type(value).__name__} like a {kind.__name__}")
        return value

    def mark(self) -> None:
        """Remembers how high the stack is."""
        if len(self.marks) == DEEPEST:
            raise ValueError(f"nests deeper than {DEEPEST}")
        self.marks.append(len(self.stack))

    def since_mark(self) -> list[Any]:
        """Takes the last mark and all values above it."""
        if not self.marks:
            raise ValueError("closes what it never opened")
        start = self.marks.pop()
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def ask(self, name: str) -> Named:
        """What a name stands for; nothing is imported."""
        if name not in self._asked:
            if name not in self._names:
                raise UnknownName("", name)
            self._asked[name] = Named(name, self._names[name])
        return self._asked[name]

    def call(self, function: Any, arguments: Any) -> Any:
        """What a function of the table makes of its arguments."""
        if not isinstance(function, Named):
            raise ValueError(f"calls a {type(function).__name__}")
        if not callable(function.value):
            raise ValueError(f"calls {function.name!r}, which is no function")
        if type(arguments) is not tuple:
            raise ValueError(f"calls {function.name!r} without a tuple of arguments")
        self._charge(arguments)
        return _run(function.name, function.value, *arguments)

    def build(self, state: Any) -> None:
        """Gives a state to the value on top."""
        value = self.top(StandIn)
        self._charge(state)
        _run(type(value).__name__, value.build, state)

    def refer(self, identifier: Any) -> Any:
        """What a persistent id stands for."""
        if self._persistent is None:
            raise ValueError("refers to something outside of it")
        return _run("a persistent id", self._persistent, identifier)

    def spend(self, amount: int) -> None:
        """Counts memory beyond what a byte of the file pays for."""
        self._budget -= amount
        if self._budget < 0:
            raise ValueError("takes far more memory than its size")

    def _charge(self, value: Any, levels: int = 2) -> None:
        """Counts what a function may copy of its arguments: the memo shares them."""
        if isinstance(value, str | bytes | bytearray):
            self.spend(len(value))
        elif isinstance(value, tuple | list | dict | set | frozenset):
            self.spend(64 * len(value) + 64)
            if levels:
                for part in value.values() if isinstance(value, dict) else value:
                    self._charge(part, levels - 1)


def _run(name: str, function: Callable, *arguments: Any) -> Any:
    """Calls a function of ours; what it cannot take is the file's fault."""
    try:
        return function(*arguments)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        said = " ".join(str(error).split())[:200].rstrip(".")
        raise ValueError(f"gives {name!r} what it cannot take: {said}") from None
