"""Weights of the PyTorch ports mean here what they mean there."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen import systems
from jaxgen.core import trees
from jaxgen.systems.pg2.weights import FORMATS
from jaxgen.weights import rules
from tests.reference import golden

BUDUI = FORMATS["budui"]
FIXTURES = {
    "pg2_g1_small": "coarse",
    "pg2_g2_small": "refine",
    "pg2_g1_market": "coarse",
    "pg2_g2_market": "refine",
    "pg2_discriminator_market": "discriminator",
}
GENERATORS = [(kind, network) for kind in FORMATS for network in ("coarse", "refine")]


def options(**changes):
    return {**systems.options("pg2"), "image_size": (128, 64), **changes}


def fitted(kind, network, state):
    """The system's options after what the format needs and the file tells."""
    model = options(**kind.model, stored_statistics=True)
    shapes = {name: array.shape for name, array in state.items()}
    return {**model, **kind.sizes[network](shapes, model)}


def empty(model, network):
    system = systems.build("pg2", model)
    return system, jax.eval_shape(system.init, jax.random.key(0))[network]


def nhwc(x):
    return jnp.asarray(x.transpose(0, 2, 3, 1))


def answer(network, system, net, inputs):
    x = {name: nhwc(value) for name, value in inputs.items()}
    if network == "coarse":
        joints = jnp.zeros((1, 18, 3))
        return system.coarse_net.apply(net, x["source_image"], x["pose"], joints)
    if network == "refine":
        coarse, source = x["coarse_image"], x["source_image"]
        return system.refine_net.apply(net, coarse, source)
    return system.discriminator_net.apply(net, x["image"])


def relative_error(got, want):
    got = np.asarray(got)
    got = got.transpose(0, 3, 1, 2) if got.ndim == 4 else got
    return np.linalg.norm(got - want) / np.linalg.norm(want)


@pytest.mark.parametrize(
    "fixture",
    [
        pytest.param(f, marks=pytest.mark.slow if "market" in f else ())
        for f in FIXTURES
    ],
)
def test_networks_equal_those_of_the_pytorch_port(fixture):
    network = FIXTURES[fixture]
    state, inputs, outputs = golden.load(fixture)
    model = fitted(BUDUI, network, state)
    system, like = empty(model, network)
    net, report = rules.apply(BUDUI.tables[network](model), state, like)
    found = jax.jit(lambda net: answer(network, system, net, inputs))(net)
    (want,) = outputs.values()
    assert relative_error(found, want) < 1e-4
    counters = sum(a.size for n, a in state.items() if "num_batches" in n)
    assert report.parameters == sum(a.size for a in state.values()) - counters


def random_file(table, like):
    """Arrays as the port would have them, one for each entry."""
    rng = np.random.default_rng(0)
    leaves = trees.flatten(like)
    return {
        e.source: e.layout.theirs(
            rng.normal(size=leaves[e.target].shape).astype(np.float32)
        )
        for e in table.entries
    }


@pytest.mark.parametrize("kind, network", GENERATORS)
@pytest.mark.parametrize("size", [(128, 64), (256, 256)])
def test_tables_cover_every_leaf_and_go_back_to_the_same_bytes(kind, network, size):
    model = options(image_size=size, width=4, **FORMATS[kind].model)
    _, like = empty(model, network)
    table = FORMATS[kind].tables[network](model)
    state = random_file(table, like)
    tree, _ = rules.apply(table, state, like)
    back = rules.reverse(table, tree)
    assert {name: a.tobytes() for name, a in back.items()} == {
        name: a.tobytes() for name, a in state.items()
    }


@pytest.mark.parametrize("kind, network", GENERATORS)
@pytest.mark.parametrize("size", [(128, 64), (256, 256)])
@pytest.mark.parametrize("top_skip", [False, True])
def test_sizes_are_read_from_shapes(kind, network, size, top_skip):
    entry = FORMATS[kind]
    wanted = dict(image_size=size, width=6, code=10, top_skip=top_skip, **entry.model)
    model = options(**wanted)
    _, like = empty(model, network)
    state = random_file(entry.tables[network](model), like)
    shapes = {name: array.shape for name, array in state.items()}
    assert entry.sizes[network](shapes, model) == {}
    # Of G2 alone nobody can tell how wide pictures are, so the proportions stay.
    start = options(image_size=(64, 64 * size[1] // size[0]), **entry.model)
    fitting = {**start, **entry.sizes[network](shapes, start)}
    _, found = empty(fitting, network)
    assert trees.signature(found) == trees.signature(like)


@pytest.mark.parametrize(
    "network, size, tensors",
    [
        ("coarse", (128, 64), 64),
        ("coarse", (256, 256), 76),
        ("refine", (128, 64), 32),
        ("refine", (256, 256), 42),
    ],
)
@pytest.mark.parametrize("kind", FORMATS)
def test_generators_have_the_published_number_of_tensors(kind, network, size, tensors):
    table = FORMATS[kind].tables[network](options(image_size=size))
    assert len({entry.source for entry in table.entries}) == tensors


@pytest.mark.parametrize("size, tensors", [((128, 64), 16), ((256, 256), 20)])
def test_the_official_judge_has_the_published_number_of_tensors(size, tensors):
    table = FORMATS["official"].tables["discriminator"](options(image_size=size))
    assert len({entry.source for entry in table.entries}) == tensors


def test_the_official_file_of_all_networks_gives_each_its_own():
    kind = FORMATS["official"]
    model = options(image_size=(64, 32), width=2, **kind.model)
    likes = {network: empty(model, network)[1] for network in kind.tables}
    tables = {network: kind.tables[network](model) for network in kind.tables}
    whole = {"step": np.zeros((), np.int64), "beta1_power": np.ones((), np.float32)}
    for network, table in tables.items():
        whole |= random_file(table, likes[network])
    whole |= {
        name: np.zeros(3, np.float32)
        for name in (
            "Pose_AE/G/Conv/weights/Adam_1",
            "Discriminator.BN2.moving_mean",
            "Discriminator.BN2.scale/Adam",
        )
    }
    for network, table in tables.items():
        tree, report = rules.apply(table, whole, likes[network])
        assert set(report.mapped) | set(report.ignored) == set(whole)
        back = rules.reverse(table, tree)
        assert all((back[name] == whole[name]).all() for name in back)


@pytest.mark.parametrize(
    "network, target, source",
    [
        ("coarse", "encoder/down3", "Pose_AE/G/Conv_12"),
        ("coarse", "decoder/block0/conv_a", "Pose_AE/G/Conv_15"),
        ("coarse", "decoder/up3", "Pose_AE/G/Conv_26"),
        ("coarse", "decoder/out", "Pose_AE/G/Conv_29"),
        ("refine", "stem", "UAEnoFC/G/Conv"),
        ("refine", "decode0/conv_b", "UAEnoFC/G/Conv_10"),
        ("refine", "out", "UAEnoFC/G/Conv_15"),
    ],
)
def test_the_official_code_numbers_layers_as_it_builds_them(network, target, source):
    table = FORMATS["official"].tables[network](options())
    there = {entry.target: entry.source for entry in table.entries}
    assert there[f"params/{target}/kernel"] == f"{source}/weights"


def test_the_official_head_reads_its_map_channels_first():
    """(c, h, w) there: the logit of one map is the same here and there."""
    model = options(image_size=(64, 32), discriminator_width=2)
    table = FORMATS["official"].tables["discriminator"](model)
    (head,) = (e for e in table.entries if e.target == "params/head/kernel")
    maps, weight = np.random.default_rng(0).normal(size=(2, 16 * 8 * 4))
    ours = maps.reshape(16, 8, 4).transpose(1, 2, 0).ravel() @ head.layout.ours(
        weight[:, None]
    )
    np.testing.assert_allclose(ours, [maps @ weight])


@pytest.mark.parametrize(
    "kind, swapped",
    [("budui", True), ("budui_older", True), ("harshitbansal05", False)],
)
def test_g2_of_the_first_port_takes_the_source_first(kind, swapped):
    table = FORMATS[kind].tables["refine"](options())
    (stem,) = (e for e in table.entries if e.target == "params/stem/kernel")
    theirs = np.arange(6.0).reshape(1, 6, 1, 1)
    want = [3, 4, 5, 0, 1, 2] if swapped else [0, 1, 2, 3, 4, 5]
    np.testing.assert_array_equal(stem.layout.ours(theirs).ravel(), want)


def test_the_second_port_counts_blocks_through_both_halves():
    table = FORMATS["harshitbansal05"].tables["coarse"](options(image_size=(256, 256)))
    there = {entry.target: entry.source for entry in table.entries}
    for target, source in {
        "params/encoder/stem/kernel": "block_1.0.weight",
        "params/encoder/block5/conv_b/kernel": "block6.2.weight",
        "params/encoder/down4/kernel": "block_one5.0.weight",
        "params/decoder/block0/conv_a/kernel": "block7.0.weight",
        "params/decoder/block5/conv_b/bias": "block12.2.bias",
        "params/decoder/up0/kernel": "block_one6.0.weight",
        "params/decoder/up4/bias": "block_one10.0.bias",
        "params/decoder/out/bias": "conv_last.bias",
    }.items():
        assert there[target] == source


def test_statistics_of_the_judge_are_left_out_unless_they_are_asked_for():
    state, _, _ = golden.load("pg2_discriminator_market")
    model = options()
    _, like = empty(model, "discriminator")
    _, report = rules.apply(BUDUI.tables["discriminator"](model), state, like)
    assert set(like) == {"params"}
    assert len(report.ignored) == 9  # Three norms: mean, variance, counter.
    assert len(report.constants) == 4
