import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxgen


@pytest.fixture(scope="module")
def model(tiny_workdir):
    return jaxgen.load(tiny_workdir)


def picture(seed=0, batch=()):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (*batch, 32, 16, 3), np.uint8)


def points(batch=()):
    return np.random.default_rng(1).uniform(2, 14, (*batch, 18, 2)).astype(np.float32)


def test_predict_takes_and_gives_arrays(model):
    outputs = model.predict(
        source_image=picture(batch=(2,)), target_keypoints=points((2,))
    )
    assert outputs["image"].shape == (2, 32, 16, 3)
    assert outputs["image"].dtype == np.uint8
    assert isinstance(outputs["image"], np.ndarray)


def test_panels_keep_their_order(model):
    images, keypoints = picture(batch=(2,)), points((2,))
    panels = model.panels(
        source_image=images, target_image=images, target_keypoints=keypoints
    )
    assert list(panels) == ["source", "pose", "coarse", "refined", "target"]
    assert np.abs(panels["source"].astype(int) - images).max() <= 1


def test_a_task_answers_as_predict_does(model):
    image, keypoints = picture(), points()
    drawn = model.run_task("transfer", source_image=image, target_keypoints=keypoints)
    answer = model.predict(source_image=image[None], target_keypoints=keypoints[None])
    assert list(drawn) == ["source", "pose", "coarse", "refined"]
    np.testing.assert_array_equal(drawn["refined"], answer["image"][0])


def test_missing_joints_may_be_nan(model):
    keypoints = np.full((1, 18, 2), np.nan, np.float32)
    outputs = model.predict(
        source_image=picture(batch=(1,)), target_keypoints=keypoints
    )
    assert outputs["image"].shape == (1, 32, 16, 3)


def test_wrong_arrays_and_names_are_refused(model):
    with pytest.raises(KeyError, match="'source_image'"):
        model.predict(sorce_image=picture(batch=(1,)))
    with pytest.raises(ValueError, match=r"uint8\[1, 32, 16, 3\]"):
        model.predict(source_image=np.zeros((1, 16, 16, 3), np.uint8))
    with pytest.raises(KeyError, match="at least one"):
        model.predict()
    with pytest.raises(KeyError, match="transfer"):
        model.run_task("swap")
    with pytest.raises(KeyError, match="target_keypoints"):
        model.run_task("transfer", source_image=picture())
    with pytest.raises(ValueError, match="uint8"):
        model.run_task(
            "transfer", source_image=picture() / 255, target_keypoints=points()
        )
    with pytest.raises(
        ValueError, match=r"numbers \[18, 2\].*got float32 \[1, 18, 2\]"
    ):
        model.run_task(
            "transfer", source_image=picture(), target_keypoints=points((1,))
        )
    with pytest.raises(ValueError, match=r"numbers \[18, 2\].*translate.*\[17, 2\]"):
        model.run_task(
            "transfer", source_image=picture(), target_keypoints=points()[:17]
        )
    with pytest.raises(ValueError, match="batch is empty"):
        model.predict(source_image=picture(batch=(0,)), target_keypoints=points((0,)))


def test_a_folder_that_is_no_workdir_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="not a workdir"):
        jaxgen.load(str(tmp_path))


def test_the_answer_is_that_of_the_plain_functions(model, tiny_workdir):
    opened = model.experiment
    batch = {"source_image": picture(batch=(1,)), "target_keypoints": points((1,))}
    inputs = opened.system.inputs(
        opened.nets, {k: jnp.asarray(v) for k, v in batch.items()}
    )
    image = opened.system.predict(opened.nets, inputs, jax.random.key(0))["image"]
    want = np.clip((np.asarray(image) + 1) * 127.5, 0, 255)
    got = model.predict(**batch)["image"]
    assert np.abs(got - want).max() <= 1


def test_load_stays_a_function_after_it_was_called(tiny_workdir):
    jaxgen.load(tiny_workdir)
    assert jaxgen.load(tiny_workdir, "4").experiment.step == 4
