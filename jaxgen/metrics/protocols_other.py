"""Evaluations of motion imitation and of generators. See `protocols`."""

from typing import Any

from jaxgen.metrics import extractors
from jaxgen.metrics.definitions import Extractor, Number, Protocol

_SPLITS = "ten consecutive splits, so the order of the files counts"

IMPERSONATOR = Protocol(
    title="Liquid Warping GAN's his_evaluators, arXiv:1909.12224",
    pictures="squares, 256x256 by default",
    source="github.com/svip-lab/impersonator at b041dd4: thirdparty/his_evaluators",
    numbers={
        "ssim": Number("ssim", {"values_in": "signed"}, mean_of=16),
        "psnr": Number(
            "psnr",
            {"values_in": "signed", "by_minimum": True, "cap": None},
            mean_of=16,
            caveats=("the range is inferred: 1 for bright targets, else 2",),
        ),
        "lpips": Number("lpips", {}, extractors.LPIPS, mean_of=16),
        "inception_score": Number(
            "inception_score",
            {"splits": 1},
            extractors.TORCHVISION_POOL,
            real="none",
            caveats=(
                "softmax over 2,048 pooled features instead of classes: no Inception "
                "Score that others give can be compared",
            ),
        ),
        "fid": Number(
            "fid",
            {},
            extractors.TORCHVISION_POOL,
            caveats=("real frames are as many as generated ones, of the same person",),
        ),
    },
    on_generated=(("jpeg", {"quality": 95}),),
    on_real=(("resize_opencv", {"size": (256, 256)}),),
    left_out=(
        "OS-CS-reid, OS-freid: OSNet and a YOLOv3 detector",
        "PCB-CS-reid, PCB-freid: PCB and a YOLOv3 detector",
        "face-CS, face-FD: MTCNN and an InceptionResnetV1 of VGGFace2",
        "SSPE: HMR and SMPL",
    ),
    caveats=(
        "SSIM, PSNR and LPIPS are of self-imitation, the others of cross-imitation",
        "real frames of 1024x1024 are shrunk without antialiasing",
        "the package's own README: not the numbers of the paper's table",
        "requirements.txt pins scikit-image 0.16.2, which takes 2 as range of floats",
    ),
)

_FIFTY_THOUSAND: dict[str, Any] = {"real": "dataset", "generated": 50_000}
_INSIDE = (
    "the network resizes inside its file; that it does so as TensorFlow 1 did was read "
    "in reimplementations, not in the file"
)
_NVIDIA_VGG = Extractor("vgg16_nvidia", "features")

NVIDIA = Protocol(
    title="NVIDIA's metrics for StyleGAN2-ADA, arXiv:2006.06676",
    pictures="as those of the dataset",
    source="github.com/NVlabs/stylegan2-ada-pytorch at d72cc7d: metrics/",
    numbers={
        "fid50k_full": Number(
            "fid",
            {"ddof": 0},
            extractors.TF_POOL,
            caveats=("covariances are divided by the number of samples", _INSIDE),
            verified=False,
            **_FIFTY_THOUSAND,
        ),
        "kid50k_full": Number(
            "kid",
            {"subsets": 100, "subset_size": 1000},
            extractors.TF_POOL,
            real_limit=1_000_000,
            caveats=("its draws have no seed", _INSIDE),
            verified=False,
            **_FIFTY_THOUSAND,
        ),
        "is50k": Number(
            "inception_score",
            {},
            extractors.TF_CLASSES,
            real="none",
            generated=50_000,
            caveats=(_SPLITS, _INSIDE),
            verified=False,
        ),
        "pr50k3_full": Number(
            "precision_recall",
            {"neighbours": 3},
            _NVIDIA_VGG,
            real_limit=200_000,
            caveats=(
                "features and distances are float16 there, float64 here",
                "how the network resizes is inside its file, which was not read",
            ),
            verified=False,
            **_FIFTY_THOUSAND,
        ),
        "ppl2_wend": Number(
            "path_length",
            {"epsilon": 1e-4, "space": "w", "sampling": "end"},
            Extractor("vgg16_nvidia", "lpips"),
            real="none",
            generated=50_000,
            caveats=("pairs of floats, not bytes, area-shrunk to 256",),
            verified=False,
        ),
    },
    quantise="half_up",
)

CLEAN_FID = Protocol(
    title="clean-fid, arXiv:2104.11222",
    pictures="as they are",
    source="github.com/GaParmar/clean-fid at e88c4d6: cleanfid/fid.py, resize.py, "
    "features.py",
    numbers={
        "fid": Number("fid", {}, extractors.CLEAN_POOL, real="dataset"),
        "kid": Number(
            "kid",
            {"subsets": 100, "subset_size": 1000},
            extractors.CLEAN_POOL,
            real="dataset",
            caveats=("its draws have no seed",),
        ),
    },
    caveats=("real statistics may be those of a split that clean-fid hands out",),
)

PYTORCH_FID = Protocol(
    title="pytorch-fid, which S2FGAN names",
    pictures="as they are",
    source="github.com/mseitzer/pytorch-fid at b9c1811: src/pytorch_fid",
    numbers={"fid": Number("fid", {}, extractors.PYTORCH_POOL, real="dataset")},
)
