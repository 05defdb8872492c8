import pkgutil
from concurrent.futures import ThreadPoolExecutor

import jax
import numpy as np
import pytest

from jaxgen import metrics, systems
from jaxgen.cli import evaluators
from jaxgen.cli.gathering import Batch, Stream
from jaxgen.cli.protocols import Given, Measurement
from jaxgen.metrics import protocols, ssim
from jaxgen.metrics.definitions import Protocol
from jaxgen.runtime.measuring import Reference, Use
from jaxgen.systems.base import Input, Task
from jaxgen.weights import registry
from tests.toy import Toy

TINY = dict(image_size=(32, 16), width=8, code=8, discriminator_width=8)
SYSTEM = systems.build("pg2", TINY)
ALONE = {"l1", "l2", "mae", "mask_ssim", "psnr", "sharpness", "ssim"}
RNG = np.random.default_rng(0)


class Networks:
    """Stands for every network: the means of pictures, or a distance of pairs."""

    absent = {}

    def obtain(self, name):
        return self

    def weights_of(self, name):
        return [{"network": name, "file": name, "sha256": "random"}]

    def __call__(self, image, other):
        if isinstance(other, str):
            return image.astype(np.float64).mean((1, 2))
        return np.abs(image - other).mean((1, 2, 3))


def build(system=SYSTEM, networks=None, **options):
    return evaluators.evaluations({"quality": options}, system, networks)["quality"]


def images(count=6, size=(32, 16)):
    return RNG.integers(0, 256, (count, *size, 3), dtype=np.uint8)


def test_every_metric_there_is_can_be_asked_for():
    found = set(evaluators.metrics())
    assert found == ALONE | set(evaluators.NETWORKS)
    assert found < {m.name for m in pkgutil.iter_modules(metrics.__path__)}
    for name in found:
        evaluation = build(metric=name, networks=Networks())
        assert evaluation.metric.definition["name"] == name


def test_options_reach_the_evaluation():
    evaluation = build(metric="ssim", split="train", samples=7, output="coarse")
    assert evaluation.metric == ssim.Metric()
    assert (evaluation.split, evaluation.samples) == ("train", 7)
    assert evaluation.output == "coarse"


def test_options_reach_the_metric():
    assert build(metric="ssim", options=dict(sigma=1.5)).metric == ssim.Metric(
        sigma=1.5
    )
    found = build(metric="kid", networks=Networks(), options=dict(subsets=3))
    assert found.metric.definition["subsets"].startswith("3 of")


def test_names_may_be_anything_and_order_is_kept():
    options = {name: dict(metric="psnr") for name in ("b/refined", "a/coarse")}
    assert list(evaluators.evaluations(options, SYSTEM)) == ["b/refined", "a/coarse"]


def test_an_unknown_option_is_told_with_the_nearest():
    with pytest.raises(KeyError, match="config.evals.quality.*did you mean 'samples'"):
        build(metric="ssim", sample=7)
    with pytest.raises(KeyError, match="options.*did you mean 'sigma'"):
        build(metric="ssim", options=dict(sigm=7))
    with pytest.raises(KeyError, match="reference.*did you mean 'split'"):
        build(metric="fid", networks=Networks(), reference=dict(splits="train"))


@pytest.mark.parametrize("name", ["fidd", "base", "mask", "pckh", "path_length"])
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


def test_a_metric_of_a_set_has_a_reference_and_features():
    found = build(metric="fid", networks=Networks(), reference=dict(split="test"))
    assert found.reference == Reference("test")
    rows = found.features(images(), {}, real=False)
    state = found.metric.gathers.empty().update(rows)
    assert found.numbers("quality", state, state)["quality"] == pytest.approx(
        0, abs=1e-8
    )
    assert found.weights[0]["network"] == "inception_tf"


def test_a_masked_number_of_a_set_asks_for_what_its_mask_is_drawn_from():
    protocol, name = next(
        (key, name)
        for key, protocol in protocols.PROTOCOLS.items()
        for name, number in protocol.numbers.items()
        if number.mask and number.extractor
    )
    with pytest.raises(KeyError, match="unknown feature '.*keypoints'"):
        build(metric=name, protocol=protocol, networks=Networks())


@pytest.mark.parametrize(
    "protocol, name", [("impersonator", "ssim"), ("impersonator", "lpips")]
)
def test_a_config_averages_as_the_protocol_does(protocol, name):
    answers, targets = images(18, (256, 256)), images(18, (256, 256))
    answers[16:] = targets[16:]
    entry = build(metric=name, protocol=protocol, networks=Networks())
    values = entry.metric.values(answers, {"target_image": targets})
    names, never = [str(i) for i in range(18)], [False] * 18
    batch = Batch(names, list(answers), never, list(targets), never)
    stream = Stream("these", 18, "", lambda: iter([batch]))
    whole = protocols.protocol(protocol)
    asked = Protocol(**{**vars(whole), "numbers": {name: whole.numbers[name]}})
    measurement = Measurement(asked, Given(stream, 18, {}, stream), Networks())
    with ThreadPoolExecutor(1) as executor:
        measurement.update(batch, executor)
    want = measurement.finish().numbers[name]["value"]
    assert entry.numbers("n", values)["n"] == pytest.approx(want, rel=1e-12)
    assert abs(want - values.mean()) > 1e-3


def test_a_metric_of_pairs_has_no_reference():
    with pytest.raises(KeyError, match="'ssim' is of pairs"):
        build(metric="ssim", reference=dict(split="train"))


def test_a_number_of_a_protocol_goes_through_its_steps():
    found = build(metric="ssim", protocol="patn_deepfashion")
    plain = build(metric="ssim", options=dict(sigma=1.5, sample=False))
    size = (32, 176)
    answers, batch = images(size=size), {"target_image": images(size=size)}
    assert found.metric.definition["images"] == "pad white columns 40"
    assert "jpeg" in found.metric.definition["on_real"]
    padded = found.metric.values(answers, batch)
    assert (padded > plain.metric.values(answers, batch) + 0.2).all()


def test_numbers_of_one_extractor_share_their_features():
    evals = {
        "fid": dict(metric="fid", protocol="clean_fid"),
        "kid": dict(metric="kid", protocol="clean_fid"),
        "other": dict(metric="fid"),
    }
    found = evaluators.evaluations(evals, SYSTEM, Networks())
    assert found["fid"].features is found["kid"].features
    assert found["fid"].features is not found["other"].features


def test_a_protocol_brings_its_options_and_an_unknown_number_is_told():
    with pytest.raises(KeyError, match="a protocol's own"):
        build(metric="ssim", protocol="gfla", options=dict(sigma=1.5))
    with pytest.raises(KeyError, match="unknown number 'fid'; there is"):
        build(metric="fid", protocol="pg2")
    with pytest.raises(KeyError, match="did you mean 'gfla'"):
        build(metric="ssim", protocol="gfal")


def test_a_number_that_needs_more_than_pictures_is_refused():
    with pytest.raises(KeyError, match="needs more than pictures"):
        build(metric="pckh", protocol="patn_market1501")


def test_missing_weights_are_told_before_anything_is_computed(monkeypatch, tmp_path):
    monkeypatch.setenv(registry.FOLDER, str(tmp_path))
    with pytest.raises(FileNotFoundError, match="evals.quality.*inception-2015-12-05"):
        build(metric="fid")


def test_random_weights_are_asked_for_by_name():
    found = build(metric="lpips", weights="random")
    assert found.weights[0]["sha256"] == "random"
    with pytest.raises(KeyError, match="unknown weights 'rndom'"):
        build(metric="lpips", weights="rndom")


class Views(Toy):
    """A system with a task of an angle."""

    def tasks(self):
        def frame(nets, cache, time, live):
            return {"before": cache["source"], "after": cache["source"] + live["angle"]}

        inputs = {
            "source": Input("image", "a picture"),
            "angle": Input("number", "degrees", default=0.0, live=True),
            "seed": Input("number", "of nothing"),
        }
        return {"view": Task("Turns.", inputs, lambda nets, x, key: x, frame)}

    def batch_spec(self, size):
        picture = jax.ShapeDtypeStruct((size, 4, 4, 3), np.uint8)
        return {"source": picture, "target_image": picture}


def test_a_task_answers_with_features_and_constants():
    options = dict(metric="psnr", task="view", inputs=dict(seed=3, angle=45.0))
    found = build(Views(), **options, output="after")
    assert found.use == Use("view", (("angle", 45.0), ("seed", 3)))
    assert build(Views(), **options).output == "image"
    listed = Use("view", (("seed", (1, (2,))),))
    assert evaluators._use("x", "view", {"seed": [1, [2]]}) == listed


@pytest.mark.parametrize(
    "options, said",
    [
        (dict(task="vew", inputs=dict(seed=1)), "did you mean 'view'"),
        (dict(task="view", inputs=dict(seed=1, agle=1.0)), "did you mean 'angle'"),
        (dict(task="view"), "needs 'seed': of nothing"),
        (dict(task="view", inputs=dict(seed="x")), "'seed' as a number, got 'x'"),
        (dict(task="view", inputs=5), "inputs are name -> value, got 'view' and 5"),
        (dict(task=3), "task is the name of a task"),
        (dict(task="view", inputs=dict(seed=1), output="aftr"), "did you mean 'after'"),
        (dict(inputs=dict(seed=1)), "inputs are those of a task"),
    ],
)
def test_tasks_that_could_not_run_are_refused(options, said):
    with pytest.raises((KeyError, ValueError), match=said):
        build(Views(), metric="psnr", **options)
