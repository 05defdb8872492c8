import numpy as np
import pytest

from jaxgen.metrics import definitions, prepare, protocols
from jaxgen.metrics.base import PairedMetric, SetMetric, definition_key

NUMBERS = [
    (name, number)
    for name, protocol in protocols.PROTOCOLS.items()
    for number in protocol.numbers
]
SIZE = (64, 56)


def network(*inputs):
    """Stands for every network: a few means, or a distance of pairs."""
    if isinstance(inputs[1], str):
        return inputs[0][:, ::9, ::9].astype(np.float64).mean((1, 2))
    return np.abs(inputs[0] - inputs[1]).mean((1, 2, 3))


def batch(seed, count=12, size=SIZE):
    rng = np.random.default_rng(seed)
    keypoints = rng.uniform(8, 48, (count, 18, 2)).astype(np.float32)
    return {
        "image": rng.integers(0, 256, (count, *size, 3), dtype=np.uint8),
        "target_image": rng.integers(0, 256, (count, *size, 3), dtype=np.uint8),
        "target_keypoints": keypoints,
        "source_keypoints": keypoints[::-1],
    }


def key(name, number):
    return definition_key(definitions.define(protocols.protocol(name), number))


@pytest.mark.parametrize("name", protocols.PROTOCOLS)
def test_a_protocol_is_computed_when_its_networks_are_there(name):
    size = (64, 176) if name.endswith("n_deepfashion") else SIZE
    found = protocols.plan(name, lambda _: network, size=size)
    assert not found.missing
    given = batch(0, size=size)
    for number, built in found.built.items():
        if isinstance(built.metric, PairedMetric):
            values = built.values(given["image"], given)
            assert values.shape == (12,) and np.isfinite(values).all(), number
            assert np.isfinite(built.number.mean(values))
        elif built.number.extractor:
            rows = [built.features(given[k], given) for k in ("target_image", "image")]
            if built.number.metric == "path_length":
                rows = [r[:, :1] for r in rows]
            states = [built.metric.gathers.empty().update(r) for r in rows]
            numbers = built.metric.compute(*states)
            assert np.isfinite([*numbers.values()]).all(), number


@pytest.mark.parametrize("name", protocols.PROTOCOLS)
def test_without_networks_the_rest_is_built(name):
    found = protocols.plan(name, lambda _: None)
    protocol = protocols.protocol(name)
    lost = {number for numbers in found.missing.values() for number in numbers}
    assert lost | set(found.built) == set(protocol.numbers)
    assert lost == {n for n, number in protocol.numbers.items() if number.extractor}
    assert set(found.missing) == set(protocol.networks())


@pytest.mark.parametrize("name, number", NUMBERS)
def test_every_number_is_told_in_full(name, number):
    definition = definitions.define(protocols.protocol(name), number)
    assert all(isinstance(v, str) and v for v in definition.values())
    assert {"size", "real", "limits", "images", "quantisation"} <= set(definition)
    offered = protocols.protocol(name).numbers[number]
    assert offered.real in definitions.REAL
    assert offered.verified or offered.caveats


@pytest.mark.parametrize("name", protocols.PROTOCOLS)
def test_every_protocol_names_repository_commit_and_file(name):
    source = protocols.protocol(name).source
    assert source.startswith("github.com/") and " at " in source and ": " in source


def test_distances_of_other_definitions_are_never_in_one_column():
    fids = [(n, k) for n, k in NUMBERS if k.startswith("fid")]
    assert len(fids) == 10
    assert len({key(*fid) for fid in fids}) == len(fids)


@pytest.mark.parametrize(
    "one, other",
    [
        (("pg2", "ssim"), ("patn_market1501", "ssim")),
        (("pg2", "mask_ssim"), ("patn_market1501", "mask_ssim")),
        (("gfla", "ssim_256"), ("pidm", "ssim_256")),
        (("gfla", "ssim_256"), ("dptn_deepfashion", "ssim_256")),
        (("pg2", "l1"), ("patn_market1501", "l1")),
        (("clean_fid", "kid"), ("nvidia", "kid50k_full")),
        (("impersonator", "inception_score"), ("nvidia", "is50k")),
        (("patn_deepfashion", "inception_score"), ("pg2", "inception_score")),
    ],
)
def test_numbers_of_one_name_that_differ_have_other_keys(one, other):
    assert key(*one) != key(*other)


def test_a_number_that_two_papers_compute_alike_has_one_key():
    assert key("pg2", "inception_score") == key("pose_gan", "inception_score")


def test_an_unknown_protocol_is_told_with_the_nearest():
    with pytest.raises(KeyError, match="unknown protocol 'pidn'.*did you mean 'pidm'"):
        protocols.plan("pidn", lambda _: None)


def test_metrics_of_sets_and_pairs_are_told_apart():
    found = protocols.plan("gfla", lambda _: network).built
    assert isinstance(found["ssim"].metric, PairedMetric)
    assert isinstance(found["fid"].metric, SetMetric)


@pytest.mark.parametrize("name", protocols.PROTOCOLS)
def test_answers_and_real_pictures_come_to_bytes_of_one_size(name):
    protocol, given = protocols.protocol(name), batch(0, count=2)
    generated = prepare.apply(given["image"], protocol.on_generated)
    real = prepare.apply(given["target_image"], protocol.on_real)
    assert generated.dtype == real.dtype == np.uint8
    sized = [
        steps
        for steps in (protocol.on_generated, protocol.on_real)
        if "size" in str(steps)
    ]
    assert len(sized) < 2 or generated.shape == real.shape
