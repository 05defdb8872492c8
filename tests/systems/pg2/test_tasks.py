import jax
import numpy as np
import pytest

from jaxgen.systems import build
from jaxgen.systems.base import REQUIRED


@pytest.fixture(scope="module")
def system():
    return build("pg2", dict(image_size=(16, 16), width=4, code=4, variant="G1-L1"))


@pytest.fixture(scope="module")
def given():
    rng = np.random.default_rng(0)
    keypoints = rng.uniform(0, 15, (18, 2)).astype(np.float32)
    keypoints[3] = np.nan
    image = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    return {"source_image": image, "target_keypoints": keypoints}


def test_transfer_asks_for_a_photograph_and_a_pose(system):
    task = system.tasks()["transfer"]
    kinds = {name: given.kind for name, given in task.inputs.items()}
    assert kinds == {"source_image": "image", "target_keypoints": "keypoints"}
    assert all(given.default is REQUIRED for given in task.inputs.values())


def test_transfer_gives_what_predict_gives_without_a_batch_axis(system, given):
    task, key = system.tasks()["transfer"], jax.random.key(0)
    rng, shapes = np.random.default_rng(0), jax.eval_shape(system.init, key)
    nets = jax.tree.map(lambda x: np.float32(rng.normal(size=x.shape)), shapes)

    @jax.jit
    def both(nets, given):
        cache = task.prepare(nets, given, key)
        batch = system.inputs(nets, {k: v[None] for k, v in given.items()})
        return task.frame(nets, cache, 0.0, {}), system.predict(nets, batch, key)

    pictures, outputs = both(nets, given)
    assert set(pictures) == {"source", "pose", "coarse"}
    assert {x.shape for x in pictures.values()} == {(16, 16, 3)}
    np.testing.assert_array_equal(pictures["coarse"], outputs["image"][0])
    assert task.frames(None) == 1
