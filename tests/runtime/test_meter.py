import jax.numpy as jnp
import pytest

from jaxgen.runtime.meter import Meter


def test_terms_of_lazy_phases_count_in_their_steps_only():
    meter = Meter(4)
    meter.add(1, {"a": jnp.float32(1), "b": jnp.float32(5)})
    meter.add(2, {"a": jnp.float32(3)})
    means = meter.flush()
    assert means["a"] == 2 and means["b"] == 5 and means["images_per_second"] > 0


def test_nan_stops_and_names_term_step_and_range():
    meter = Meter(4)
    for step in (7, 8, 9):
        meter.add(step, {"l1": jnp.float32("nan") if step == 8 else jnp.float32(0)})
    with pytest.raises(FloatingPointError, match="l1 .* step 8 .*7 to 9"):
        meter.check()


def test_check_keeps_what_flush_will_average():
    meter = Meter(4)
    meter.add(1, {"a": jnp.float32(1)})
    meter.check()
    meter.add(2, {"a": jnp.float32(2)})
    assert meter.flush()["a"] == 1.5


def test_paused_time_does_not_slow_the_speed(monkeypatch):
    clock = iter([0.0, 1.0, 99.0, 100.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    meter = Meter(6)
    with meter.paused():
        pass
    meter.add(1, {})
    assert meter.flush()["images_per_second"] == pytest.approx(3.0)
