import numpy as np
import pytest

from jaxgen.cli import gathering
from jaxgen.cli.gathering import Batch, Gatherer, Stream
from jaxgen.metrics import definitions, protocols
from jaxgen.metrics.definitions import Number, Protocol

WEIGHTS = ({"network": "inception_tf", "file": "f", "sha256": "0" * 64},)


class Counting:
    """A network of three features that counts the pictures that it has seen."""

    def __init__(self):
        self.seen = 0

    def __call__(self, images, layer):
        self.seen += len(images)
        return images[:, 100, 100].astype(np.float64)


def pictures(count, seed=0, size=(16, 8)):
    rng = np.random.default_rng(seed)
    return list(rng.integers(0, 256, (count, *size, 3), dtype=np.uint8))


def numbers(network, **named):
    plan = definitions.plan(Protocol("", "", "", named), lambda name: network)
    return list(plan.built.values())


def clean(network):
    plan = protocols.plan("clean_fid", lambda name: network)
    return plan.built["fid"], plan.built["kid"]


def stream(images, digest="d"):
    def draw():
        for start in range(0, len(images), 4):
            part = images[start : start + 4]
            yield Batch([""] * len(part), part, [False] * len(part))

    return Stream("pictures", len(images), digest, draw)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("JAXGEN_CACHE", str(tmp_path))


def test_lossy_steps_are_left_out_of_what_was_saved_already():
    first, second = pictures(2)
    steps = (("jpeg", {"quality": 5}), ("pad_white", {"columns": 1}))
    found = gathering.arrived([first, second], [True, False], steps)
    assert found.shape == (2, 16, 10, 3)
    np.testing.assert_array_equal(found[0, :, 1:-1], first)
    assert (found[1, :, 1:-1] != second).any()


def test_floats_are_quantised_by_the_rule_of_the_protocol():
    image = np.full((2, 2, 3), (100.6 / 127.5) - 1)
    for rule, level in (("truncate", 100), ("half_up", 101)):
        found = gathering.arrived([image], [False], (), rule=rule)
        assert found.dtype == np.uint8 and (found == level).all()


def test_several_sizes_are_refused_unless_the_protocol_resizes():
    images = [*pictures(1), *pictures(1, size=(32, 16))]
    with pytest.raises(ValueError, match="16x8 and 32x16"):
        gathering.arrived(images, [False] * 2, ())
    resize = (("resize_pillow", {"size": (8, 4)}),)
    assert gathering.arrived(images, [False] * 2, resize).shape == (2, 8, 4, 3)


def test_numbers_of_one_extractor_share_its_features():
    network = Counting()
    fid, kid = clean(network)
    gatherer = Gatherer([(fid, 6), (kid, 6)])
    gatherer.update(np.stack(pictures(6)), {})
    assert network.seen == 6
    assert gatherer.state(fid, 6).count == gatherer.state(kid, 6).count == 6


def test_no_more_pictures_are_taken_than_the_number_takes():
    network = Counting()
    fid, kid = clean(network)
    gatherer = Gatherer([(fid, 5), (kid, 3)])
    for start in range(0, 12, 4):
        gatherer.update(np.stack(pictures(12)[start : start + 4]), {})
    assert gatherer.state(fid, 5).count == 5 and gatherer.state(kid, 3).count == 3
    assert network.seen == 8


def test_real_pictures_are_looked_at_once_and_then_read_from_the_cache():
    network = Counting()
    fid, kid = clean(network)
    images = pictures(7)
    wanted = [(fid, 7), (kid, 7)]
    first = gathering.real_states(stream(images), (), wanted, lambda name: WEIGHTS)
    again = gathering.real_states(stream(images), (), wanted, lambda name: WEIGHTS)
    assert network.seen == 7
    for built, limit in wanted:
        for name, array in first(built, limit).arrays().items():
            np.testing.assert_array_equal(again(built, limit).arrays()[name], array)


@pytest.mark.parametrize(
    "change",
    [
        dict(digest="e"),
        dict(steps=(("pad_white", {"columns": 1}),)),
        dict(limit=6),
        dict(sha256="1" * 64),
    ],
)
def test_the_cache_knows_pictures_steps_amounts_and_weights(change):
    network = Counting()
    fid, _ = clean(network)

    def look(digest="d", steps=(), limit=7, sha256="0" * 64):
        weights = ({**WEIGHTS[0], "sha256": sha256},)
        given = stream(pictures(7), digest)
        gathering.real_states(given, steps, [(fid, limit)], lambda name: weights)

    look()
    look(**change)
    assert network.seen == 14


@pytest.mark.parametrize("digest, sha256", [("", "0" * 64), ("d", "random")])
def test_without_a_digest_or_with_random_weights_nothing_is_cached(digest, sha256):
    network = Counting()
    fid, _ = clean(network)
    weights = ({**WEIGHTS[0], "sha256": sha256},)
    for _ in range(2):
        given = stream(pictures(4), digest)
        gathering.real_states(given, (), [(fid, 4)], lambda name: weights)
    assert network.seen == 8


def test_features_under_a_mask_are_others():
    extractor = protocols.protocol("clean_fid").numbers["fid"].extractor
    plain, masked = numbers(
        Counting(),
        plain=Number("fid", extractor=extractor),
        masked=Number("fid", extractor=extractor, mask="pg2"),
    )
    assert gathering.feature_key(plain) != gathering.feature_key(masked)
