"""Processes that work for another one end when it is gone."""

import multiprocessing
import multiprocessing.connection
import os
import threading


def end_with_parent(*_: int) -> None:
    """Ends this process when the one that started it is gone, however it went.

    To be called in the worker; a parent that is killed cannot end its workers itself.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
