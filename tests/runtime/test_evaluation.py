import jax
import jax.numpy as jnp
import numpy as np

from jaxgen.metrics.accumulate import Rows
from jaxgen.runtime import evaluation
from jaxgen.runtime.evaluation import Judge
from jaxgen.runtime.measuring import Evaluation, Use
from jaxgen.runtime.mesh import guarded, make_mesh, mesh_key, replicated
from jaxgen.systems.base import Input, Task
from tests.toy import Toy


class First:
    """A metric of pairs that reads the first byte."""

    needs = ("target_image",)
    definition = {"name": "first"}

    def values(self, images, batch):
        return images[:, 0, 0, 0].astype(float)


class Means:
    """A metric of a set: the difference of the means; counts its features."""

    streams, gathers = ("real", "fake"), Rows
    extractor, where = "bytes", "host"
    definition = {"name": "means"}

    def __init__(self):
        self.calls = []

    def compute(self, real, fake):
        return {"means": float(np.mean(fake.values) - np.mean(real.values))}

    def features(self, images, batch, *, real):
        self.calls.append(real)
        return images[:, :1, 0, 0].astype(float)


class Echo(Toy):
    """Answers with its input, brightened."""

    def batch_spec(self, size):
        return {"target_image": jax.ShapeDtypeStruct((size, 2, 2, 3), jnp.uint8)}

    def inputs(self, nets, batch):
        return {"x": batch["target_image"].astype(jnp.float32) / 127.5 - 1}

    def predict(self, nets, batch, key):
        return {"image": batch["x"] + nets["shift"]["x"]}


def once(*, split, samples):
    """Sixteen targets in two batches."""
    values = np.arange(16, dtype=np.uint8) * 10 + (split == "train")
    images = np.broadcast_to(values[:, None, None, None], (16, 2, 2, 3)).copy()
    for start in (0, 8):
        names = [str(i) for i in range(start, start + 8)]
        yield {"target_image": images[start : start + 8]}, names


def test_the_judge_tells_means_of_pairs_and_numbers_of_sets():
    mesh = make_mesh()
    means = Means()
    entries = {
        "first": Evaluation(First()),
        "means": Evaluation(means, features=means.features),
    }
    judge = Judge(Echo(), entries, once, mesh, mesh_key(0, mesh))
    with guarded(mesh):
        shift = jax.device_put(np.float32(2 / 127.5), replicated(mesh))
        found = [judge.numbers({"shift": {"x": shift}}) for _ in range(2)]
    assert found[0] == found[1] == {"first": 77.0, "means": 1.0}
    assert means.calls.count(True) == 2  # Real pictures are read once.


def test_answers_may_be_taken_before_they_are_bytes():
    mesh = make_mesh()
    predict = evaluation.make_predict(Echo(), mesh, quantised=False)
    samples = once(split="test", samples=None)
    drawn = evaluation.answers(
        predict, {"shift": {"x": np.float32(0)}}, samples, mesh_key(0, mesh), mesh
    )
    outputs, batch, _ = next(drawn)
    want = batch["target_image"] / 127.5 - 1
    np.testing.assert_allclose(outputs["image"], want, atol=1e-6)


class Turned(Echo):
    """Has a task that adds a constant to its picture."""

    def tasks(self):
        def prepare(nets, inputs, key):
            return inputs["target_image"].astype(np.float32) / 127.5 - 1

        def frame(nets, cache, time, live):
            return {"was": cache, "turned": cache + live["angle"] / 127.5}

        inputs = {
            "target_image": Input("image", "a picture"),
            "angle": Input("number", "how far", default=0.0, live=True),
        }
        return {"turn": Task("Turns.", inputs, prepare, frame)}


def test_a_task_answers_in_place_of_the_prediction():
    mesh = make_mesh()
    entries = {
        name: Evaluation(First(), use=Use("turn", inputs), output=output)
        for name, inputs, output in (
            ("plain", (), "image"),
            ("turned", (("angle", 5.0),), "image"),
            ("source", (("angle", 5.0),), "was"),
        )
    }
    judge = Judge(Turned(), entries, once, mesh, mesh_key(0, mesh))
    with guarded(mesh):
        shift = jax.device_put(np.float32(0), replicated(mesh))
        found = judge.numbers({"shift": {"x": shift}})
    assert found == {"plain": 75.0, "turned": 80.0, "source": 75.0}
