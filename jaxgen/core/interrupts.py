"""Ctrl-C and SIGTERM where an exception could not stop the work, or stop it safely."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from types import FrameType
from typing import Any

_AGAIN = 0.01  # seconds


class Terminated(BaseException):
    """SIGTERM came."""


_SIGNALS = {KeyboardInterrupt: signal.SIGINT, Terminated: signal.SIGTERM}


@contextlib.contextmanager
def sent_again() -> Iterator[None]:
    """Sends a signal again when the exception that its handler raised was lost.

    Python drops what is raised within a callback, and JAX has one that runs at every
    collection of garbage, which is where a program spends a part of its time.
    """
    before = sys.unraisablehook

    def note(lost: Any) -> None:
        number = _SIGNALS.get(lost.exc_type)
        if number is None:
            before(lost)
        else:
            threading.Timer(_AGAIN, os.kill, [os.getpid(), number]).start()

    sys.unraisablehook = note
    try:
        yield
    finally:
        sys.unraisablehook = before


@contextlib.contextmanager
def put_off() -> Iterator[None]:
    """Lets Ctrl-C and SIGTERM wait for the end of the block.

    An exception that comes while a pool of processes is started locks it up. A second
    signal does not wait. Handlers that are not Python's are left alone, and so are all
    of them outside the main thread.
    """
    handlers: dict[int, Callable[[int, FrameType | None], Any]] = {}
    if threading.current_thread() is threading.main_thread():
        found = {number: signal.getsignal(number) for number in _SIGNALS.values()}
        handlers = {number: h for number, h in found.items() if callable(h)}
    waiting: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if waiting:
            handlers[number](number, frame)
        else:
            waiting.append(number)

    try:
        for number in handlers:
            signal.signal(number, note)
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    for number in waiting:
        handlers[number](number, None)


@contextlib.contextmanager
def only_here() -> Iterator[None]:
    """Starts processes that Ctrl-C and SIGTERM do not reach.

    A terminal sends Ctrl-C to every process of a command; the first of them decides.
    """
    # Its start would let them through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS.values())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
