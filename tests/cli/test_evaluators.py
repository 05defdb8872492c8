import pkgutil
from importlib import import_module

import pytest

from jaxgen import metrics, systems
from jaxgen.cli import evaluators
from jaxgen.metrics import ssim
from tests.toy import Toy

TINY = dict(image_size=(32, 16), width=8, code=8, discriminator_width=8)
SYSTEM = systems.build("pg2", TINY)


def build(system=SYSTEM, **options):
    return evaluators.evaluations({"quality": options}, system)["quality"]


def test_every_metric_there_is_can_be_asked_for():
    names = [m.name for m in pkgutil.iter_modules(metrics.__path__)]
    found = [
        n for n in names if hasattr(import_module(f"jaxgen.metrics.{n}"), "Metric")
    ]
    assert sorted(evaluators.metrics()) == sorted(found)
    for name in found:
        assert build(metric=name).metric.definition["name"] == name


def test_options_reach_the_evaluation():
    evaluation = build(metric="ssim", split="train", samples=7, output="coarse")
    assert evaluation.metric == ssim.Metric()
    assert (evaluation.split, evaluation.samples) == ("train", 7)
    assert evaluation.output == "coarse"


def test_names_may_be_anything_and_order_is_kept():
    options = {name: dict(metric="psnr") for name in ("b/refined", "a/coarse")}
    assert list(evaluators.evaluations(options, SYSTEM)) == ["b/refined", "a/coarse"]


def test_an_unknown_option_is_told_with_the_nearest():
    with pytest.raises(KeyError, match="config.evals.quality.*did you mean 'samples'"):
        build(metric="ssim", sample=7)


@pytest.mark.parametrize("name", ["fidd", "base", "mask"])
def test_an_unknown_metric_is_told_with_all(name):
    with pytest.raises(KeyError, match=f"unknown metric '{name}'.*psnr"):
        build(metric=name)


def test_a_missing_metric_is_told():
    with pytest.raises(KeyError, match="config.evals.quality.*metric"):
        build(samples=7)


def test_a_feature_that_no_batch_has_is_told():
    with pytest.raises(KeyError, match="unknown feature 'target_image'"):
        build(Toy(), metric="ssim")


def test_an_output_that_the_system_does_not_give_is_told():
    with pytest.raises(KeyError, match="unknown output 'refined'; there is coarse"):
        build(metric="psnr", output="refined")
