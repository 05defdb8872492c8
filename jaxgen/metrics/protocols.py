"""The papers' own evaluations, to the letter of their scripts.

Numbers of one name differ: two FIDs here have other networks, other resizes or other
real sets, and SSIM of one pair of pictures ranges from 0.55 to 0.9. What follows was
read in the authors' repositories at the commits named; where a detail is not in them,
the number says so (`verified=False`) or a caveat does.
"""

from collections.abc import Mapping

from jaxgen.core import checks
from jaxgen.metrics import definitions, protocols_other, protocols_transfer
from jaxgen.metrics.definitions import Obtain, Plan, Protocol

PROTOCOLS: Mapping[str, Protocol] = {
    "pg2": protocols_transfer.PG2,
    "pose_gan": protocols_transfer.POSE_GAN,
    "patn_market1501": protocols_transfer.PATN_MARKET1501,
    "patn_deepfashion": protocols_transfer.PATN_DEEPFASHION,
    "gfla": protocols_transfer.GFLA,
    "dptn_market1501": protocols_transfer.DPTN_MARKET1501,
    "dptn_deepfashion": protocols_transfer.DPTN_DEEPFASHION,
    "pidm": protocols_transfer.PIDM,
    "cfld": protocols_transfer.CFLD,
    "cfld_512": protocols_transfer.CFLD_512,
    "impersonator": protocols_other.IMPERSONATOR,
    "nvidia": protocols_other.NVIDIA,
    "clean_fid": protocols_other.CLEAN_FID,
    "pytorch_fid": protocols_other.PYTORCH_FID,
}


def protocol(name: str) -> Protocol:
    """A protocol by name.

    Raises:
        KeyError: naming the nearest and listing all.
    """
    checks.require_known("metrics", "protocol", name, PROTOCOLS)
    return PROTOCOLS[name]


def plan(name: str, obtain: Obtain, *, size: tuple[int, int] | None = None) -> Plan:
    """What of a protocol can be computed: see `metrics.definitions.plan`.

    Args:
        name: of a protocol.
        obtain: gives a network by name, or None.
        size: height and width of the pictures, for the definitions.

    Raises:
        KeyError: when there is no such protocol.
    """
    return definitions.plan(protocol(name), obtain, size=size)
