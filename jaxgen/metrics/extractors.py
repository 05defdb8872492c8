"""The features that published evaluations compare: network, layer, way to its input."""

from jaxgen.metrics.definitions import Extractor

_INCEPTION_SIZE = {"size": (299, 299)}
_FROM_128 = ("affine", {"factor": (1 / 128,), "shift": (-1.0,)})
_SIGNED = ("affine", {"factor": (2 / 255,), "shift": (-1.0,)})
_BILINEAR = ("resize_bilinear", _INCEPTION_SIZE)
#: ImageNet's mean and deviation, meant for pictures normalised by them, but applied to
#: pictures in [0, 1]: the network sees -0.19 to 0.43.
_SQUEEZED = (
    "affine",
    {
        "factor": (0.458 / 255, 0.448 / 255, 0.45 / 255),
        "shift": (-0.03, -0.088, -0.188),
    },
)

_GRAPH = (("resize_by_corners", _INCEPTION_SIZE), _FROM_128)
TF_POOL = Extractor("inception_tf", "pool3", _GRAPH)
TF_CLASSES = Extractor("inception_tf", "logits_unbiased", _GRAPH)
CLEAN_POOL = Extractor(
    "inception_tf",
    "pool3",
    (("resize_pillow_floats", {**_INCEPTION_SIZE, "filter": "bicubic"}), _FROM_128),
)
PYTORCH_POOL = Extractor("inception_tf", "pool3", (_BILINEAR, _SIGNED))
SQUEEZED_POOL = Extractor("inception_torchvision", "pool3", (_BILINEAR, _SQUEEZED))
TORCHVISION_POOL = Extractor("inception_torchvision", "pool3", (_BILINEAR, _SIGNED))
LPIPS = Extractor("lpips_alex_v0.1")
