"""What happens to a training when processes, disks and workers fail.

Everything here runs the real command in processes of its own.
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading

import pytest

from jaxgen.runtime import checkpoint, experiment
from tests.benchmarks import kills
from tests.processes import require_gone, workers_of

pytestmark = pytest.mark.slow

ROOT = pathlib.Path(__file__).parents[1]

#: The tiny networks in their first stage for ever: one program to compile, every step
#: logged, nothing evaluated.
CONFIG = f"""
import runpy


def get_config():
    path = {str(ROOT / "configs" / "pg2_synthetic.py")!r}
    config = runpy.run_path(path)["get_config"]("tiny")
    config.steps = config.model.stage1_steps = 100_000
    config.evals = {{}}
    config.log_every = 1
    config.save_every = config.show_every = config.eval_every = 0
    return config
"""


class Run:
    """A `train` under way, and what it has said; `largest_file` is in kilobytes."""

    def __init__(self, workdir, *options, flags=(), largest_file=None, **popen):
        config = workdir.parent / "config.py"
        config.write_text(CONFIG)
        words = [sys.executable, "-m", "jaxgen.train", "--workdir", str(workdir)]
        words += ["--config", str(config), *flags]
        words += [f"--config.{option}" for option in options]
        if largest_file:
            limit = f'ulimit -f {largest_file}; exec "$@"'
            words = ["bash", "-c", limit, "bash", *words]
        self.process = subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "JAX_NUM_CPU_DEVICES": "1"},
            **popen,
        )
        self.lines, self._news = [], threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self._news:
                self.lines.append(line.rstrip())
                self._news.notify_all()

    def wait_for(self, text):
        def there():
            return any(text in line for line in self.lines)

        with self._news:
            assert self._news.wait_for(there, 120), self.lines[-20:]

    def end(self, seconds=120):
        """The exit code; a run that hangs is a failure."""
        try:
            code = self.process.wait(seconds)
        finally:
            self.process.kill()
        self._reader.join(10)
        return code


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pair(*workdirs, options=((), ()), largest_file=None):
    """Two processes of one run, a device each; the second may have a full disk."""
    port = free_port()
    return [
        Run(
            workdir,
            *more,
            flags=("--distributed", f"127.0.0.1:{port},2,{index}"),
            largest_file=largest_file if index else None,
        )
        for index, (workdir, more) in enumerate(zip(workdirs, options, strict=True))
    ]


def said_last(runs):
    """For the report of a test that fails."""
    return "\n".join(line for run in runs for line in run.lines[-30:])


def terms(workdir):
    """Losses by step, without the speed."""
    rows = [json.loads(s) for s in (workdir / "metrics.jsonl").read_text().splitlines()]
    return {r["step"]: r["coarse/l1"] for r in rows if "coarse/l1" in r}


def finished(*arguments, **options):
    run = Run(*arguments, **options)
    assert run.end() == 0, run.lines[-20:]


def stopped_together(workdir, name, *targets):
    """The step at which both processes saved after a signal to some of them."""
    both = pair(workdir, workdir)
    both[0].wait_for("step 3/")
    for index in targets:
        both[index].process.send_signal(name)
    assert [run.end() for run in both] == [0, 0], said_last(both)
    assert not any(line.startswith("train:") for line in both[1].lines)
    step = checkpoint.find_step(str(workdir), "latest")
    assert step >= 3 and max(terms(workdir)) == step
    return step


def test_two_processes_stop_together_and_one_goes_on_as_if_nothing_was(tmp_path):
    step = stopped_together(tmp_path / "w", signal.SIGTERM, 1)
    finished(tmp_path / "w", f"steps={step + 3}")
    finished(tmp_path / "one", f"steps={step + 3}")
    alone = terms(tmp_path / "one")
    assert len(alone) == step + 3
    assert terms(tmp_path / "w") == pytest.approx(alone, rel=2e-3)


def test_control_c_reaches_both_processes_and_both_save(tmp_path):
    stopped_together(tmp_path / "w", signal.SIGINT, 0, 1)


def test_what_one_process_refuses_ends_both_with_its_sentence(tmp_path):
    options = ((), ("data.folder=/nowhere",))
    both = pair(tmp_path / "w", tmp_path / "w", options=options)
    assert [run.end(60) for run in both] == [2, 2]
    assert both[0].lines[-1] == both[1].lines[-1]
    assert "/nowhere is none" in both[0].lines[-1]
    assert not (tmp_path / "w" / "config.json").exists()


def test_a_workdir_in_use_ends_both_and_so_does_one_that_is_not_shared(tmp_path):
    with experiment.locked(str(tmp_path / "w")):
        both = pair(tmp_path / "w", tmp_path / "w")
        assert [run.end(60) for run in both] == [2, 2]
    assert all("another run is training" in run.lines[-1] for run in both)
    both = pair(tmp_path / "w", tmp_path / "other")
    assert [run.end(60) for run in both] == [2, 2]
    assert all("one folder that they share" in run.lines[-1] for run in both)


def test_a_process_that_is_killed_ends_the_other_and_frees_the_workdir(tmp_path):
    both = pair(tmp_path / "w", tmp_path / "w")
    both[0].wait_for("step 3/")
    both[1].process.kill()
    assert both[0].end(60) == 2
    assert "another process of this run is gone" in both[0].lines[-1]
    with experiment.locked(str(tmp_path / "w")):
        pass


def test_a_run_killed_thrice_equals_one_that_nobody_touched():
    report = kills.main(3, steps=60, save_every=2, seed=0)
    assert report["equal_lines"] == 61 and report["left_half_written"] == 0


def test_a_killed_run_frees_its_workdir_and_its_workers_go(tmp_path):
    run = Run(tmp_path / "w", "data.workers=1")
    run.wait_for("step 3/")
    workers = workers_of(run.process.pid)
    assert workers
    run.process.kill()
    run.process.wait()
    with experiment.locked(str(tmp_path / "w")):
        pass
    require_gone(workers)


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_to_the_workers_too_saves(tmp_path, number, code):
    run = Run(tmp_path / "w", "data.workers=2", start_new_session=True)
    run.wait_for("step 3/")
    os.killpg(run.process.pid, number)
    assert run.end() == code
    said = [line for line in run.lines if line.startswith("train: stopped at step")]
    assert len(said) == 1 and "and saved" in said[0]
    assert not any("Traceback" in line for line in run.lines)


def test_a_worker_that_dies_ends_the_run_with_a_sentence(tmp_path):
    run = Run(tmp_path / "w", "data.workers=1", "save_every=2")
    run.wait_for("step 5/")
    (worker,) = workers_of(run.process.pid)
    os.kill(worker, signal.SIGKILL)
    assert run.end() == 2
    said = [line for line in run.lines if line.startswith("train: pipeline:")]
    assert len(said) == 1 and "a worker process died" in said[0]
    assert not any("Traceback" in line for line in run.lines)
    assert checkpoint.find_step(str(tmp_path / "w"), "latest") in terms(tmp_path / "w")


def test_a_full_disk_is_one_sentence_and_with_room_the_run_goes_on(tmp_path):
    each = ("steps=6", "save_every=2")
    finished(tmp_path / "whole", *each)
    finished(tmp_path / "w", *each, "steps=2")
    run = Run(tmp_path / "w", *each, largest_file=48)
    assert run.end() == 2
    said = [line for line in run.lines if not line.startswith("train: step")]
    # Python itself may tell at its end of a coroutine that orbax left.
    said = [line for line in said if "RuntimeWarning" not in line]
    assert len(said) == 2, said  # What it begins with, and how it ends.
    assert "could not be written (File too large)" in said[1]
    assert checkpoint.find_step(str(tmp_path / "w"), "latest") == 2
    finished(tmp_path / "w", *each)
    assert kills.compare(tmp_path / "whole", tmp_path / "w")
    assert kills.remains(tmp_path / "w") == []


def test_a_disk_that_is_full_for_one_process_ends_both_with_the_sentence(tmp_path):
    folder = tmp_path / "w"
    both = pair(folder, folder, options=(("save_every=2",),) * 2, largest_file=16)
    assert [run.end() for run in both] == [2, 2]
    assert all("could not be written" in run.lines[-1] for run in both), said_last(both)


def test_a_disk_without_room_for_the_config_is_refused_at_once(tmp_path):
    run = Run(tmp_path / "w", largest_file=1)
    assert run.end() == 2
    assert run.lines == [f"train: File too large: {tmp_path}/w/config.json."]


def test_auto_without_a_scheduler_is_refused(tmp_path):
    run = Run(tmp_path / "w", flags=("--distributed", "auto"))
    assert run.end() == 2
    assert "finds no scheduler" in run.lines[-1]
