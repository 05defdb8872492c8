"""Processes that work for another one end with it, and with nobody else."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading

from jaxgen.core.interrupts import STOPS


def end_with_parent(*_: int) -> None:
    """Ends this process when the one that started it is gone, however it went.

    To be called in the worker; a parent that is killed cannot end its workers itself.
    One that was started with `core.interrupts.only_here` also obeys the SIGTERM of its
    parent, and of no other: a scheduler sends one to every process of a job.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)

    def obey() -> None:
        while True:
            asked = signal.sigwaitinfo(STOPS)
            if (asked.si_signo, asked.si_pid) == (signal.SIGTERM, parent.pid):
                os._exit(128 + signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
    if signal.SIGTERM in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
        threading.Thread(target=obey, daemon=True).start()
