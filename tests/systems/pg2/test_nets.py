"""Sizes as published, and the layers that are written in another order than there."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgen.core import trees
from jaxgen.systems.pg2 import nets
from jaxgen.systems.pg2.nets import (
    Coarse,
    DenseDiscriminator,
    PatchDiscriminator,
    Refine,
)

MARKET, DEEPFASHION = (128, 64), (256, 256)


def zeros(size, channels):
    return jnp.zeros((1, *size, channels))


def coarse_inputs(size):
    return zeros(size, 3), zeros(size, 18), jnp.zeros((1, 18, 3))


def count(module, *inputs):
    variables = jax.eval_shape(module.init, jax.random.key(0), *inputs)
    return trees.count(variables["params"])


def random_like(module, *inputs):
    """Random parameters, biases and scales included, so that none hides."""
    rng = np.random.default_rng(0)
    shapes = jax.eval_shape(module.init, jax.random.key(0), *inputs)
    return jax.tree.map(lambda x: np.float32(0.2 * rng.normal(size=x.shape)), shapes)


@pytest.mark.parametrize(
    "size, blocks, total", [(MARKET, 5, 70_795_075), (DEEPFASHION, 6, 122_103_235)]
)
def test_g1_has_the_published_number_of_parameters(size, blocks, total):
    assert count(Coarse(blocks=blocks), *coarse_inputs(size)) == total


@pytest.mark.parametrize(
    "size, blocks, top_skip, total",
    [
        (MARKET, 3, False, 6_058_883),
        (MARKET, 3, True, 6_206_339),
        (DEEPFASHION, 4, True, 12_696_067),
        (DEEPFASHION, 4, False, 12_548_611),
    ],
)
def test_g2_has_the_published_number_of_parameters(size, blocks, top_skip, total):
    module = Refine(blocks=blocks, top_skip=top_skip)
    assert count(module, zeros(size, 3), zeros(size, 3)) == total


@pytest.mark.parametrize(
    "size, layers, channels, total",
    [
        (MARKET, 4, 3, 4_324_737),
        (MARKET, 4, 6, 4_329_537),
        (DEEPFASHION, 5, 3, 10_896_257),
        (DEEPFASHION, 5, 6, 10_901_057),
    ],
)
def test_d_has_the_published_number_of_parameters(size, layers, channels, total):
    module = DenseDiscriminator(layers=layers)
    assert count(module, zeros(size, channels)) == total


@pytest.mark.parametrize("module", [Coarse(blocks=5), Refine(blocks=3)])
@pytest.mark.parametrize("option", [dict(remat=True), dict(pad="torch")])
def test_options_of_computation_do_not_change_parameters(module, option):
    inputs = coarse_inputs(MARKET)
    inputs = inputs if isinstance(module, Coarse) else (inputs[0], inputs[0])
    shapes = jax.eval_shape(module.init, jax.random.key(0), *inputs)
    other = jax.eval_shape(module.clone(**option).init, jax.random.key(0), *inputs)
    assert trees.signature(shapes) == trees.signature(other)


def literal_coarse(params, image, pose, blocks):
    """G1 with the decoder in the published order: repeat pixels, then convolve."""

    def conv(x, layer, stride=1):
        kernel, dims = layer["kernel"], ("NHWC", "HWIO", "NHWC")
        strides = (stride, stride)
        y = jax.lax.conv_general_dilated(
            x, kernel, strides, "SAME", dimension_numbers=dims
        )
        return jax.nn.relu(y + layer["bias"][None, None, None])

    def residual(x, layers):
        return x + conv(conv(x, layers["conv_a"]), layers["conv_b"])

    def dense(x, layer):
        return x @ layer["kernel"] + layer["bias"][None]

    encoder, decoder = params["encoder"], params["decoder"]
    x, skips = conv(jnp.concatenate([image, pose], -1), encoder["stem"]), []
    for i in range(blocks):
        x = residual(x, encoder[f"block{i}"])
        skips.append(x)
        x = conv(x, encoder[f"down{i}"], stride=2) if i < blocks - 1 else x
    code = dense(x.reshape(len(x), -1), encoder["dense"])
    x = dense(code, decoder["dense"]).reshape(*x.shape[:3], -1)
    for i in range(blocks):
        x = residual(jnp.concatenate([x, skips[-1 - i]], -1), decoder[f"block{i}"])
        if i < blocks - 1:
            x = conv(jnp.repeat(jnp.repeat(x, 2, 1), 2, 2), decoder[f"up{i}"])
    out = nn.Conv(3, (3, 3))
    return out.apply({"params": decoder["out"]}, x)


def test_1x1_before_upsampling_equals_the_published_order(key):
    module = Coarse(width=4, blocks=3, code=5)
    image = jax.random.normal(key, (2, 16, 16, 3))
    pose = jax.random.normal(key, (2, 16, 16, 18))
    inputs = (image, pose, jnp.zeros((2, 18, 3)))
    variables = random_like(module, *inputs)
    found = jax.jit(module.apply)(variables, *inputs)
    want = jax.jit(literal_coarse, static_argnums=3)(
        variables["params"], image, pose, 3
    )
    scale = float(jnp.abs(want).max())
    assert scale > 0.01
    np.testing.assert_allclose(found / scale, want / scale, atol=1e-6)


def test_g2_looks_at_the_coarse_picture_first_and_at_the_source_second(key):
    module = Refine(width=4, blocks=1)
    a, b = jax.random.normal(key, (2, 1, 16, 16, 3))
    variables = random_like(module, a, b)
    variables["params"]["stem"]["kernel"][:, :, 3:] = 0
    apply = jax.jit(module.apply)
    np.testing.assert_array_equal(apply(variables, a, b), apply(variables, a, -b))
    assert not np.allclose(apply(variables, a, b), apply(variables, -a, b))


def test_g2_with_zero_init_changes_nothing_at_first(key):
    picture = zeros((16, 16), 3)
    module = Refine(width=4, blocks=1, zero_init=True)
    last = jax.jit(lambda: module.init(key, picture, picture)["params"]["out"])()
    assert not last["kernel"].any() and not last["bias"].any()


@pytest.mark.parametrize("pad, want", [("tf_same", (0, 1)), ("torch", (1, 1))])
def test_a_halving_layer_is_padded_as_its_framework_does(key, pad, want):
    x = jax.random.normal(key, (1, 8, 8, 2))
    ours = nets._conv(3, "down", stride=2, pad=pad)
    theirs = nn.Conv(3, (3, 3), 2, (want, want))
    params = theirs.init(key, x)
    np.testing.assert_allclose(ours.apply(params, x), theirs.apply(params, x), 1e-6)


def test_layers_of_generators_begin_with_glorot(key):
    params = nets.ConvPair(8).init(key, zeros((4, 4), 8))["params"]
    kernel, limit = np.asarray(params["conv_a"]["kernel"]), np.sqrt(6 / (9 * 16))
    assert 0.95 * limit < np.abs(kernel).max() <= limit
    assert not params["conv_a"]["bias"].any()


def test_the_dense_judge_begins_with_the_uniform_of_dcgan(key):
    params = DenseDiscriminator(16, layers=1).init(key, zeros((32, 16), 3))["params"]
    for layer in ("conv0", "head"):
        kernel = np.asarray(params[layer]["kernel"])
        assert 0.034 < np.abs(kernel).max() <= 0.02 * np.sqrt(3) + 1e-7
        assert abs(kernel.mean()) < 2e-3 and abs(kernel.std() - 0.02) < 1e-3
        assert not params[layer]["bias"].any()


def test_the_dense_judge_gives_one_logit_and_keeps_no_statistics(key):
    module = DenseDiscriminator(4, layers=2)
    x = jax.random.normal(key, (3, 32, 16, 3))
    logits, variables = jax.eval_shape(module.init_with_output, key, x)
    assert logits.shape == (3, 1)
    assert set(variables) == {"params"}


def test_the_dense_judge_normalises_with_the_statistics_of_the_batch(key):
    """So the rest of a batch matters, its order does not, and its scale hardly."""
    module = DenseDiscriminator(4, layers=2)
    x = jax.random.normal(key, (4, 32, 16, 3))
    params = random_like(module, x)
    apply = jax.jit(module.apply)
    logits = apply(params, x)
    np.testing.assert_allclose(apply(params, x[::-1]), logits[::-1], atol=1e-5)
    other = apply(params, x.at[1:].multiply(3.0))
    assert abs(float(other[0, 0] - logits[0, 0])) > 1e-3


def test_stored_statistics_replace_those_of_the_batch_and_never_move(key):
    module = DenseDiscriminator(4, layers=2, stored_statistics=True)
    x = jax.random.normal(key, (4, 32, 16, 3))
    variables = module.init(key, x)
    assert set(variables) == {"params", "batch_stats"}
    alone = module.apply(variables, x[:1])
    logits, updates = module.apply(
        variables, x, update_stats=True, mutable=["batch_stats"]
    )
    np.testing.assert_allclose(alone, logits[:1], atol=1e-6)
    before, after = (trees.flatten(v["batch_stats"]) for v in (variables, updates))
    assert all((before[name] == after[name]).all() for name in before)


def test_patches_give_many_logits_and_statistics_move_only_when_asked(key):
    module = PatchDiscriminator(4, layers=2)
    x = jax.random.normal(key, (2, 32, 16, 3))
    variables = random_like(module, x)
    assert set(variables) == {"params", "batch_stats"}
    apply = jax.jit(
        lambda variables, update: module.apply(
            variables, x, update_stats=update, mutable=["batch_stats"]
        ),
        static_argnums=1,
    )
    logits, still = apply(variables, False)
    assert logits.shape == (2, 8 * 4)
    _, moved = apply(variables, True)
    before = trees.flatten(variables["batch_stats"])
    for name, value in trees.flatten(still["batch_stats"]).items():
        np.testing.assert_array_equal(value, before[name])
    after = trees.flatten(moved["batch_stats"])
    assert any((after[name] != value).any() for name, value in before.items())


@pytest.mark.parametrize("kind", [Coarse, Refine, DenseDiscriminator])
def test_half_precision_keeps_parameters_and_outputs_whole(kind, key):
    size, options = (32, 16), dict(dtype="bfloat16", width=4)
    inputs = {
        Coarse: coarse_inputs(size),
        Refine: (zeros(size, 3), zeros(size, 3)),
        DenseDiscriminator: (zeros(size, 3),),
    }[kind]
    module = kind(**options, **({"blocks": 2} if "blocks" in dir(kind) else {}))
    outputs, variables = jax.eval_shape(module.init_with_output, key, *inputs)
    assert outputs.dtype == jnp.float32
    assert {x.dtype for x in jax.tree.leaves(variables)} == {jnp.dtype("float32")}
