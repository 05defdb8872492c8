import concurrent.futures
import gc
import signal
import subprocess
import sys
import time

import pytest

from jaxgen.core import interrupts

STOPS = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: interrupts.Terminated}
TERMINATED = interrupts.Terminated


def stop(number, frame):
    raise STOPS[number]


@pytest.fixture(autouse=True)
def handlers():
    before = {number: signal.signal(number, stop) for number in STOPS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def collecting():
    """What comes while garbage is collected: `SIGTERM` and `SIGINT` raise there."""

    def collect(number):
        def callback(phase, info):
            gc.callbacks.remove(callback)
            signal.raise_signal(number)

        gc.callbacks.append(callback)
        gc.collect()

    return collect


@pytest.mark.parametrize("number", STOPS)
def test_a_signal_waits_for_the_end_of_the_block(number):
    ended = False
    with pytest.raises(STOPS[number]), interrupts.put_off():
        signal.raise_signal(number)
        ended = True
    assert ended and signal.getsignal(number) is stop


def test_a_second_signal_does_not_wait():
    with pytest.raises(TERMINATED), interrupts.put_off():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        raise AssertionError("it waited")


def test_an_error_of_the_block_goes_before_a_signal():
    with pytest.raises(OSError), interrupts.put_off():
        signal.raise_signal(signal.SIGINT)
        raise OSError("full")


def test_a_signal_during_a_collection_of_garbage_waits_as_well(collecting):
    with pytest.raises(TERMINATED), interrupts.put_off():
        collecting(signal.SIGTERM)


def test_handlers_that_are_not_of_python_and_other_threads_are_left_alone():
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def found():
        with interrupts.put_off():
            return [signal.getsignal(number) for number in STOPS]

    with interrupts.put_off():
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    with concurrent.futures.ThreadPoolExecutor() as threads:
        assert threads.submit(found).result() == [stop, signal.SIG_DFL]


@pytest.mark.parametrize("number", STOPS)
def test_an_exception_that_a_collection_of_garbage_drops_comes_again(
    collecting, number
):
    before = sys.unraisablehook
    with pytest.raises(STOPS[number]), interrupts.sent_again():
        collecting(number)
        time.sleep(20)
    assert sys.unraisablehook is before


def test_other_exceptions_that_are_dropped_are_shown_as_ever(monkeypatch):
    shown = []
    monkeypatch.setattr(sys, "unraisablehook", shown.append)

    class Odd:
        def __del__(self):
            raise ValueError("odd")

    with interrupts.sent_again():
        Odd()
    assert [lost.exc_type for lost in shown] == [ValueError]


@pytest.mark.parametrize("number", STOPS)
def test_what_is_started_apart_does_not_hear_a_signal(number):
    program = "import time; print(flush=True); time.sleep(1); print('done')"
    with interrupts.only_here():
        process = subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
        )
    with process:
        process.stdout.readline()
        process.send_signal(number)
        assert process.stdout.read() == "done\n"
    with pytest.raises(STOPS[number]):
        signal.raise_signal(number)
