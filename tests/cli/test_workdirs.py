import jax
import numpy as np
import pytest

from jaxgen.cli.workdirs import COMPARISONS, OURS, Workdir
from jaxgen.metrics import prepare
from jaxgen.runtime import experiment
from jaxgen.runtime.measuring import Use
from jaxgen.train import prepared_data


@pytest.fixture(scope="module")
def workdir(tiny_workdir):
    opened = experiment.open_workdir(tiny_workdir)
    return Workdir(opened, prepared_data(opened.config, opened.system))


def drawn(workdir, row):
    found = workdir.draw(row, split="test", samples=6, names={})
    return np.concatenate([outputs["image"] for outputs, _, _ in found])


def test_rows_answer_with_what_they_are_named_after(workdir):
    names = {}
    (found,) = workdir.draw("copy", split="test", samples=6, names=names)
    outputs, batch, kept = found
    np.testing.assert_array_equal(outputs["image"], batch["source_image"])
    assert names["test", 6] == kept and len(kept) == 6
    means = drawn(workdir, "mean")
    assert (means == means[:1]).all()
    assert (drawn(workdir, "stranger") != drawn(workdir, OURS)).any()


def test_masks_get_the_poses_that_the_system_does_not_ask_for(workdir):
    assert "source_keypoints" not in workdir.spec
    assert {"source_keypoints", "target_keypoints"} <= workdir.request.keys()


@pytest.mark.parametrize("row", [OURS, *COMPARISONS])
def test_protocols_get_answers_targets_and_poses(workdir, row):
    given = workdir.given(row, split="test", samples=6)
    (batch,) = given.answers.draw()
    assert given.answers.count == given.paired == len(batch.names) == 6
    assert batch.images[0].shape == batch.targets[0].shape == (32, 16, 3)
    assert set(given.features) == set(batch.features)
    floats = row in (OURS, "stranger")
    assert (batch.images[0].dtype == np.uint8) is not floats


def test_floats_become_the_bytes_that_the_system_writes(workdir):
    (batch,) = workdir.given(OURS, split="test", samples=6).answers.draw()
    bytes_ = prepare.quantise(np.stack(batch.images), rule="truncate")
    off = bytes_ != drawn(workdir, OURS)
    assert off.mean() < 0.001


def test_the_training_split_is_every_picture_once(workdir):
    given = workdir.given(OURS, split="test", samples=6)
    train = given.real["train"]
    names = [name for batch in train.draw() for name in batch.names]
    assert len(names) == len(set(names)) == train.count == 3 * 4
    assert train.digest != given.real["targets"].digest


def test_targets_of_another_size_are_another_stream(workdir):
    def digests(workdir):
        given = workdir.given(OURS, split="test", samples=6)
        return given.real["targets"].digest, given.real["train"].digest

    # As another size of the config would ask of the data.
    larger = Workdir(workdir.opened, workdir.data)
    larger.__dict__["spec"] = {
        name: jax.ShapeDtypeStruct((s.shape[0], 64, 32, *s.shape[3:]), s.dtype)
        for name, s in workdir.spec.items()
    }
    assert digests(workdir) == digests(Workdir(workdir.opened, workdir.data))
    assert not set(digests(workdir)) & set(digests(larger))


def test_without_an_amount_all_pairs_are_taken(workdir):
    given = workdir.given(OURS, split="test", samples=None)
    assert given.answers.count == 2 * 4 * 3
    assert given.answers.count == sum(len(b.names) for b in given.answers.draw())


def test_a_task_may_answer_in_place_of_the_prediction(workdir):
    which = dict(split="test", samples=6, names={})
    found = list(workdir.draw(OURS, **which, use=Use("transfer")))
    images = np.concatenate([outputs["image"] for outputs, _, _ in found])
    np.testing.assert_array_equal(images, drawn(workdir, OURS))
    assert {"pose", "refined"} <= found[0][0].keys()
    (copied,) = workdir.draw("copy", **which, use=Use("transfer"))
    np.testing.assert_array_equal(copied[0]["pose"], copied[1]["source_image"])
    assert copied[0].keys() == found[0][0].keys() and copied[2] == found[0][2]
    stranger = list(workdir.draw("stranger", **which, use=Use("transfer")))
    np.testing.assert_array_equal(
        np.concatenate([outputs["image"] for outputs, _, _ in stranger]),
        drawn(workdir, "stranger"),
    )
