"""Every resampling against its definition, its adjoint and finite differences."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jax.test_util import check_grads

from jaxgen.ops import upfirdn2d as ops
from tests.reference import upfirdn2d as reference

FILTERS = ("upsample", "downsample")
CONVOLUTIONS = ("up_convolution", "down_convolution")
USES = (*FILTERS, *CONVOLUTIONS)
SIZES = [(8, 6), (7, 4), (5, 5), (2, 2), (3, 9)]
ASYMMETRIC = (0.5, -0.25, 1.0, 0.75, 0.125)

jitted = {name: jax.jit(getattr(ops, name)) for name in USES}
upfirdn2d = jax.jit(ops.upfirdn2d, static_argnames=("taps", "up", "down", "padding"))
resamplings = st.fixed_dictionaries(
    dict(
        taps=st.lists(st.floats(-1, 1), min_size=1, max_size=6).map(tuple),
        up=st.integers(1, 4),
        down=st.integers(1, 4),
        padding=st.tuples(st.integers(-3, 5), st.integers(-3, 5)),
    )
)


def arguments(name, size=(6, 8), dtype=np.float32, channels=3, features=4):
    """A map, and a weight where there is one."""
    rng = np.random.default_rng(0)
    shapes = [(2, *size, channels), (3, 3, channels, features)]
    arrays = [rng.normal(size=s).astype(dtype) for s in shapes]
    return arrays if name in CONVOLUTIONS else arrays[:1]


def impulse(size=(6, 8)):
    image = np.zeros((1, *size, 1), np.float32)
    image[0, 2, 3] = 1
    return image


def side(n, taps, up, down, padding):
    return (n * up + sum(padding) - len(taps)) // down + 1


@given(resamplings, st.integers(1, 9), st.integers(1, 9))
def test_sizes_obey_the_law(options, height, width):
    sides = [side(n, **options) for n in (height, width)]
    assume(min(sides) >= 1)
    image = jax.ShapeDtypeStruct((2, height, width, 3), jnp.float32)
    out = jax.eval_shape(partial(ops.upfirdn2d, **options), image)
    assert out.shape == (2, *sides, 3)


@settings(max_examples=20, deadline=None)
@given(resamplings)
def test_upfirdn2d_equals_its_definition(options):
    image = arguments("upsample", (5, 7))[0]
    assume(side(5, **options) >= 1)
    want = reference.upfirdn2d(image, **options)
    assert upfirdn2d(image, **options).shape == want.shape
    np.testing.assert_allclose(upfirdn2d(image, **options), want, atol=5e-6)


@pytest.mark.parametrize("up, down", [(1, 1), (2, 1), (1, 2), (2, 3), (3, 2), (4, 4)])
def test_upfirdn2d_equals_scipy_along_each_axis(up, down):
    """SciPy pads so that no product is lost, and ends with the last pixel's zeros."""
    image = arguments("upsample", (5, 8))[0]
    more = (len(ASYMMETRIC) - 1, len(ASYMMETRIC) - up)
    found = upfirdn2d(image, taps=ASYMMETRIC, up=up, down=down, padding=more)
    want = image.astype(np.float64)
    for axis in (1, 2):
        want = scipy.signal.upfirdn(ASYMMETRIC, want, up, down, axis)
    np.testing.assert_allclose(found, want, atol=2e-6)


def test_phases_without_a_tap_are_zero():
    image = arguments("upsample")[0]
    spread = upfirdn2d(image, taps=(2.0,), up=3)
    np.testing.assert_array_equal(spread[:, ::3, ::3], 4 * image)
    assert np.count_nonzero(spread) == image.size
    assert not np.any(upfirdn2d(image, taps=(1.0,), up=2, down=2, padding=(1, 0)))


def test_the_filter_is_turned_round():
    found = upfirdn2d(impulse(), taps=(1.0, 2.0, 3.0), padding=(1, 1))[0, :, :, 0]
    np.testing.assert_array_equal(found[1:4, 3] / 2, [1, 2, 3])
    np.testing.assert_array_equal(found[2, 2:5] / 2, [1, 2, 3])


def test_a_filter_without_room_is_refused():
    with pytest.raises(ValueError, match="4 taps find no room on a side of 3 pixels"):
        ops.upfirdn2d(jnp.zeros((1, 8, 3, 1)), taps=ops.BLUR)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", USES)
def test_uses_equal_their_definitions(name, size):
    values = arguments(name, size)
    want = getattr(reference, name)(*values)
    found = jitted[name](*values)
    assert found.shape == want.shape
    np.testing.assert_allclose(found, want, atol=2e-6 * np.abs(want).max())


@pytest.mark.parametrize("name", ["upsample", "up_convolution"])
def test_one_pixel_can_be_enlarged(name):
    values = arguments(name, (1, 1))
    want = getattr(reference, name)(*values)
    np.testing.assert_allclose(jitted[name](*values), want, atol=1e-6)


def test_upsample_has_the_published_closed_form():
    x = arguments("upsample", (5, 1))[0]
    rows = np.pad(x, ((0, 0), (1, 1), (0, 0), (0, 0)))
    even, odd = rows[:, :-2] / 4 + 3 * x / 4, 3 * x / 4 + rows[:, 2:] / 4
    found = jitted["upsample"](x)[:, :, :1] / 0.75
    np.testing.assert_allclose(found[:, ::2], even, atol=1e-6)
    np.testing.assert_allclose(found[:, 1::2], odd, atol=1e-6)


@pytest.mark.parametrize("name", USES)
def test_a_flat_area_keeps_its_brightness(name):
    """Weights of sum 1 change nothing; no checkerboard stays either."""
    values = [np.ones((1, 12, 12, 1), np.float32)]
    if name in CONVOLUTIONS:
        values.append(np.full((3, 3, 1, 1), 1 / 9, np.float32))
    middle = jitted[name](*values)[:, 2:-2, 2:-2]
    np.testing.assert_allclose(middle, np.ones_like(middle), rtol=1e-6)


@pytest.mark.parametrize("name", USES)
def test_pulling_back_is_the_adjoint(name):
    values = arguments(name, (7, 6))
    out, pull = jax.vjp(jitted[name], *values)
    weights = np.random.default_rng(1).normal(size=out.shape).astype(np.float32)
    for value, gradient in zip(values, pull(weights), strict=True):
        forwards = np.vdot(out, weights)
        assert np.vdot(value, gradient) == pytest.approx(forwards, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("name", USES)
def test_derivatives_equal_finite_differences_up_to_the_second(name):
    with jax.enable_x64(True):
        values = arguments(name, (4, 5), np.float64, channels=2, features=2)
        cubed = jax.jit(lambda *v: jnp.sum(getattr(ops, name)(*v) ** 3))
        check_grads(cubed, values, 2, modes=["rev"], rtol=1e-5, atol=1e-5)


def penalty(function, image, weight):
    """The squared gradient to the image, as R1 has it."""
    gradient = jax.grad(lambda x: jnp.sum(jnp.tanh(function(x, weight))))(image)
    return jnp.sum(gradient**2)


def convolve(image, weight, pad, **options):
    return jax.lax.conv_general_dilated(
        image,
        weight,
        padding=[(pad, pad)] * 2,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        **{"window_strides": (1, 1), **options},
    )


def plain_blur(image, pad, gain):
    channels = image.shape[3]
    kernel = gain * np.outer(ops.BLUR, ops.BLUR)[:, :, None, None]
    kernel = np.tile(kernel.astype(image.dtype), (1, 1, 1, channels))
    return convolve(image, kernel, pad, feature_group_count=channels)


def plain_up(image, weight):
    """The convolution of a map with zeros between its pixels, then the blur."""
    wide = convolve(image, weight[::-1, ::-1], 2, lhs_dilation=(2, 2))
    return plain_blur(wide, 1, 4.0)


def plain_down(image, weight):
    """The blur, then the convolution with stride 2."""
    return convolve(plain_blur(image, 2, 1.0), weight, 0, window_strides=(2, 2))


@pytest.mark.parametrize(
    "name, plain", [("up_convolution", plain_up), ("down_convolution", plain_down)]
)
def test_gradients_of_gradients_equal_those_of_the_plain_form(name, plain):
    values = arguments(name, (8, 6))
    for argument in (0, 1):
        want, found = (
            jax.jit(jax.grad(partial(penalty, f), argument))(*values)
            for f in (plain, getattr(ops, name))
        )
        np.testing.assert_allclose(found, want, atol=2e-5 * np.abs(want).max())


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
@pytest.mark.parametrize("name", FILTERS)
def test_filters_round_half_precision_once(name, dtype):
    values = [v.astype(dtype) for v in arguments(name)]
    want = getattr(reference, name)(*(v.astype(np.float64) for v in values))
    found = jitted[name](*values)
    assert found.dtype == dtype
    bound = jnp.finfo(dtype).eps / 2 * np.abs(want) + 1e-6
    assert (np.abs(np.asarray(found, np.float64) - want) <= bound).all()


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions_in_bfloat16_err_by_less_than_a_hundredth(name):
    values = [v.astype(jnp.bfloat16) for v in arguments(name, channels=16)]
    want = getattr(reference, name)(*(v.astype(np.float64) for v in values))
    found = jitted[name](*values)
    assert found.dtype == jnp.bfloat16
    error = np.abs(np.asarray(found, np.float64) - want).max() / np.abs(want).max()
    assert error < 8e-3


def test_a_wide_weight_does_not_widen_the_map():
    image, weight = arguments("up_convolution")
    assert (
        jitted["up_convolution"](image.astype(jnp.bfloat16), weight).dtype == "bfloat16"
    )


def test_depth_to_space_puts_group_2a_b_at_row_a_column_b():
    image = jnp.arange(2 * 2 * 3 * 8.0).reshape(2, 2, 3, 8)
    found = ops.depth_to_space(image)
    for a in range(2):
        for b in range(2):
            group = image[..., 2 * (2 * a + b) : 2 * (2 * a + b + 1)]
            np.testing.assert_array_equal(found[:, a::2, b::2], group)
    np.testing.assert_array_equal(ops.space_to_depth(found), image)


@pytest.mark.parametrize("size", [(8, 6), (5, 7)])
@pytest.mark.parametrize("name", USES)
def test_uses_equal_pytorch_going_the_reference_s_way(name, size):
    pytest.importorskip("torch")
    from tests.benchmarks import upfirdn2d as peer

    values = arguments(name, size)
    want = getattr(peer, f"torch_{name}")(*map(peer.to_torch, values))
    want = want.permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(jitted[name](*values), want, atol=1e-5)
