import json
import os
import shutil
import signal
import subprocess
import sys

import jax
import numpy as np
import pytest
from ml_collections import ConfigDict

from jaxgen.cli.arguments import load_config, override
from jaxgen.runtime import checkpoint, experiment
from jaxgen.runtime.optim import make_optimizers
from jaxgen.systems.base import Phase
from jaxgen.train import default_workdir, due, train
from tests.toy import Toy


def config(*overrides):
    quiet = [f"--config.{k}_every=0" for k in ("log", "show", "eval", "save")]
    return override(load_config("pg2_synthetic:tiny"), [*quiet, *overrides])


def lines(workdir):
    text = (workdir / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in text]


def equal(a, b):
    jax.tree.map(np.testing.assert_array_equal, jax.device_get(a), jax.device_get(b))


@pytest.fixture(scope="module")
def four_steps(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("four")
    return workdir, train(with_average(config("--config.log_every=1")), str(workdir))


def with_average(config):
    with config.unlocked():
        config.ema = {"coarse": 100.0}
    return config


def test_four_steps_are_two_a_restore_and_two(four_steps, tmp_path):
    workdir, whole = four_steps
    train(
        with_average(config("--config.log_every=1", "--config.steps=2")), str(tmp_path)
    )
    state = train(with_average(config("--config.log_every=1")), str(tmp_path))
    equal(state, whole)

    def losses(folder):
        rows = [
            {k: v for k, v in row.items() if "second" not in k} for row in lines(folder)
        ]
        return [row for row in rows if any("l1" in k for k in row)]

    assert losses(tmp_path) == losses(workdir)


def test_a_finished_run_does_nothing(four_steps):
    workdir, whole = four_steps
    equal(train(with_average(config()), str(workdir)), whole)


def test_a_workdir_holds_what_the_readme_says(four_steps):
    workdir, _ = four_steps
    names = {path.name for path in workdir.iterdir()}
    assert {"config.json", "checkpoints", "metrics.jsonl", "pictures"} <= names
    assert {"provenance.json"} <= names
    assert any(name.startswith("events.") for name in names)
    assert [p.name for p in (workdir / "pictures").iterdir()] == ["step_0000004.png"]
    numbers = {k for line in lines(workdir) for k in line}
    assert {"coarse/l1", "refine/l1", "mask_ssim/coarse", "rate/refine"} <= numbers


def test_another_architecture_is_refused_and_nothing_is_lost(four_steps):
    workdir, _ = four_steps
    before = (workdir / "config.json").read_text()
    with pytest.raises(ValueError, match="model.width was 8 and is now 12"):
        train(with_average(config("--config.model.width=12")), str(workdir))
    with pytest.raises(ValueError, match="variant was"):
        train(load_config("pg2_synthetic:tiny,G1-L1").lock(), str(workdir))
    assert (workdir / "config.json").read_text() == before
    assert checkpoint.find_step(str(workdir), "latest") == 4


def test_a_workdir_in_use_is_refused(tmp_path):
    with experiment.locked(str(tmp_path)):
        with pytest.raises(FileExistsError, match="another run"):
            train(config(), str(tmp_path))


def test_a_batch_that_does_not_divide_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match="12 is not divisible by 8 devices"):
        train(config("--config.batch_size=12"), str(tmp_path / "w"))
    assert not (tmp_path / "w").exists()


def test_a_path_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        train(config(), str(tmp_path / "file" / "w"))


def test_nan_stops_and_keeps_the_last_good_checkpoint(tmp_path):
    steps = ["--config.save_every=1", "--config.optim.coarse.rate=1e30"]
    with pytest.raises(FloatingPointError, match="coarse/.* is not finite at step"):
        train(
            config("--config.steps=8", "--config.model.stage1_steps=8", *steps),
            str(tmp_path),
        )
    step = checkpoint.find_step(str(tmp_path), "latest")
    part = experiment.open_workdir(str(tmp_path), str(step)).nets
    assert all(
        np.isfinite(leaf).all() for leaf in jax.tree.leaves(jax.device_get(part))
    )


def test_pretrained_networks_come_from_another_workdir(four_steps, tmp_path):
    workdir, whole = four_steps
    changed = config("--config.steps=0")
    with changed.unlocked():
        changed.pretrained = {"coarse": str(workdir)}
    state = train(changed, str(tmp_path))
    equal(state.nets["coarse"]["params"], whole.ema["coarse"])


def test_rates_of_one_network_in_two_phases_follow_the_lazier():
    class Both(Toy):
        def phases(self):
            judge = super().phases()["judge"]
            lazy = Phase(judge.objective, trains=("judge",), every=4)
            first, second = (lazy, judge) if self.poison else (judge, lazy)
            return {"first": first, "second": second}

    config = ConfigDict(dict(optim=dict(judge=dict(rate=1.0))))
    for poison in (0, 1):
        made = make_optimizers(config, Both(poison=poison))["judge"]
        assert made.schedule(0) == pytest.approx(4 / 5)


def test_a_split_that_is_missing_is_found_before_training(tmp_path):
    changed = config()
    changed.evals["ssim/coarse"].split = "validation"
    with pytest.raises(KeyError, match="validation"):
        train(changed, str(tmp_path))
    assert not (tmp_path / "checkpoints").exists()


def test_due_is_every_so_many_steps_and_never_for_zero():
    assert [n for n in range(1, 7) if due(n, 3)] == [3, 6]
    assert not due(3, 0)


def test_the_workdir_is_named_after_config_and_variant():
    assert default_workdir("configs/pg2_synthetic.py:tiny") == "runs/pg2_synthetic-tiny"
    assert default_workdir("pg2_synthetic") == "runs/pg2_synthetic"
    assert default_workdir("runs/mine/config.json") == "runs/mine"


@pytest.mark.slow
@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_saves_and_leaves_with_its_code(tmp_path, number, code):
    command = [sys.executable, "-m", "jaxgen.train", "--config", "pg2_synthetic:tiny"]
    command += ["--workdir", str(tmp_path), "--config.steps=100000"]
    command += [
        "--config.log_every=1",
        "--config.save_every=0",
        "--config.show_every=0",
    ]
    command += ["--config.eval_every=0", "--config.model.stage1_steps=100000"]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=os.environ
    )
    for line in process.stderr:
        if "step 3/" in line:
            break
    process.send_signal(number)
    process.stderr.read()
    assert process.wait(60) == code
    step = checkpoint.find_step(str(tmp_path), "latest")
    assert step >= 3 and lines(tmp_path)[-1]["step"] == step


def test_a_damaged_checkpoint_is_named(tiny_workdir, tmp_path):
    workdir = tmp_path / "workdir"
    shutil.copytree(tiny_workdir, workdir)
    for path in (workdir / "checkpoints" / "4" / "state").rglob("d/*"):
        path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(ValueError, match="step 4 is damaged; remove the folder"):
        train(load_config(str(workdir / "config.json")).lock(), str(workdir))


@pytest.mark.parametrize(
    "flag", ["keep=0", "steps=-1", "seed=-1", "save_every=-1", "dtype=foo"]
)
def test_numbers_that_no_run_can_have_are_refused(flag):
    with pytest.raises((ValueError, KeyError), match=flag.partition("=")[0]):
        config(f"--config.{flag}")
