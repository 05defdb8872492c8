import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from jaxgen.metrics import protocols
from jaxgen.metrics.accumulate import Moments, Rows
from tests.reference import frechet as reference


def metric(protocol, number):
    return (
        protocols.plan(protocol, lambda _: lambda *_: np.zeros(1)).built[number].metric
    )


def rows(count, seed):
    return np.random.default_rng(seed).normal(size=(count, 5))


def test_impersonator_compares_floats_whose_range_is_2():
    rng = np.random.default_rng(0)
    images, targets = rng.integers(0, 256, (2, 2, 24, 20, 3), dtype=np.uint8)
    targets[1] = 130 + targets[1] // 3
    built = protocols.plan("impersonator", lambda _: None).built
    batch = {"target_image": targets}
    pairs = list(zip(images * (2 / 255) - 1, targets * (2 / 255) - 1, strict=True))
    want = [
        structural_similarity(x, y, channel_axis=-1, data_range=2) for x, y in pairs
    ]
    found = built["ssim"].values(images, batch)
    np.testing.assert_allclose(found, want, atol=1e-9)
    want = [peak_signal_noise_ratio(y, x) for x, y in pairs]
    found = built["psnr"].values(images, batch)
    np.testing.assert_allclose(found, want, rtol=1e-12)


def test_impersonators_inception_score_is_of_all_pictures_at_once():
    score = metric("impersonator", "inception_score")
    assert score.splits == 1 and "pool3" in score.extractor
    found = score.compute(None, Rows((rows(7, 0),)))
    assert found["inception_score_std"] == 0.0


def test_nvidias_fid_divides_by_the_number_of_samples_and_others_by_one_less():
    x, y = rows(9, 0), rows(12, 1)
    for protocol, number, ddof in (
        ("nvidia", "fid50k_full", 0),
        ("clean_fid", "fid", 1),
        ("pytorch_fid", "fid", 1),
        ("impersonator", "fid", 1),
    ):
        found = metric(protocol, number).compute(Moments.of(x), Moments.of(y))["fid"]
        moments = (*reference.moments(x, ddof), *reference.moments(y, ddof))
        assert found == pytest.approx(reference.distance(*moments), rel=1e-9)


def test_nvidia_rounds_and_the_others_truncate():
    rules = {name: p.quantise for name, p in protocols.PROTOCOLS.items()}
    assert rules.pop("nvidia") == "half_up"
    assert set(rules.values()) == {"truncate"}


def test_counts_are_those_of_nvidias_table_of_metrics():
    numbers = protocols.protocol("nvidia").numbers
    assert {number.generated for number in numbers.values()} == {50_000}
    assert numbers["kid50k_full"].real_limit == 1_000_000
    assert numbers["pr50k3_full"].real_limit == 200_000
    assert metric("nvidia", "pr50k3_full").neighbours == 3
    assert metric("nvidia", "ppl2_wend").epsilon == 1e-4


def test_three_ways_to_one_network_are_three_fids():
    extractors = {
        metric(protocol, number).extractor
        for protocol, number in (
            ("nvidia", "fid50k_full"),
            ("clean_fid", "fid"),
            ("pytorch_fid", "fid"),
        )
    }
    assert len(extractors) == 3
    assert all(e.startswith("inception_tf/pool3 after resize") for e in extractors)
