import jax
import numpy as np
import pytest

from jaxgen.runtime import tasks
from jaxgen.runtime.measuring import Use
from jaxgen.systems.base import Input, Task
from tests.toy import Toy

SIZE = (4, 2)
INPUTS = {
    "source": Input("image", "a picture"),
    "pose": Input("keypoints", "a pose", default=np.zeros((18, 2))),
    "angle": Input("number", "degrees", default=0.0, live=True),
    "background": Input("image", "another picture", default=None),
}


def frame(nets, cache, time, live):
    return {"image": cache * 0.0, "answer": cache + live["angle"] / 127.5}


TASK = Task("Turns.", INPUTS, lambda nets, x, key: x["source"] / 127.5 - 1, frame)


class Turning(Toy):
    def tasks(self):
        return {"turn": TASK}

    def batch_spec(self, size):
        return {
            "source": jax.ShapeDtypeStruct((size, *SIZE, 3), np.uint8),
            "name": jax.ShapeDtypeStruct((size,), np.int32),
        }


def picture(value=0):
    return np.full((*SIZE, 3), value, np.uint8)


def complete(**given):
    return tasks.complete("load", "turn", TASK, given, SIZE)


def test_what_is_left_out_has_its_default():
    found = complete(source=picture(), angle=3)
    assert found["angle"] == 3 and found["pose"].shape == (18, 2)
    assert found["background"] is None


@pytest.mark.parametrize(
    "given, said",
    [
        (dict(), "task 'turn' needs 'source': a picture"),
        (dict(source=picture(), agle=1), "did you mean 'angle'"),
        (dict(source=picture() / 255), r"uint8 \[4, 2, 3\], got float64 \[4, 2, 3\]"),
        (dict(source=picture()[:3]), r"got uint8 \[3, 2, 3\]"),
        (dict(source=picture(), pose=np.zeros((17, 2))), r"\[18, 2\].*\[17, 2\]"),
        (dict(source=picture(), pose=((1, 2), (3,))), r"\[18, 2\].*got \(\(1, 2\)"),
        (dict(source=picture(), pose="pose.json"), "got 'pose.json'"),
        (dict(source=picture(), angle="big"), "as a number, got 'big'"),
    ],
)
def test_what_does_not_fit_is_one_sentence(given, said):
    with pytest.raises((KeyError, ValueError), match=said):
        complete(**given)


def test_a_runner_gives_the_panels_in_order_as_bytes():
    runner = tasks.make_tasks(Turning())["turn"]
    panels = runner({}, complete(source=picture(7), angle=2.0), jax.random.key(0))
    assert list(panels) == ["image", "answer"]
    assert (panels["answer"] == 9).all() and panels["answer"].dtype == np.uint8


def test_answers_come_one_by_one_and_the_last_panel_is_the_image():
    batch = {
        "source": np.stack([picture(v) for v in (1, 2, 9)]),
        "name": np.arange(3, dtype=np.int32),
    }
    use = Use("turn", (("angle", 5.0),))
    runner, key = tasks.make_tasks(Turning())["turn"], jax.random.key(0)
    ((outputs, kept, names),) = tasks.task_answers(
        runner, use, {}, [(batch, ["a", "b"])], key
    )
    np.testing.assert_array_equal(outputs["image"][:, 0, 0, 0], [6, 7])
    np.testing.assert_array_equal(outputs["image"], outputs["answer"])
    assert names == ["a", "b"] and len(kept["source"]) == 2


def test_constants_count_more_than_features():
    use = Use("turn", (("source", picture(50)),))
    runner, key = tasks.make_tasks(Turning())["turn"], jax.random.key(0)
    batch = {"source": picture(1)[None]}
    ((outputs, _, _),) = tasks.task_answers(runner, use, {}, [(batch, ["a"])], key)
    assert (outputs["image"] == 50).all()


def test_outputs_are_found_without_computing_them():
    found = tasks.task_outputs("config.evals.x", Use("turn"), Turning())
    assert found == ["answer", "image"]
    with pytest.raises(KeyError, match="config.evals.x: unknown task 'trn'"):
        tasks.task_outputs("config.evals.x", Use("trn"), Turning())
