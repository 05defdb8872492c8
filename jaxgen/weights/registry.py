"""Every file of other people's weights that a user may bring, and where to get it.

Nothing is fetched by itself. The files lie in the folder that the environment variable
JAXGEN_WEIGHTS names. A checksum is that of the published file; where only its start is
known, as from a file's name, that is compared.
"""

import functools
import hashlib
import os
import pathlib
from dataclasses import dataclass

from jaxgen.core import checks

FOLDER = "JAXGEN_WEIGHTS"
"""The environment variable that names the folder."""


@dataclass(frozen=True)
class File:
    """A published file.

    Attributes:
        about: what it is.
        file: its name in the folder.
        origin: where it is published.
        licence: of the file, as far as its publishers say.
        sha256: in hexadecimal digits, or the first of them, or empty if unknown.
        packed: whether the origin is an archive that has the file in it.
    """

    about: str
    file: str
    origin: str
    licence: str
    sha256: str = ""
    packed: bool = False


def _torchvision(about: str, file: str, sha256: str) -> File:
    return File(
        about=about,
        file=file,
        origin=f"https://download.pytorch.org/models/{file}",
        licence="BSD-3-Clause, as torchvision; trained on ImageNet",
        sha256=sha256,
    )


def _heads(version: str, backbone: str, sha256: str) -> File:
    return File(
        about=f"channel weights of LPIPS {version} on {backbone}",
        file=f"lpips_v{version}_{backbone}.pth",
        origin="https://github.com/richzhang/PerceptualSimilarity/raw/master/lpips/"
        f"weights/v{version}/{backbone}.pth",
        licence="BSD-2-Clause",
        sha256=sha256,
    )


FILES = {
    "vgg16": _torchvision(
        "VGG-16 of torchvision",
        "vgg16-397923af.pth",
        "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
    ),
    "vgg19": _torchvision(
        "VGG-19 of torchvision",
        "vgg19-dcbb9e9d.pth",
        "dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44",
    ),
    "alexnet": _torchvision(
        "AlexNet of torchvision",
        "alexnet-owt-7be5be79.pth",
        "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
    ),
    "inception_torchvision": _torchvision(
        "Inception v3 of torchvision",
        "inception_v3_google-0cc3c7bd.pth",
        "0cc3c7bd75056d25e46cba549dc184522069b81e9787eff6df84f397bd52a5ef",
    ),
    "inception_tf": File(
        about="Inception v3 of TensorFlow's graph of 2015-12-05, as pytorch-fid has it",
        file="pt_inception-2015-12-05-6726825d.pth",
        origin="https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"
        "pt_inception-2015-12-05-6726825d.pth",
        licence="Apache-2.0; trained on ImageNet",
        sha256="6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
    ),
    "lpips_alex_v0.0": _heads(
        "0.0",
        "alex",
        "18720f55913d0af89042f13faa7e536a6ce1444a0914e6db9461355ece1e8cd5",
    ),
    "lpips_alex_v0.1": _heads(
        "0.1",
        "alex",
        "df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0",
    ),
    "lpips_vgg_v0.0": _heads(
        "0.0",
        "vgg",
        "b9e4236260c3dd988fc79d2a48d645d885afcbb21f9fd595e6744cf7419b582c",
    ),
    "lpips_vgg_v0.1": _heads(
        "0.1",
        "vgg",
        "a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868",
    ),
    "sphereface": File(
        about="SphereFace-20, trained on CASIA-WebFace",
        file="sphere20a_20171020.pth",
        origin="https://github.com/clcarwin/sphereface_pytorch/raw/master/model/"
        "sphere20a_20171020.7z",
        licence="MIT; its pictures were for research only",
        packed=True,
    ),
    "smpl": File(
        about="the neutral SMPL body",
        file="basicmodel_neutral_lbs_10_207_0_v1.1.0.pkl",
        origin="https://smpl.is.tue.mpg.de (SMPL for Python, version 1.1.0)",
        licence="SMPL-Model licence: not for commercial use, not to be passed on",
        packed=True,
    ),
}

_BACKBONES = {"alex": "alexnet", "vgg": "vgg16"}


def parts(network: str) -> tuple[str, ...]:
    """The files whose arrays together make a network.

    LPIPS needs two: its backbone, which torchvision publishes, and its own weights.

    Raises:
        KeyError: for an unknown network.
    """
    checks.require_known("weights", "network", network, FILES)
    if network.startswith("lpips_"):
        return _BACKBONES[network.split("_")[1]], network
    return (network,)


def find(name: str) -> str:
    """The path of a file, after its checksum was compared.

    Raises:
        KeyError: for an unknown name.
        FileNotFoundError: when it is not there; says where to get it and to put it.
        ValueError: when it is another file.
    """
    checks.require_known("weights", "file", name, FILES)
    entry, folder = FILES[name], os.environ.get(FOLDER, "")
    path = pathlib.Path(folder, entry.file)
    if not folder or not path.is_file():
        raise FileNotFoundError(f"weights: {name!r} is missing: {_advice(name)}")
    found = sha256(str(path))
    if not found.startswith(entry.sha256):
        raise ValueError(
            f"weights: {path} is not {entry.about}: its SHA-256 is {found[:16]}..., "
            f"expected {entry.sha256[:16]}...; {_advice(name)}"
        )
    return str(path)


def _advice(name: str) -> str:
    entry = FILES[name]
    folder = os.environ.get(FOLDER, "")
    if not os.path.isdir(folder):
        none = f" ({folder} is none)" if folder else ""
        folder = f"a folder that {FOLDER} names{none}"
    place = "in the archive" if entry.packed else "at"
    return (
        f"put {entry.about} into {folder} as {entry.file}; it is {place} "
        f"{entry.origin} (licence: {entry.licence})."
    )


def sha256(path: str) -> str:
    """Of a file; of a TensorFlow checkpoint of its index, which has all other sums."""
    found = pathlib.Path(path if pathlib.Path(path).is_file() else f"{path}.index")
    found = found.resolve()
    status = found.stat()
    return _sha256(found, status.st_size, status.st_mtime_ns)


@functools.cache
def _sha256(path: pathlib.Path, size: int, changed: int) -> str:
    """Read once for each state of the file that was met."""
    del size, changed
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
