"""What tests ask about processes, without a library for it."""

import pathlib
import time


def said_to(process):
    """The command line of a process; nothing if it is gone or waits to be buried."""
    try:
        return pathlib.Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def workers_of(process):
    """The processes that a process and its threads have started to work for it."""
    found = []
    for task in pathlib.Path(f"/proc/{process}/task").iterdir():
        found += [int(number) for number in (task / "children").read_text().split()]
    return [number for number in found if b"spawn_main" in said_to(number)]


def require_gone(processes):
    """Waits for processes to end; one that is still there after 20 s is a failure."""
    deadline = time.monotonic() + 20
    while alive := [process for process in processes if said_to(process)]:
        assert time.monotonic() < deadline, alive
        time.sleep(0.05)
