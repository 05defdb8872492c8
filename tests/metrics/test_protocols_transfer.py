"""Numbers as the authors' own calls give them, on pictures drawn here."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from jaxgen.metrics import prepare, protocols
from jaxgen.metrics.mask import community_mask, pose_mask


@pytest.fixture
def batch():
    """Smooth pictures of 64x56 and answers that are noisy and shifted."""
    rng = np.random.default_rng(0)
    target = gaussian_filter(rng.normal(size=(3, 64, 56, 3)), (0, 3, 3, 0))
    target = 255 * (target - target.min()) / np.ptp(target)
    image = np.roll(target, 2, 2) + rng.normal(0, 5, target.shape)
    keypoints = rng.integers(10, 50, (3, 18, 2)).astype(np.float32)
    return {
        "image": image.clip(0, 255).astype(np.uint8),
        "target_image": target.astype(np.uint8),
        "target_keypoints": keypoints,
        "source_keypoints": keypoints[::-1],
    }


def values(protocol, number, batch):
    built = protocols.plan(protocol, lambda _: None).built[number]
    return built.values(batch["image"], batch)


def each(batch, function):
    pairs = zip(batch["image"], batch["target_image"], strict=True)
    return [function(x, y) for x, y in pairs]


def gaussian_ssim(x, y, sigma=1.5):
    return structural_similarity(
        *(y, x),
        gaussian_weights=True,
        sigma=sigma,
        use_sample_covariance=False,
        channel_axis=-1,
        data_range=float(x.max()) - float(x.min()),
    )


def test_pg2_is_its_score_py(batch):
    want = each(batch, lambda x, y: structural_similarity(x, y, channel_axis=-1))
    np.testing.assert_allclose(values("pg2", "ssim", batch), want, atol=1e-9)
    want = each(batch, lambda x, y: peak_signal_noise_ratio(y, x))
    np.testing.assert_allclose(values("pg2", "psnr", batch), want, rtol=1e-12)


def test_pg2_masks_with_the_source_pose_and_truncates_nothing(batch):
    mask = pose_mask(batch["source_keypoints"], (64, 56)) * 255
    masked = [np.uint8(mask / 255.0 * batch[k]) for k in ("image", "target_image")]
    pairs = zip(*masked, strict=True)
    want = [structural_similarity(x, y, channel_axis=-1) for x, y in pairs]
    np.testing.assert_allclose(values("pg2", "mask_ssim", batch), want, atol=1e-9)
    want = [np.abs(a.astype(float) - b).mean() for a, b in zip(*masked, strict=True)]
    np.testing.assert_allclose(values("pg2", "mask_l1", batch), want, rtol=1e-12)


def test_gfla_and_pidm_are_their_metrics_py(batch):
    def unit(function):
        return each(
            batch, lambda x, y: function(np.float32(x) / 255, np.float32(y) / 255)
        )

    def wide(x, y):
        return structural_similarity(
            y.astype(float), x.astype(float), data_range=1, win_size=51, channel_axis=-1
        )

    for name, sigma in (("gfla", 1.5), ("pidm", 1.2)):
        want = {
            "ssim": unit(wide),
            "ssim_256": each(
                batch, lambda x, y, s=sigma: gaussian_ssim(1.0 * x, 1.0 * y, s)
            ),
            "psnr": unit(lambda x, y: peak_signal_noise_ratio(y, x, data_range=1)),
            "l1": unit(lambda x, y: np.mean(np.abs(y - x))),
            "mae": unit(lambda x, y: np.sum(np.abs(y - x)) / np.sum(y + x)),
        }
        for number, numbers in want.items():
            found = values(name, number, batch)
            np.testing.assert_allclose(found, numbers, rtol=1e-5, err_msg=number)


def test_white_columns_raise_the_ssim_of_patn_and_dptn(batch):
    batch = {
        k: np.pad(batch[k], [(0, 0), (0, 0), (60, 60), (0, 0)], "wrap")
        for k in ("image", "target_image")
    }
    padded = {
        k: prepare.pad_white(batch[k], columns=40) for k in ("image", "target_image")
    }
    plain = values("gfla", "ssim_256", batch)
    for name, number in (
        ("patn_deepfashion", "ssim"),
        ("dptn_deepfashion", "ssim_256"),
    ):
        assert (values(name, number, batch) > plain + 0.03).all()
    found = values("dptn_deepfashion", "ssim_256", batch)
    np.testing.assert_allclose(found, each(padded, gaussian_ssim), atol=1e-6)
    with pytest.raises(ValueError, match="of pictures 176 wide, these are 256"):
        values("patn_deepfashion", "ssim", padded)


def test_the_community_mask_is_of_the_target_pose(batch):
    mask = community_mask(batch["target_keypoints"], (64, 56))
    masked = {k: batch[k] * mask for k in ("image", "target_image")}
    found = values("patn_market1501", "mask_ssim", batch)
    # 13 taps against today's 11: near, and not the same.
    want = each(masked, gaussian_ssim)
    np.testing.assert_allclose(found, want, atol=0.02)
    assert np.abs(found - want).max() > 1e-6


def test_patns_targets_went_through_the_network_range_and_a_jpeg(batch):
    steps = protocols.protocol("patn_market1501").on_real
    found = prepare.apply(batch["target_image"], steps)
    lower = prepare.signed_and_back(batch["target_image"])
    file = io.BytesIO()
    Image.fromarray(lower[0]).save(file, "JPEG")
    np.testing.assert_array_equal(found[0], np.asarray(Image.open(file)))


def test_pidm_shrinks_for_fid_and_not_for_ssim(batch):
    numbers = protocols.protocol("pidm").numbers
    assert numbers["ssim"].steps == numbers["ssim_256"].steps == ()
    for name in ("fid", "lpips"):
        assert prepare.apply(batch["image"], numbers[name].steps).shape[1:3] == (
            256,
            176,
        )


def test_the_last_batch_is_left_out_where_the_scripts_do_so():
    batches = {
        (name, number): offered.batch
        for name, protocol in protocols.PROTOCOLS.items()
        for number, offered in protocol.numbers.items()
        if offered.batch
    }
    assert set(batches.values()) == {64}
    assert set(batches) == {
        *(("gfla", "fid"), ("gfla", "lpips"), ("gfla", "mask_lpips")),
        *(("dptn_deepfashion", "fid"), ("dptn_market1501", "fid")),
        *(("pidm", "fid"), ("pidm", "lpips")),
    }


def test_cfld_measures_pictures_of_its_size_as_they_are_and_shrinks_others():
    rng = np.random.default_rng(0)
    protocol = protocols.protocol("cfld")
    fitting = rng.integers(0, 256, (1, 256, 176, 3), dtype=np.uint8)
    larger = rng.integers(0, 256, (1, 300, 200, 3), dtype=np.uint8)
    for steps in (protocol.on_generated, protocol.on_real):
        np.testing.assert_array_equal(prepare.apply(fitting, steps), fitting)
        assert prepare.apply(larger, steps).shape == fitting.shape
    picture = Image.fromarray(larger[0]).resize((176, 256), Image.Resampling.BICUBIC)
    found = prepare.apply(larger, protocol.on_real)
    np.testing.assert_array_equal(found[0], np.asarray(picture))
