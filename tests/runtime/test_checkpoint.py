import contextlib
import resource
import signal
import sys

import jax
import numpy as np
import pytest
from ml_collections import ConfigDict

from jaxgen.runtime import checkpoint
from jaxgen.runtime import mesh as meshes
from jaxgen.runtime.checkpoint import Checkpoints
from jaxgen.runtime.optim import optimizer
from jaxgen.runtime.state import create
from tests.toy import Toy


def fresh(seed=0, devices=8):
    sgd = optimizer(dict(name="adam", rate=0.1))
    config = ConfigDict(dict(seed=seed, ema={"judge": 10.0}, mesh=dict(rules=())))
    mesh = meshes.make_mesh(devices=jax.devices()[:devices])
    return create(Toy(), {"generator": sgd, "judge": sgd}, mesh, config, {})


@pytest.fixture
def open_checkpoints(tmp_path):
    opened = []

    def make(**options):
        opened.append(Checkpoints(str(tmp_path), **options))
        return opened[-1]

    yield make
    for checkpoints in opened:
        checkpoints.close()


def equal(a, b):
    jax.tree.map(np.testing.assert_array_equal, jax.device_get(a), jax.device_get(b))


def test_an_empty_workdir_gives_the_fresh_state_back(open_checkpoints):
    start = fresh()
    state, position = open_checkpoints().restore_latest(start.state, start.shardings)
    assert state is start.state and position == 0


@pytest.mark.parametrize("devices", [8, 2])
def test_state_and_position_come_back_on_any_number_of_devices(tmp_path, devices):
    start = fresh(seed=1)
    saved = Checkpoints(str(tmp_path))
    saved.save(5, start.state, position=40)
    saved.close()
    want = jax.device_get(start.state)
    other = fresh(seed=2, devices=devices)
    again = Checkpoints(str(tmp_path))
    state, position = again.restore_latest(other.state, other.shardings)
    again.close()
    equal(state, want)
    assert position == 40
    assert all(leaf.is_deleted() for leaf in jax.tree.leaves(other.state))
    assert len(state.step.sharding.device_set) == devices


def test_the_newest_and_the_best_are_kept(tmp_path):
    start = fresh()
    checkpoints = Checkpoints(str(tmp_path), keep=2, best=("fid", "min"))
    for step, score in enumerate((5.0, 1.0, 4.0, 6.0), start=1):
        checkpoints.save(step, start.state, position=0, metrics={"fid": score})
    checkpoints.save(5, start.state, position=0)
    checkpoints.close()
    find = checkpoint.find_step
    assert find(str(tmp_path), "latest") == 5
    assert find(str(tmp_path), "best", ("fid", "min")) == 2
    assert find(str(tmp_path), "4") == 4
    with pytest.raises(FileNotFoundError, match="2, 4, 5"):
        find(str(tmp_path), "1")


def test_another_architecture_is_refused_with_a_diff(tmp_path):
    start = fresh()
    checkpoints = Checkpoints(str(tmp_path))
    checkpoints.save(1, start.state, position=0)
    checkpoints.close()
    wide = {**start.state.nets, "generator": {"params": {"w": np.zeros((2, 3))}}}
    again = Checkpoints(str(tmp_path))
    with pytest.raises(ValueError, match=r"nets/generator/params/w: stored float32\[2"):
        again.restore_latest(start.state.replace(nets=wide), start.shardings)
    again.close()


def test_a_part_is_read_without_the_rest(tmp_path):
    start = fresh(seed=3)
    checkpoints = Checkpoints(str(tmp_path))
    checkpoints.save(1, start.state, position=0)
    checkpoints.close()
    where = meshes.replicated(meshes.make_mesh())
    part = {"nets": {"judge": start.state.nets["judge"]}}
    shapes = jax.tree.map(
        lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=where), part
    )
    equal(checkpoint.restore_part(str(tmp_path), 1, shapes), part)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_to_stop_and_the_second_one_means_it(tmp_path, number):
    before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)}
    checkpoints = Checkpoints(str(tmp_path))
    assert not checkpoints.stop_asked(1)
    signal.raise_signal(number)
    assert checkpoints.stop_asked(2)
    assert checkpoints.interrupted == (number == signal.SIGINT)
    assert {n: signal.getsignal(n) for n in before} == before
    checkpoints.close()


def test_handlers_come_back_without_a_signal_too(tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    Checkpoints(str(tmp_path)).close()
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_folder_without_checkpoints_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no checkpoints"):
        checkpoint.find_step(str(tmp_path), "latest")


def test_best_must_be_an_evaluation_and_a_direction():
    checkpoint.require_best((), {})
    checkpoint.require_best(("ssim", "max"), {"ssim": 1})
    with pytest.raises(KeyError, match="sim"):
        checkpoint.require_best(("sim", "max"), {"ssim": 1})
    with pytest.raises(KeyError, match="more"):
        checkpoint.require_best(("ssim", "more"), {"ssim": 1})
    with pytest.raises(ValueError, match="should be"):
        checkpoint.require_best(("ssim",), {"ssim": 1})


def test_half_written_checkpoints_are_removed_at_the_next_start(tmp_path):
    start = fresh()
    first = Checkpoints(str(tmp_path))
    first.save(1, start.state, position=8)
    first.close()
    torn = tmp_path / "checkpoints" / "2.orbax-checkpoint-tmp" / "state"
    torn.mkdir(parents=True)
    assert checkpoint.find_step(str(tmp_path), "latest") == 1
    assert torn.is_dir()  # Who only reads removes nothing.
    again = Checkpoints(str(tmp_path))
    assert again.latest_step() == 1
    again.save(2, start.state, position=16)
    again.close()
    names = {path.name for path in (tmp_path / "checkpoints").iterdir()}
    assert names == {"1", "2"}


def test_a_save_that_fails_is_one_sentence_at_the_latest_at_the_end(tmp_path, caplog):
    before = sys.unraisablehook
    start = fresh()
    checkpoints = Checkpoints(str(tmp_path))
    checkpoints.save(1, start.state, position=8)
    checkpoints._manager.wait_until_finished()
    with small_files(100), pytest.raises(OSError, match="File too large.*is whole"):
        checkpoints.save(2, start.state, position=16)
        checkpoints.close()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    sys.unraisablehook = before
    assert checkpoint.find_step(str(tmp_path), "latest") == 1


@contextlib.contextmanager
def small_files(size):
    """No file may grow beyond so many bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
