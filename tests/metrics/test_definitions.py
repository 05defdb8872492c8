import numpy as np
import pytest

from jaxgen.metrics import definitions, prepare, ssim
from jaxgen.metrics.definitions import (
    DISTANCE,
    Extractor,
    Number,
    Protocol,
    define,
    plan,
)

STEPS = (
    ("resize_bilinear", {"size": (4, 4)}),
    ("affine", {"factor": (1.0,), "shift": (0.0,)}),
)
POOL = Extractor("tiny", "pool", STEPS)
LPIPS = Extractor("lpips_tiny")


def protocol(**numbers):
    return Protocol(title="t", pictures="8x8", source="s", numbers=numbers)


def tiny(inputs, layer):
    """Mean colours; the layer's name decides the width."""
    assert inputs.shape[1:] == (4, 4, 3) and inputs.dtype == np.float32
    return inputs.mean((1, 2))[:, : len(layer)]


def distance(image, target):
    return np.abs(image - target).mean((1, 2, 3))


def obtain(name):
    return {"tiny": tiny, "lpips_tiny": distance}.get(name)


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    return {
        "target_image": rng.integers(0, 256, (3, 16, 16, 3), dtype=np.uint8),
        "target_keypoints": rng.uniform(0, 15, (3, 18, 2)).astype(np.float32),
    }


@pytest.fixture
def images():
    return np.random.default_rng(1).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)


def test_a_number_of_pairs_is_computed_after_its_steps(images, batch):
    steps = (("pad_white", {"columns": 3}),)
    built = plan(protocol(ssim=Number("ssim", steps=steps)), obtain).built["ssim"]
    padded = {"target_image": prepare.apply(batch["target_image"], steps)}
    want = ssim.Metric().values(prepare.apply(images, steps), padded)
    np.testing.assert_array_equal(built.values(images, batch), want)
    assert not np.allclose(want, ssim.Metric().values(images, batch))


def test_a_number_of_sets_is_computed_from_features(images, batch):
    built = plan(protocol(fid=Number("fid", {"ddof": 0}, POOL)), obtain).built["fid"]
    features = built.features(images)
    want = prepare.apply(images, STEPS).mean((1, 2))
    np.testing.assert_allclose(features, want)
    state = built.metric.gathers.empty()
    real = state.update(built.features(batch["target_image"]))
    assert built.metric.compute(real, state.update(features))["fid"] > 0
    assert built.metric.ddof == 0


def test_features_under_a_mask_are_of_blackened_pictures(images, batch):
    number = Number("inception_score", {"splits": 1}, POOL, mask="community")
    built = plan(protocol(score=number), obtain).built["score"]
    nobody = {"target_keypoints": np.full((3, 18, 2), np.nan, np.float32)}
    assert built.features(images, batch).any()
    assert not built.features(images, nobody).any()


def test_lpips_gets_its_network(images, batch):
    built = plan(protocol(lpips=Number("lpips", {}, LPIPS)), obtain).built["lpips"]
    want = np.abs(images - batch["target_image"].astype(float)).mean((1, 2, 3)) / 127.5
    np.testing.assert_allclose(built.values(images, batch), want, rtol=1e-5)
    assert built.definition["network"] == "lpips_tiny"


def test_what_lacks_its_network_is_told_and_the_rest_is_built():
    numbers = dict(
        ssim=Number("ssim"),
        fid=Number("fid", {}, POOL),
        kid=Number("kid", {}, POOL),
        lpips=Number("lpips", {}, LPIPS),
    )
    found = plan(protocol(**numbers), lambda name: None)
    assert list(found.built) == ["ssim"]
    assert found.missing == {"tiny": ("fid", "kid"), "lpips_tiny": ("lpips",)}
    assert plan(protocol(**numbers), obtain).missing == {}
    assert protocol(**numbers).networks() == ("tiny", "lpips_tiny")


def test_definitions_need_no_network_and_decide_the_key():
    base = protocol(fid=Number("fid", {}, POOL), lpips=Number("lpips", {}, LPIPS))
    assert define(base, "lpips")["name"] == "lpips"
    others = [
        Number("fid", {"ddof": 0}, POOL),
        Number("fid", {}, Extractor("tiny", "pool")),
        Number("fid", {}, Extractor("tiny", "other", STEPS)),
        Number("fid", {}, POOL, real="train"),
        Number("fid", {}, POOL, batch=64),
        Number("fid", {}, POOL, generated=50_000),
        Number("fid", {}, POOL, mask="pg2"),
        Number("fid", {}, POOL, steps=(("pad_white", {"columns": 40}),)),
    ]
    found = {plan(protocol(n=other), obtain).built["n"].key for other in others}
    found.add(plan(base, obtain).built["fid"].key)
    found.add(plan(base, obtain, size=(64, 48)).built["fid"].key)
    assert len(found) == len(others) + 2


def test_what_the_authors_say_of_a_number_does_not_decide_its_key():
    plain, told = (
        plan(protocol(fid=Number("fid", {}, POOL, **options)), obtain).built["fid"].key
        for options in ({}, dict(caveats=("x",), source="y", verified=False))
    )
    assert plain == told


def test_samples_outside_full_batches_do_not_count():
    number = Number("lpips", {}, LPIPS, batch=4)
    assert [number.kept(n) for n in (0, 3, 4, 7, 8)] == [0, 3, 4, 4, 8]
    assert Number("ssim").kept(7) == 7
    assert number.mean(np.array([1.0, 1, 1, 1, 99])) == 1.0


def test_a_mean_of_batches_is_taken_where_the_authors_do():
    values = np.array([1.0, 1.0, 4.0])
    assert Number("ssim").mean(values) == 2.0
    assert Number("ssim", mean_of=2).mean(values) == 2.5


def test_pairs_and_sets_are_not_mixed_up(images, batch):
    built = plan(
        protocol(ssim=Number("ssim"), fid=Number("fid", {}, POOL)), obtain
    ).built
    with pytest.raises(TypeError, match="fid is of a set, not of a pair"):
        built["fid"].values(images, batch)
    with pytest.raises(TypeError, match="ssim takes no features"):
        built["ssim"].features(images)


def test_an_unknown_number_is_told_with_all():
    with pytest.raises(KeyError, match="unknown number 'fjd'.*did you mean 'fid'"):
        define(protocol(fid=Number("fid", {}, POOL)), "fjd")


def test_extractors_are_named_by_network_layer_and_way():
    assert str(LPIPS) == "lpips_tiny" and LPIPS.layer == DISTANCE
    assert str(Extractor("a", "b")) == "a/b"
    assert str(POOL).startswith("tiny/pool after resize bilinear size (4, 4), then")


def test_a_metric_made_for_its_definition_does_not_compute(images, batch):
    metric = definitions.construct(Number("lpips", {}, LPIPS), definitions._no_network)
    with pytest.raises(TypeError, match="made for its definition"):
        metric.values(images, batch)
