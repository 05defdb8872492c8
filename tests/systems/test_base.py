import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen import systems
from jaxgen.systems.base import (
    REQUIRED,
    Context,
    Input,
    Phase,
    Result,
    System,
    Task,
    picture_size,
)


def nothing(*arguments):
    return Result(loss=jnp.zeros(()))


def test_a_result_needs_a_loss_only():
    first, second = Result(loss=1.0), Result(loss=2.0)
    assert (first.metrics, first.carry, first.updates) == ({}, {}, {})
    assert first.metrics is not second.metrics


def test_results_and_contexts_pass_through_jax():
    context = Context(jax.random.key(0), jnp.int32(3), {"fake": jnp.ones(2)})

    @jax.jit
    def objective(context):
        fake = context.carry["fake"].sum() + context.step
        return Result(loss=fake, metrics={"l1": fake})

    result = objective(context)
    assert float(result.loss) == float(result.metrics["l1"]) == 5.0
    assert result.updates == {}


def test_a_phase_runs_at_every_turn_unless_it_is_lazy():
    assert Phase(nothing, trains=("generator",)).every == 1


def test_an_input_is_required_and_still_unless_told_otherwise():
    given = Input("image", "photograph of the person")
    assert given.default is REQUIRED and not given.live
    assert Input("number", "angle", default=None).default is None


def test_a_task_gives_one_picture_unless_told_otherwise():
    task = Task("Draws.", {}, prepare=nothing, frame=nothing)
    assert task.frames(None) == 1


def test_there_is_pg2_and_names_are_sorted():
    assert "pg2" in systems.names()
    assert systems.names() == sorted(systems.names())
    assert "base" not in systems.names()


@pytest.mark.parametrize("name", systems.names())
def test_every_system_is_built_from_its_own_options(name):
    system = systems.build(name, systems.options(name), dtype="bfloat16")
    assert isinstance(system, System)
    assert system == systems.build(name, {}, dtype="bfloat16")
    assert system != systems.build(name, {})


def test_an_unknown_system_is_told_with_all():
    with pytest.raises(KeyError, match="unknown system 'pg3' .did you mean 'pg2'"):
        systems.build("pg3", {})


@pytest.mark.parametrize("option", ["widht", "dtype"])
def test_an_unknown_option_is_told_with_all(option):
    with pytest.raises(KeyError, match=f"systems.pg2: unknown option '{option}'.*wid"):
        systems.build("pg2", {option: 1})


def test_the_size_of_pictures_is_that_of_the_largest():
    def entry(*shape, dtype=np.uint8):
        return jax.ShapeDtypeStruct(shape, dtype)

    spec = {
        "face": entry(2, 32, 32, 3),
        "body": entry(2, 64, 48, 3),
        "words": entry(2, 512),
        "depth": entry(2, 128, 128, 1, dtype=np.float32),
    }
    assert picture_size(spec) == (64, 48)
    assert picture_size({"words": spec["words"]}) == (0, 0)
