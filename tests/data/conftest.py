"""Drawn people that cost nothing, and requests for them."""

import types

import numpy as np
import pytest

from jaxgen.data.builders import drawing, folders, synthetic

WORLD = drawing.World(
    people=3, test_people=2, frames=4, outfits=1, size=(32, 16), seed=5
)


def fake_records(world, person):
    """Noise, with a pixel of red 10 j + 10 at joint j, and labels by side."""
    height, width = world.size
    for outfit in range(world.outfits):
        for frame in range(world.frames):
            rng = np.random.default_rng([world.seed, person, outfit, frame])
            cells = rng.permutation(height * width)[:18]
            points = np.stack([cells % width, cells // width], 1)
            image = rng.integers(0, 10, (height, width, 3), np.uint8)
            image[points[:, 1], points[:, 0], 0] = np.arange(18) * 10 + 10
            parsing = np.full((height, width), 6, np.uint8)
            parsing[:, width // 2 :] = 9
            parsing[0] = 0
            yield {
                "image": image,
                "keypoints": points.astype(np.float32),
                "visible": rng.random(18) < 0.7,
                "parsing": parsing,
                "mask": parsing > 0,
                "betas": rng.normal(size=10).astype(np.float32),
                "smpl_pose": rng.normal(size=72).astype(np.float32),
                "camera": np.array([0.9, 0.1, -0.2], np.float32),
                "face_box": np.array([2, 3, 6, 9], np.float32),
                "person": person,
                "outfit": outfit,
                "clip": -1,
                "frame": frame,
                "scene": frame % 6,
            }


@pytest.fixture(scope="session")
def world():
    return WORLD


@pytest.fixture(scope="session")
def fake_draw():
    return fake_records


@pytest.fixture(scope="session")
def people_folder(tmp_path_factory, world):
    """A prepared folder of the fake people."""
    folder = tmp_path_factory.mktemp("data") / "people"
    with pytest.MonkeyPatch.context() as patch, folders.fresh(folder) as temporary:
        patch.setattr(drawing, "draw_records", fake_records)
        synthetic.build(temporary, world, workers=0)
    return str(folder)


@pytest.fixture
def data(people_folder):
    """The data part of a config over the fake people."""
    return {
        "source": "synthetic",
        "folder": people_folder,
        "split": "train",
        "pairing": "identity",
        "flip": False,
    }


def spec(shape, dtype):
    return types.SimpleNamespace(shape=tuple(shape), dtype=np.dtype(dtype))


@pytest.fixture(scope="session")
def pair_request():
    """What a pose transfer system asks for: batch size -> request."""

    def make(batch_size, size=(32, 16), **more):
        kinds = {"image": ((*size, 3), "uint8"), "keypoints": ((18, 2), "float32")}
        kinds |= more
        return {
            f"{role}_{name}": spec((batch_size, *shape), dtype)
            for role in ("source", "target")
            for name, (shape, dtype) in kinds.items()
        }

    return make


@pytest.fixture(scope="session")
def make_spec():
    return spec
