import multiprocessing
import time

from jaxgen.data.workers import end_with_parent


def work(sender):
    """Starts a worker, tells its number, and goes away without a farewell."""
    worker = multiprocessing.get_context("spawn").Process(target=sleep, args=[sender])
    worker.start()
    time.sleep(60)


def sleep(sender):
    end_with_parent()
    sender.send("begun")
    time.sleep(60)


def test_a_worker_ends_when_its_parent_is_killed():
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    parent = context.Process(target=work, args=[sender])
    parent.start()
    sender.close()
    assert receiver.recv() == "begun"
    parent.kill()
    parent.join()
    # The pipe closes when the last one that holds it, the worker, is gone.
    assert receiver.poll(20)
    try:
        receiver.recv()
        raise AssertionError("the worker spoke again")
    except EOFError:
        pass


def test_a_process_without_parent_goes_on():
    assert end_with_parent() is None
