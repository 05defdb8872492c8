import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from jaxgen.cli.gathering import Batch, Stream
from jaxgen.cli.protocols import Given, Measurement
from jaxgen.metrics import extractors, protocols
from jaxgen.metrics.base import definition_key
from jaxgen.metrics.definitions import Number, Protocol
from jaxgen.metrics.ssim import structural_similarity

SIZE = (64, 56)


class Networks:
    """Stands for every network but one: a few means, or a distance of pairs."""

    absent = {"inception_tf": "put it there.", "vgg16_nvidia": "nobody has it"}

    def obtain(self, name):
        return None if name in self.absent else self

    def weights_of(self, name):
        return [{"network": name, "file": name, "sha256": "random"}] if name else []

    def __call__(self, image, other):
        if isinstance(other, str):
            return image[:, ::60, ::60].astype(np.float64).mean((1, 2))
        return np.abs(image - other).mean((1, 2, 3))


class Every(Networks):
    """The same, and none is absent."""

    absent = {}


def images(seed, count=9, size=SIZE):
    rng = np.random.default_rng(seed)
    return list(rng.integers(0, 256, (count, *size, 3), dtype=np.uint8))


def stream(pictures, targets=(), **features):
    names = [f"{i}.png" for i in range(len(pictures))]
    never = [False] * len(pictures)

    def draw():
        for start in range(0, len(pictures), 4):
            rows = slice(start, start + 4)
            mine = {name: value[rows] for name, value in features.items()}
            parts = (x[rows] for x in (names, pictures, never, targets, never))
            yield Batch(*parts, mine)

    return Stream("these", len(pictures), "", draw)


def given(answers=None, targets=None, train=None, **features):
    answers = answers or images(0)
    targets = images(1, len(answers)) if targets is None else targets
    real = {"targets": stream(images(1))}
    if train:
        real["train"] = stream(train)
    return Given(
        stream(answers, targets, **features),
        sum(target is not None for target in targets),
        real,
        stream(images(2, 20)),
        list(features),
    )


def measure(name, about, networks=None):
    protocol = protocols.protocol(name) if isinstance(name, str) else name
    measurement = Measurement(protocol, about, networks or Networks())
    with ThreadPoolExecutor(2) as executor:
        for batch in about.answers.draw():
            measurement.update(batch, executor)
    return measurement.finish()


def test_a_number_is_that_of_all_pairs_with_its_definition():
    found = measure("pg2", given()).numbers["ssim"]
    want = [
        structural_similarity(a, b) for a, b in zip(images(0), images(1), strict=True)
    ]
    assert found["value"] == pytest.approx(np.mean(want))
    assert found["count"] == 9 and found["undefined"] == []
    assert found["definition"]["size"] == "64x56"
    assert found["key"] == definition_key(found["definition"])


def test_what_is_missing_is_said_and_the_rest_computed():
    found = measure("pg2", given())
    assert set(found.numbers) == {"ssim", "psnr", "l1", "l2"}
    assert found.reasons["inception_score"] == "it needs inception_tf: put it there"
    assert "source_keypoints" in found.reasons["mask_ssim"]
    assert not found.numbers.keys() & found.reasons.keys()


def test_poses_make_masked_numbers_possible():
    pose = np.full((9, 18, 2), 20, np.float32)
    found = measure("pg2", given(source_keypoints=pose, target_keypoints=pose))
    assert found.numbers["mask_ssim"]["value"] > found.numbers["ssim"]["value"]


def test_the_training_split_counts_where_the_protocol_wants_it():
    stood_in = measure("cfld", given()).numbers["fid"]
    real = measure("cfld", given(train=images(3, 20))).numbers["fid"]
    assert stood_in["real_count"] == real["real_count"] == 20
    assert "instead of every image of the train" in stood_in["definition"]["real"]
    assert real["definition"]["real"] == "every image of the training split"
    assert stood_in["key"] != real["key"] and stood_in["value"] != real["value"]


def test_a_folder_in_place_of_the_dataset_is_said_and_has_another_key():
    found = measure("clean_fid", given(), Every()).numbers["fid"]
    published = protocols.plan("clean_fid", Every().obtain).built["fid"].definition
    real = found["definition"]["real"]
    assert real == "these, instead of every image of the dataset, not mirrored"
    whole = definition_key({**found["definition"], "real": published["real"]})
    assert found["key"] != whole


def test_answers_of_two_sizes_are_refused_in_different_batches_too():
    two = [*images(0, 4), *images(1, 4, (32, 28))]
    found = measure("pg2", given(two, two))
    assert not found.numbers
    assert "got 64x56 and 32x28" in found.reasons["ssim"]


def test_real_pictures_of_two_sizes_are_refused_in_different_batches_too():
    train = [*images(2, 4), *images(3, 4, (32, 28))]
    about = dataclasses.replace(given(), stand_in=stream(train))
    found = measure("pytorch_fid", about, Every())
    assert "got 64x56 and 32x28" in found.reasons["fid"]


def test_real_pictures_of_another_size_than_answers_are_remarked_upon():
    other = stream(images(2, 8, (80, 70)))
    found = measure(
        "pytorch_fid", dataclasses.replace(given(), stand_in=other), Every()
    )
    note = found.numbers["fid"]["notes"][-1]
    assert "answers of 64x56" in note and "real pictures of 80x70" in note
    assert not measure("pytorch_fid", given(), Every()).numbers["fid"]["notes"]


def test_targets_of_another_size_cost_numbers_of_pairs_alone():
    numbers = {"l1": Number("l1"), "fid": Number("fid", {}, extractors.PYTORCH_POOL)}
    about = given(targets=images(1, size=(32, 28)))
    found = measure(Protocol("", "any", "", numbers), about, Every())
    assert set(found.numbers) == {"fid"} and found.numbers["fid"]["count"] == 9
    assert "their targets 32x28" in found.reasons["l1"]


def test_only_samples_in_full_batches_are_told():
    numbers = {"l1": Number("l1", batch=4)}
    found = measure(Protocol("", "any", "", numbers), given()).numbers["l1"]
    each = [
        np.abs(a / 255 - b / 255).mean()
        for a, b in zip(images(0), images(1), strict=True)
    ]
    assert found["count"] == 8
    assert found["std"] / found["value"] == pytest.approx(
        np.std(each[:8]) / np.mean(each[:8])
    )


def test_numbers_of_sets_take_answers_without_a_target_too():
    targets = [*images(1, 4), None, None, None, None, None]
    found = measure("cfld", given(targets=targets)).numbers
    assert found["psnr"]["count"] == 4 and found["fid"]["count"] == 9


def test_without_any_pair_numbers_of_sets_are_left():
    found = measure("cfld", given(targets=[None] * 9))
    assert set(found.numbers) == {"fid"}
    assert "no answer has a target" in found.reasons["ssim"]


def test_a_black_pair_has_no_mae_and_is_named():
    black = [np.zeros((*SIZE, 3), np.uint8)]
    about = given([*black, *images(0, 3)], [*black, *images(1, 3)])
    found = measure("pidm", about).numbers["mae"]
    assert found["value"] == "nan" and found["undefined"] == ["0.png"]
    assert found["mean_of_defined"] > 0


def test_targets_of_another_size_are_refused_unless_the_protocol_resizes():
    about = given(targets=images(1, size=(32, 28)))
    found = measure("pg2", about)
    assert not found.numbers
    assert "answers are 64x56 and their targets 32x28" in found.reasons["ssim"]
    resized = measure("cfld", about).numbers["ssim"]
    assert resized["definition"]["size"] == "256x176"
    assert "answers of 64x56 and targets of 32x28" in resized["notes"][0]
    assert measure("cfld", given()).numbers["ssim"]["notes"] == []


def test_a_window_larger_than_the_picture_costs_one_number_alone():
    small = dict(size=(40, 20))
    found = measure("pidm", given(images(0, **small), images(1, **small)))
    assert "at least 51 pixels" in found.reasons["ssim"]
    assert "ssim_256" in found.numbers


def test_too_few_pictures_for_a_number_of_a_set_are_a_reason():
    found = measure("impersonator", given(images(0, 1, (256, 256)), images(1, 1)))
    assert "more than 1 sample" in found.reasons["fid"]
    assert "psnr" in found.numbers


def test_few_samples_are_remarked_upon():
    class Wide(Networks):
        def __call__(self, image, other):
            few = super().__call__(image, other)
            return few if few.ndim == 1 else np.tile(few, 20)

    about = given()
    measurement = Measurement(protocols.protocol("cfld"), about, Wide())
    with ThreadPoolExecutor(1) as executor:
        for batch in about.answers.draw():
            measurement.update(batch, executor)
    notes = measurement.finish().numbers["fid"]["notes"]
    assert "fewer than the 60 features" in notes[0]


def test_a_bug_is_no_reason():
    class Broken(Networks):
        def __call__(self, image, other):
            raise ValueError("shapes do not match")

    about = given()
    measurement = Measurement(protocols.protocol("cfld"), about, Broken())
    (batch, *_) = about.answers.draw()
    with ThreadPoolExecutor(1) as executor, pytest.raises(ValueError, match="shapes"):
        measurement.update(batch, executor)


def test_weights_and_caveats_stand_beside_the_number():
    found = measure("cfld", given()).numbers["lpips"]
    assert found["weights"][0]["network"] == "lpips_alex_v0.1"
    assert any("environment.yaml" in caveat for caveat in found["caveats"])
    assert found["verified"] is True
