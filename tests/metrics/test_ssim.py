import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.metrics import structural_similarity as skimage_ssim

from jaxgen.metrics import ssim
from jaxgen.metrics.base import summarise
from jaxgen.metrics.ssim import Window
from tests.reference import ssim as reference

COMMUNITY = dict(sigma=1.5, sample=False, data_range="generated")
BEFORE_015 = dict(truncate=4.0, border=5)

#: Metric options -> what the authors' scripts call scikit-image with: arrays, options.
PROTOCOLS = {
    "pg2": ({}, lambda x, y: (x, y, {})),
    "patn": (
        COMMUNITY,
        lambda x, y: (
            *(x, y),
            dict(
                gaussian_weights=True,
                sigma=1.5,
                use_sample_covariance=False,
                data_range=np.ptp(x),
            ),
        ),
    ),
    "pidm": (
        {**COMMUNITY, "sigma": 1.2},
        lambda x, y: (
            *(x.astype(float), y.astype(float)),
            dict(
                gaussian_weights=True,
                sigma=1.2,
                use_sample_covariance=False,
                data_range=float(np.ptp(x)),
            ),
        ),
    ),
    "gfla": (
        dict(side=51, values_in="unit", data_range=1.0),
        lambda x, y: (x / 255, y / 255, dict(win_size=51, data_range=1.0)),
    ),
    "impersonator": (
        dict(values_in="signed"),
        lambda x, y: (x * (2 / 255) - 1, y * (2 / 255) - 1, dict(data_range=2.0)),
    ),
}


def random_pairs(count, size):
    """Pairs from nearly equal to unrelated."""
    rng = np.random.default_rng(0)
    for part in np.linspace(0, 1, count):
        x, y = rng.integers(0, 256, (2, *size, 3))
        yield x.astype(np.uint8), (x * (1 - part) + y * part).astype(np.uint8)


def smooth_pairs(count, size):
    """Pairs that look more like pictures, the second shifted and noisy."""
    rng = np.random.default_rng(1)
    for _ in range(count):
        x = gaussian_filter(rng.normal(size=(*size, 3)), (2, 2, 0))
        x = 255 * (x - x.min()) / np.ptp(x)
        y = np.roll(x, 1, 0) * 0.8 + rng.normal(0, 6, x.shape) + 20
        yield x.astype(np.uint8), y.clip(0, 255).astype(np.uint8)


def degenerate_pairs(size):
    """Flat pictures, single pixels, black frames and their combinations."""
    rng = np.random.default_rng(2)
    noise = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    black, white = np.zeros_like(noise), np.full_like(noise, 255)
    grey, dot, corner, band = (
        np.full_like(noise, 100),
        black.copy(),
        black.copy(),
        noise.copy(),
    )
    dot[30, 30] = 200
    corner[0, 0] = 255
    band[:, :40] = 0
    flat = [black, white, grey]
    pairs = [(a, b) for a in flat for b in flat]
    pairs += [(a, noise) for a in flat] + [(noise, a) for a in flat]
    pairs += [(dot, black), (black, dot), (dot, dot), (corner, dot), (band, black)]
    return [*pairs, (band, noise)][:20]


def scikit_image(name, image, target):
    with np.errstate(all="ignore"):
        x, y, options = PROTOCOLS[name][1](image, target)
        return skimage_ssim(x, y, channel_axis=-1, **options)


def test_ssim_has_the_values_of_the_published_scripts():
    """Made with scikit-image 0.13 and, for 11 taps, 0.16 and after."""
    i, j, c = np.mgrid[:128, :64, :3]
    x = ((7 * i + 13 * j + 29 * c) % 256).astype(np.uint8)
    y = ((7 * i + 11 * j + 31 * c + i * j // 16) % 256).astype(np.uint8)
    for options, want in (
        ({}, 0.3068017733),
        (COMMUNITY, 0.3393897729),
        ({**COMMUNITY, **BEFORE_015}, 0.3387607171),
    ):
        (value,) = ssim.Metric(**options).values(x[None], {"target_image": y[None]})
        assert value == pytest.approx(want, abs=1e-9)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_protocols_equal_scikit_image(name):
    pairs = [*random_pairs(25, (64, 56)), *smooth_pairs(25, (64, 56))]
    metric = ssim.Metric(**PROTOCOLS[name][0])
    images, targets = (np.stack(side) for side in zip(*pairs, strict=True))
    values = metric.values(images, {"target_image": targets})
    want = [scikit_image(name, *pair) for pair in pairs]
    np.testing.assert_allclose(values, want, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_protocols_equal_scikit_image_where_pictures_are_degenerate(name):
    """NaN included: a flat answer's own range is 0."""
    pairs = degenerate_pairs((64, 56))
    assert len(pairs) == 20
    metric = ssim.Metric(**PROTOCOLS[name][0])
    images, targets = (np.stack(side) for side in zip(*pairs, strict=True))
    values = metric.values(images, {"target_image": targets})
    want = [scikit_image(name, *pair) for pair in pairs]
    np.testing.assert_allclose(values, want, rtol=0, atol=1e-6)
    undefined = np.isnan(values).sum()
    assert undefined == (10 if name in ("patn", "pidm") else 0)


def test_a_flat_answer_on_a_partly_flat_target_has_no_number_and_is_named():
    black = np.zeros((2, 32, 32, 3), np.uint8)
    target = np.random.default_rng(0).integers(0, 256, black.shape, dtype=np.uint8)
    target[1, :, :16] = 0
    values = ssim.Metric(**COMMUNITY).values(black, {"target_image": target})
    found = summarise(values, ["full", "half"])
    assert found.undefined == ("half",) and np.isnan(found.mean)


@pytest.mark.parametrize(
    "window",
    [
        Window(5),
        Window(3, sample=False),
        Window(sigma=1.0, sample=False),
        Window(sigma=0.8, truncate=4.0, border=2),
    ],
)
def test_ssim_equals_its_slow_twin(window):
    weights = [1 / window.side] * window.side
    if window.sigma is not None:
        weights = reference.gaussian_weights(window.sigma, window.truncate)
    for x, y in random_pairs(2, (13, 11)):
        want = reference.mean_of_channels(
            x, y, weights, window.cropped, window.correction, 255.0
        )
        found = ssim.structural_similarity(x, y, window=window)
        assert found == pytest.approx(want, abs=1e-10)


@pytest.mark.parametrize(
    "window, reach, cropped",
    [
        (Window(), 3, 3),
        (Window(51), 25, 25),
        (Window(sigma=1.5), 5, 5),
        (Window(sigma=1.5, truncate=4.0, border=5), 6, 5),
        (Window(sigma=1.2), 4, 4),
    ],
)
def test_windows_reach_and_crop_as_those_of_scikit_image(window, reach, cropped):
    assert (window.reach, window.cropped) == (reach, cropped)


def test_luminance_with_the_range_of_the_target_is_the_log_of_training():
    for x, y in smooth_pairs(2, (32, 24)):
        a, b = (v @ np.array([0.2125, 0.7154, 0.0721]) / 255 for v in (x, y))
        want = skimage_ssim(a, b, data_range=np.ptp(b))
        metric = ssim.Metric(grey=True, values_in="unit", data_range="target")
        (value,) = metric.values(x[None], {"target_image": y[None]})
        assert value == pytest.approx(want, abs=1e-9)


def test_equal_pictures_have_1_and_order_does_not_matter():
    for x, y in random_pairs(3, (20, 20)):
        assert ssim.structural_similarity(x, x) == pytest.approx(1.0, abs=1e-12)
        swapped = ssim.structural_similarity(y, x)
        assert ssim.structural_similarity(x, y) == pytest.approx(swapped, abs=1e-12)


@pytest.mark.parametrize("a, b", [((6, 9, 3), (6, 9, 3)), ((9, 9, 3), (9, 8, 3))])
def test_small_and_unequal_pictures_are_refused(a, b):
    with pytest.raises(ValueError, match="metrics.ssim: images should have one shape"):
        ssim.structural_similarity(np.zeros(a), np.zeros(b))


def test_a_picture_as_large_as_its_window_has_one_window():
    for x, y in random_pairs(2, (7, 7)):
        want = skimage_ssim(x, y, channel_axis=-1)
        assert ssim.structural_similarity(x, y) == pytest.approx(want, abs=1e-9)


@pytest.mark.parametrize(
    "options, kind",
    [
        (dict(values_in="floats"), "scale"),
        (dict(data_range="own"), "range"),
        (dict(mask="body"), "mask"),
    ],
)
def test_unknown_names_are_refused(options, kind):
    with pytest.raises(KeyError, match=f"metrics.ssim: unknown {kind}"):
        ssim.Metric(**options)


def test_metric_without_a_mask_needs_no_keypoints():
    assert ssim.Metric().needs == ("target_image",)
    assert ssim.Metric().definition["mask"] == "none"


def test_definitions_differ_wherever_numbers_do():
    options = [
        *({}, COMMUNITY, {**COMMUNITY, **BEFORE_015}, {**COMMUNITY, "sigma": 1.2}),
        *(dict(side=51), dict(values_in="signed"), dict(grey=True), dict(border=5)),
        *(dict(data_range=1.0), dict(data_range="target"), dict(sample=False)),
        *(dict(mask="pg2"), dict(mask="community")),
    ]
    found = {str(ssim.Metric(**o).definition) for o in options}
    assert len(found) == len(options)
