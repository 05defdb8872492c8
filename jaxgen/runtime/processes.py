"""One run on several processes: how they find each other, and how they end together.

Processes that compute together wait for each other, so one that stops would leave the
others waiting. Here the one that stops leaves a note, everybody else reads it within a
second, wherever they wait, and all end with its sentence and its exit code. Leaving
like that costs no more than being killed: checkpoints are whole or not there.
"""

import contextlib
import json
import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import jax
from jax._src import distributed  # The only way to its key-value store.
from jax.experimental import multihost_utils

AUTO = "auto"
_FAILED, _LEFT = "jaxgen/failed", "jaxgen/left"
_LOOK_EVERY = 1.0  # Seconds between two looks for a note.
_LAST_WORDS = 5.0  # Seconds that the first process stays for the others to read it.
_LAST_MOMENT = 0.5
_ARRIVAL = 300  # Seconds within which all processes must have come.
_PATIENCE = 3_600  # Seconds within which all must be through, from the first one on.
_ending = threading.Lock()


@contextlib.contextmanager
def joined(where: str | None) -> Iterator[None]:
    """Makes this process one of several; before anything touches a device.

    When all of them have come to the end of the block, all exit with 0: nothing behind
    the block is reached, but where there is one process only.

    Args:
        where: None for a run of one process; `auto` to ask SLURM, a TPU pod, GKE or
            Open MPI; or HOST:PORT,COUNT,INDEX: where process 0 listens, how many
            processes there are, which one this is.

    Raises:
        ValueError: for another text, or `auto` where no scheduler is found.
        ConnectionError: when the others do not come, or when one goes away.
    """
    if where is None:
        yield
        return
    _connect(where)
    threading.Thread(target=_watch, args=[_client()], daemon=True).start()
    # On CPU the first meeting allows half a minute; later ones wait for ever.
    multihost_utils.sync_global_devices("joined")
    try:
        yield
    except (jax.errors.JaxRuntimeError, ValueError) as error:
        if "by peer" not in str(error):
            raise
        raise ConnectionError(
            "processes: another process of this run is gone; start all of them again, "
            "they go on from the newest checkpoint."
        ) from error
    _client().wait_at_barrier("jaxgen/done", _PATIENCE * 1000)
    _ending.acquire()
    _end(_client(), 0)


def _connect(where: str) -> None:
    options = {} if where == AUTO else _explicit(where)
    alarm = threading.Timer(_ARRIVAL, _give_up, [where])
    alarm.daemon = True
    alarm.start()
    try:
        # Its own end of waiting would be an abort with pages of addresses.
        jax.distributed.initialize(**options, initialization_timeout=2 * _ARRIVAL)
    except ValueError:
        raise ValueError(
            "processes: --distributed auto finds no scheduler (SLURM, TPU pod, GKE, "
            "Open MPI) here; say HOST:PORT,COUNT,INDEX."
        ) from None
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise ConnectionError(
            f"processes: --distributed {where} does not connect ({reason})."
        ) from error
    finally:
        alarm.cancel()


def _give_up(where: str) -> None:
    print(
        f"train: processes: --distributed {where}: not all processes came within "
        f"{_ARRIVAL} seconds; is the address right, and does each have its own index?",
        file=sys.stderr,
        flush=True,
    )
    os._exit(2)


def _explicit(where: str) -> dict[str, Any]:
    found = re.fullmatch(r"(.+:\d+),(\d+),(\d+)", where)
    port = int(found[1].rpartition(":")[2]) if found else 0
    if not found or int(found[3]) >= int(found[2]) or not 0 < port < 2**16:
        raise ValueError(
            f"processes: --distributed should be {AUTO!r} or HOST:PORT,COUNT,INDEX "
            "with a port below 65536 and an index from 0 to count - 1, got "
            f"{where!r}."
        )
    return dict(
        coordinator_address=found[1],
        num_processes=int(found[2]),
        process_id=int(found[3]),
        cluster_detection_method="deactivate",
    )


def is_first() -> bool:
    """Whether this process writes and speaks for the run; so does a single one."""
    return distributed.global_state.process_id == 0


def said_by_first(name: str, text: str) -> str:
    """What the first process gave as `text`; the others wait for it.

    Args:
        name: of the matter; said once per run.
        text: of the first process; those of the others count for nothing.
    """
    client = _client()
    if client is None:
        return text
    if is_first():
        client.key_value_set(f"jaxgen/{name}", text)
    return client.blocking_key_value_get(f"jaxgen/{name}", _ARRIVAL * 1000)


def leave(code: int, sentence: str) -> None:
    """Ends this process and all others of the run; returns if there are no others.

    Args:
        code: exit code of all of them.
        sentence: why; every process prints it. If another process has stopped before,
            its code and sentence count: this one's trouble is what followed.
    """
    client = _client()
    if client is None:
        return
    with contextlib.suppress(jax.errors.JaxRuntimeError):
        client.key_value_set(_FAILED, json.dumps([code, sentence]))
    with contextlib.suppress(jax.errors.JaxRuntimeError):
        code, sentence = json.loads(client.key_value_try_get(_FAILED))
    _say_and_end(client, code, sentence)


def _client() -> Any:
    return distributed.global_state.client


def _watch(client: Any) -> None:
    """Looks for a note until the run ends."""
    while True:
        time.sleep(_LOOK_EVERY)
        try:
            code, sentence = json.loads(client.key_value_try_get(_FAILED))
        except jax.errors.JaxRuntimeError as error:
            if "NOT_FOUND" in str(error):
                continue
            return  # The run is over.
        _say_and_end(client, code, sentence)


def _say_and_end(client: Any, code: int, sentence: str) -> None:
    _ending.acquire()  # Never released: of two threads that end one is enough.
    # What a failed save's threads still complain of would hide the sentence.
    screen = os.dup(2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    os.write(screen, f"{sentence}\n".encode())
    _end(client, code)


def _end(client: Any, code: int) -> None:
    """Ends at once; the first process last, because the others' connection is to it.

    The ordinary end waits for processes that may not come any more, and is a race: who
    sees the first process go before having gone itself is aborted.
    """
    state, until = distributed.global_state, time.monotonic() + _LAST_WORDS
    with contextlib.suppress(jax.errors.JaxRuntimeError):
        if state.process_id:
            client.key_value_set(f"{_LEFT}/{state.process_id}", "")
        else:
            for other in range(1, state.num_processes):
                left = max(until - time.monotonic(), 0.001)
                client.blocking_key_value_get(f"{_LEFT}/{other}", int(left * 1000))
            time.sleep(_LAST_MOMENT)  # From the others' last word to their end.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
