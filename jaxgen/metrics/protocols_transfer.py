"""Evaluations of pose transfer, from PG2 to diffusion models. See `protocols`."""

from collections.abc import Mapping
from typing import Any

from jaxgen.metrics import extractors
from jaxgen.metrics.definitions import Number, Protocol
from jaxgen.metrics.prepare import Step

_GAUSSIAN = {"sigma": 1.5, "sample": False, "data_range": "generated"}
#: scikit-image before 0.15.
_GAUSSIAN_13 = {**_GAUSSIAN, "truncate": 4.0, "border": 5}
_WIDE = {"side": 51, "values_in": "unit", "data_range": 1.0}
_JPEG_75 = (("jpeg", {"quality": 75}),)

_SPLITS = "ten consecutive splits, so the order of the files counts"
_TAPS = (
    "scikit-image was not pinned; 11 taps are those of 0.15 and after, earlier ones "
    "take 13"
)
_LAST_BATCH = "pictures after the last full batch of 64 are left out"
_MASKED = "black outside the mask, and the black counts"


def _inception_score(**options: Any) -> Number:
    return Number(
        "inception_score",
        extractor=extractors.TF_CLASSES,
        real="none",
        caveats=(_SPLITS,),
        **options,
    )


_PG2_SOURCE_MASK = (
    "the script loads the folder `mask`, which holds the source's; `mask_target` is "
    "saved beside it and not read"
)


def _pg2_masked(metric: str, **options: Any) -> Number:
    return Number(
        metric,
        {**options, "mask": "pg2_source"},
        source="score_mask.py",
        caveats=(_PG2_SOURCE_MASK,),
    )


PG2 = Protocol(
    title="PG2, arXiv:1705.09368",
    pictures="128x64 of Market-1501, 256x256 of DeepFashion",
    source="github.com/charliememory/Pose-Guided-Person-Image-Generation at c32f859: "
    "score.py, score_mask.py, trainer.py, tflib/inception_score.py",
    numbers={
        "ssim": Number("ssim"),
        "psnr": Number("psnr", {"cap": None}),
        "l1": Number("l1"),
        "l2": Number("l2", caveats=("no root mean square",)),
        "inception_score": _inception_score(),
        "mask_ssim": _pg2_masked("mask_ssim"),
        "mask_psnr": _pg2_masked("psnr", cap=None),
        "mask_l1": _pg2_masked("l1"),
        "mask_l2": _pg2_masked("l2"),
        "mask_inception_score": _inception_score(
            mask="pg2_source", source="score_mask.py"
        ),
    },
    caveats=(
        "400 batches are drawn; the files of a folder are listed unsorted, so pairs "
        "rest on the file system giving both folders in one order",
        "the SSIM logged in training is another: luminance, range of the target",
    ),
)


def _padded(columns: int) -> tuple[Step, ...]:
    """White columns that make pictures 256 wide again."""
    width = {"width": 256 - 2 * columns}
    return ("require_width", width), ("pad_white", {"columns": columns})


def _community(gaussian: Mapping[str, Any], *, pad: int = 0) -> dict[str, Number]:
    """SSIM and Inception Score, of pictures padded with white columns or not."""
    steps = _padded(pad) if pad else ()
    return {
        "ssim": Number("ssim", gaussian, steps=steps),
        "inception_score": _inception_score(steps=steps),
    }


def _community_masked(gaussian: Mapping[str, Any]) -> dict[str, Number]:
    """L1 and what Market-1501 is scored with besides."""
    return {
        "l1": Number("l1", {"values_in": "signed"}),
        "mask_ssim": Number(
            "mask_ssim",
            {**gaussian, "mask": "community"},
            caveats=(_MASKED,),
        ),
        "mask_inception_score": _inception_score(mask="community"),
    }


POSE_GAN = Protocol(
    title="Deformable GAN, arXiv:1801.00055, as it scores Market-1501 and DeepFashion",
    pictures="128x64 of Market-1501, 256x256 of DeepFashion",
    source="github.com/AliaksandrSiarohin/pose-gan at 8693ec4: test.py, pose_utils.py; "
    "github.com/AliaksandrSiarohin/gan at 633e2e7: inception_score.py",
    numbers={**_community(_GAUSSIAN_13), **_community_masked(_GAUSSIAN_13)},
    left_out=("DS: the detections of an SSD-300 trained on VOC",),
    caveats=(
        "scikit-image was not pinned; 13 taps are those of its time, before 0.15",
        "targets go through the network's range and back, which can cost a level",
    ),
)

_PATN_FILES: dict[str, Any] = {
    "on_generated": _JPEG_75,
    "on_real": (("signed_and_back", {}), *_JPEG_75),
}
_PATN_CAVEATS = (
    "five pictures in a row are saved as one JPEG of quality 75 and cut apart again: "
    "targets are lossy too, and colours bleed over the cuts by a pixel",
    "requirements_tf.txt pins scikit-image 0.14.2: 13 taps",
)
_PCKH = Number(
    "pckh",
    {"extractor": "the Keras OpenPose of tool/compute_coordinates.py"},
    source="tool/calPCKH_market.py, tool/calPCKH_fashion.py",
    caveats=("poses come from a detector, which the caller runs",),
)
_PATN_SOURCE = "github.com/tengteng95/Pose-Transfer at 281ee2d: "

PATN_MARKET1501 = Protocol(
    title="PATN, arXiv:1904.03349, on Market-1501",
    pictures="128x64",
    source=_PATN_SOURCE + "tool/getMetrics_market.py, util/visualizer.py",
    numbers={
        **_community(_GAUSSIAN_13),
        **_community_masked(_GAUSSIAN_13),
        "pckh": _PCKH,
    },
    left_out=("DS: the detections of an SSD-300 trained on VOC",),
    caveats=_PATN_CAVEATS,
    **_PATN_FILES,
)

PATN_DEEPFASHION = Protocol(
    title="PATN, arXiv:1904.03349, on DeepFashion",
    pictures="256x176",
    source=_PATN_SOURCE + "tool/getMetrics_fashion.py, util/visualizer.py",
    numbers={**_community(_GAUSSIAN_13, pad=40), "pckh": _PCKH},
    left_out=("DS: the detections of an SSD-300 trained on VOC",),
    caveats=(
        "both pictures, 176 wide, are padded to 256 with white, where they agree: SSIM "
        "rises by a tenth",
        *_PATN_CAVEATS,
    ),
    **_PATN_FILES,
)


def _reconstruction(sigma: float, *, pad: int = 0) -> dict[str, Number]:
    """What `Reconstruction_Metrics` of GFLA and its copies gives."""
    steps = _padded(pad) if pad else ()
    return {
        "ssim": Number("ssim", _WIDE, steps=steps),
        "ssim_256": Number(
            "ssim", {**_GAUSSIAN, "sigma": sigma}, steps=steps, caveats=(_TAPS,)
        ),
        "psnr": Number("psnr", {"cap": None}, steps=steps),
        "mae": Number("mae", steps=steps, caveats=("relative to the brightness",)),
        "l1": Number("l1", {"values_in": "unit"}, steps=steps),
    }


def _squeezed_fid(**options: Any) -> Number:
    options.setdefault("caveats", (_LAST_BATCH,))
    return Number("fid", extractor=extractors.SQUEEZED_POOL, real="train", **options)


def _mask_lpips(**options: Any) -> Number:
    return Number("lpips", {"mask": "community"}, extractors.LPIPS, **options)


GFLA = Protocol(
    title="GFLA, arXiv:2003.00696",
    pictures="256x256, stretched; 128x64 of Market-1501",
    source="github.com/RenYurui/Global-Flow-Local-Attention at 3afa8fe: "
    "script/metrics.py, script/inception.py, model/base_model.py, util/util.py",
    numbers={
        **_reconstruction(1.5),
        "fid": _squeezed_fid(batch=64),
        "lpips": Number(
            "lpips", {}, extractors.LPIPS, batch=64, caveats=(_LAST_BATCH,)
        ),
        "mask_lpips": _mask_lpips(
            batch=64, caveats=("on Market-1501 alone", _LAST_BATCH)
        ),
    },
    on_generated=_JPEG_75,
    caveats=(
        "answers are compared with a folder `test_256`, which the repository does not "
        "make: DeepFashion's 176 columns stretched to 256, it seems",
        "LPIPS is that of a copy of PerceptualSimilarity that the user brings; its "
        "default then was version 0.1",
    ),
)

_DPTN_SOURCE = (
    "github.com/PangzeCheung/Dual-task-Pose-Transformer-Network at 59a7590: "
    "metrics/metrics.py, metrics/inception.py, models/base_model.py"
)


def _dptn(pad: int) -> dict[str, Number]:
    return {
        **_reconstruction(1.5, pad=pad),
        "fid": _squeezed_fid(batch=64),
        "lpips": Number("lpips", {}, extractors.LPIPS),
    }


DPTN_DEEPFASHION = Protocol(
    title="DPTN, CVPR 2022, on DeepFashion",
    pictures="256x176",
    source=_DPTN_SOURCE,
    numbers=_dptn(pad=40),
    on_generated=(("resize_opencv", {"size": (256, 176)}), *_JPEG_75),
    left_out=("re-identification: a fast-reid network",),
    caveats=(
        "the pair is padded to 256x256 with white for all but FID and LPIPS, unlike "
        "GFLA, whose script it otherwise is",
    ),
)

DPTN_MARKET1501 = Protocol(
    title="DPTN, CVPR 2022, on Market-1501",
    pictures="128x64",
    source=_DPTN_SOURCE,
    numbers={**_dptn(pad=0), "mask_lpips": _mask_lpips()},
    on_generated=(("resize_opencv", {"size": (128, 64)}), *_JPEG_75),
)

_SHRUNK = (("resize_bilinear", {"size": (256, 176)}),)

PIDM = Protocol(
    title="PIDM, arXiv:2211.12500",
    pictures="256x256, stretched",
    source="github.com/ankanbhunia/PIDM at e4f1d88: utils/metrics.py, "
    "utils/inception.py, utils/gen.py",
    numbers={
        **_reconstruction(1.2),
        "fid": _squeezed_fid(steps=_SHRUNK, batch=64),
        "lpips": Number(
            "lpips", {}, extractors.LPIPS, _SHRUNK, batch=64, caveats=(_LAST_BATCH,)
        ),
    },
    caveats=(
        "FID and LPIPS are of pictures shrunk to 256x176, without antialiasing; the "
        "others of pictures as they are",
        "requirements.txt pins scikit-image 0.17.2: sigma 1.2 has 9 taps",
        "the number printed as SSIM is the list of all reconstruction numbers",
    ),
)


def _cfld(size: tuple[int, int]) -> Protocol:
    shrunk = {"size": size, "filter": "bicubic"}
    return Protocol(
        title=f"CFLD, arXiv:2402.18078, at {size[0]}x{size[1]}",
        pictures=f"{size[0]}x{size[1]}",
        source="github.com/YanzuoLu/CFLD at f2ea2a7: models/metrics.py, "
        "pose_transfer_test.py, datasets/deepfashion.py",
        numbers={
            "ssim": Number("ssim", _WIDE),
            "ssim_256": Number("ssim", _GAUSSIAN),
            "psnr": Number("psnr", {"cap": None}),
            "fid": _squeezed_fid(
                caveats=("real pictures are the high-resolution ones, shrunk",)
            ),
            "lpips": Number("lpips", {}, extractors.LPIPS),
        },
        on_generated=(("resize_pillow_floats", shrunk), ("to_bytes", {})),
        on_real=(("resize_pillow", shrunk),),
        caveats=(
            "generated pictures are shrunk by torch, which does as Pillow, before they "
            "are bytes",
            "environment.yaml pins scikit-image 0.20, which computes SSIM of these "
            "float32 pictures in float32: about 1e-8 away",
        ),
    )


CFLD = _cfld((256, 176))
CFLD_512 = _cfld((512, 352))
