import io

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from jaxgen.metrics import prepare
from jaxgen.ops import image as pixels


@pytest.fixture
def images():
    """Bytes [1, 6, 5, 3] that the numbers below were made with."""
    i, j, c = np.mgrid[:6, :5, :3]
    return ((37 * i + 53 * j + 29 * c + i * j * 11) % 256).astype(np.uint8)[None]


def close(image, total, one, last):
    """Whether sum and two pixels are those that another library gave."""
    assert image.sum(dtype=np.float64) == pytest.approx(total, rel=1e-6)
    np.testing.assert_allclose(image[0, 1, 2], one, atol=1e-4)
    np.testing.assert_allclose(image[0, -1, -1], last, atol=1e-4)


@pytest.mark.parametrize(
    "size, total, one, last",
    [
        ((7, 9), 24389.32528, (83.86508, 112.86508, 141.86508), (105, 134, 163)),
        ((4, 3), 4687.333366, (95, 102.666657, 131.666657), (135, 100, 129)),
        ((12, 10), 46404.0, (51.0625, 80.0625, 109.0625), (105, 134, 163)),
    ],
)
def test_bilinear_is_that_of_torch_without_antialias(images, size, total, one, last):
    """Values of torch 2.13's interpolate."""
    found = prepare.resize_bilinear(images, size=size)
    assert found.dtype == np.float32
    close(found, total, one, last)


@pytest.mark.parametrize(
    "size, total, one, last",
    [
        ((7, 9), 24329.04761, (101.079376, 130.079376, 159.079376), (105, 134, 163)),
        ((4, 3), 4567.33329, (116.5, 60.166668, 89.166668), (166.83333, 110.5, 139.5)),
    ],
)
def test_by_corners_is_that_of_tensorflow_1(images, size, total, one, last):
    """Values of torch 2.13's grid_sample on a grid shifted to the corners."""
    close(prepare.resize_by_corners(images, size=size), total, one, last)


@pytest.mark.parametrize(
    "size, total, one, last",
    [
        ((4, 3), 4685, (95, 102, 131), (135, 100, 129)),
        ((3, 5), 5814, (126, 155, 56), (65, 94, 123)),
        ((12, 10), 46392, (51, 80, 109), (105, 134, 163)),
    ],
)
def test_opencv_loses_what_its_fixed_point_loses(images, size, total, one, last):
    """Values of OpenCV 5.0's resize of bytes."""
    found = prepare.resize_opencv(images, size=size)
    assert found.dtype == np.uint8
    close(found, total, one, last)


def test_opencv_leaves_a_picture_of_that_size_and_takes_floats_exactly(images):
    assert prepare.resize_opencv(images, size=(6, 5)) is images
    floats = images.astype(np.float32)
    np.testing.assert_array_equal(
        prepare.resize_opencv(floats, size=(4, 9)),
        prepare.resize_bilinear(images, size=(4, 9)),
    )


@pytest.mark.parametrize("name", prepare.FILTERS)
def test_bytes_are_resized_as_pillow_resizes_pictures(images, name):
    found = prepare.resize_pillow(images, size=(4, 9), filter=name)
    picture = Image.fromarray(images[0])
    want = picture.resize((9, 4), getattr(Image.Resampling, name.upper()))
    np.testing.assert_array_equal(found[0], np.asarray(want))


def test_floats_are_resized_unrounded_and_clipped(images):
    """Values of torch 2.13's bicubic with antialias, which are inside 0 to 255 here."""
    found = prepare.resize_pillow_floats(images, size=(4, 3))
    assert found.dtype == np.float32
    close(
        *(found, 4648.947368),
        (99.737473, 85.908958, 107.574867),
        (140.934097, 98.181412, 133.235687),
    )
    black = np.zeros((1, 8, 8, 3), np.uint8)
    black[:, :, 4:] = 255
    edge = prepare.resize_pillow_floats(black, size=(16, 16))
    assert edge.min() == 0 and edge.max() == 255


def test_rounded_and_unrounded_differ_by_half_a_level_or_little_more(images):
    floats = prepare.resize_pillow_floats(images, size=(9, 7), filter="bilinear")
    rounded = prepare.resize_pillow(images, size=(9, 7), filter="bilinear")
    assert 0 < np.abs(floats - rounded).max() < 1.1


@pytest.mark.parametrize(
    "resize",
    [prepare.resize_bilinear, prepare.resize_by_corners, prepare.resize_opencv],
)
def test_a_flat_picture_stays_flat(resize):
    flat = np.full((2, 7, 5, 3), 77, np.uint8)
    found = resize(flat, size=(11, 3))
    assert found.shape == (2, 11, 3, 3) and (found == 77).all()


def test_an_unknown_filter_is_told_with_all(images):
    with pytest.raises(
        KeyError, match="unknown filter 'cubic'.*did you mean 'bicubic'"
    ):
        prepare.resize_pillow(images, size=(2, 2), filter="cubic")


def test_padding_is_white_and_cropping_takes_it_away(images):
    padded = prepare.pad_white(images, columns=40)
    assert padded.shape == (1, 6, 85, 3)
    assert (padded[:, :, :40] == 255).all() and (padded[:, :, 45:] == 255).all()
    np.testing.assert_array_equal(prepare.crop_columns(padded, columns=40), images)
    steps = (("require_width", {"width": images.shape[2]}), ("jpeg", {"quality": 5}))
    assert prepare.describe(steps) == "jpeg quality 5"
    with pytest.raises(ValueError, match="of pictures 9 wide"):
        prepare.apply(images, [("require_width", {"width": 9})])


def test_jpeg_is_what_pillow_writes_and_reads():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2, 32, 24, 3), dtype=np.uint8)
    for quality in (75, 95):
        found = prepare.jpeg(images, quality=quality)
        file = io.BytesIO()
        Image.fromarray(images[1]).save(file, "JPEG", quality=quality)
        np.testing.assert_array_equal(found[1], np.asarray(Image.open(file)))
    default = io.BytesIO()
    Image.fromarray(images[1]).save(default, "JPEG")
    found = prepare.jpeg(images, quality=75)
    np.testing.assert_array_equal(found[1], np.asarray(Image.open(default)))


def test_every_fourth_level_comes_back_one_lower():
    levels = np.arange(256, dtype=np.uint8)
    found = prepare.signed_and_back(levels)
    lost = levels.astype(int) - found
    assert set(lost) == {0, 1} and lost.sum() == 63


def test_affine_takes_one_factor_or_one_per_channel(images):
    one = prepare.affine(images, factor=(2 / 255,), shift=(-1.0,))
    np.testing.assert_allclose(one, images / 127.5 - 1, atol=1e-6)
    three = prepare.affine(images, factor=(1.0, 2.0, 3.0), shift=(0.0, 10.0, 20.0))
    np.testing.assert_allclose(three[..., 2], 3.0 * images[..., 2] + 20)
    assert one.dtype == three.dtype == np.float32


def test_truncating_is_what_the_package_does_with_answers():
    """On levels, between them and outside the range."""
    values = ((np.arange(-40, 300)[:, None] + [0, 0.1, 0.5, 0.9]) / 127.5 - 1).ravel()
    values = values.astype(np.float32)
    ours = np.asarray(pixels.to_bytes(jnp.asarray(values, jnp.float32)))
    np.testing.assert_array_equal(prepare.quantise(values, rule="truncate"), ours)


def test_floats_come_to_bytes_with_fractions_cut_off():
    found = prepare.to_bytes(np.array([-3.0, 0.9, 254.999, 300.0]))
    assert found.tolist() == [0, 0, 254, 255] and found.dtype == np.uint8


def test_half_up_is_nvidias_rounding():
    values = np.linspace(-1.2, 1.2, 1001)
    want = (values * 127.5 + 128).clip(0, 255).astype(np.uint8)
    np.testing.assert_array_equal(prepare.quantise(values, rule="half_up"), want)
    with pytest.raises(KeyError, match="unknown rule 'up'"):
        prepare.quantise(values, rule="up")


def test_steps_are_applied_in_order(images):
    steps = (("pad_white", {"columns": 1}), ("resize_bilinear", {"size": (3, 4)}))
    want = prepare.resize_bilinear(prepare.pad_white(images, columns=1), size=(3, 4))
    np.testing.assert_array_equal(prepare.apply(images, steps), want)
    assert prepare.apply(images, ()) is images


def test_an_unknown_step_is_told_with_all(images):
    with pytest.raises(KeyError, match="unknown step 'resize'.*resize_opencv"):
        prepare.apply(images, (("resize", {}),))


def test_steps_are_told_in_words():
    steps = (("jpeg", {"quality": 75}), ("affine", {"factor": (1 / 3,), "shift": (0,)}))
    words = "jpeg quality 75, then affine factor (0.333333) shift (0)"
    assert prepare.describe(steps) == words
    assert prepare.describe(()) == "none"
