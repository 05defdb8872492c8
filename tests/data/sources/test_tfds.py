import io

import numpy as np
import PIL.Image
import pytest
import tensorflow_datasets as tfds

from jaxgen.core.skeleton import translate
from jaxgen.data import pipeline
from jaxgen.data.source import open_source


def png(pixels):
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


class Photos(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """Somebody else's dataset."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {
            "photo": tfds.features.Image(shape=(8, 4, 3)),
            "who": tfds.features.Text(),
            "age": np.int64,
            "coco": tfds.features.Tensor(shape=(17, 2), dtype=np.float32),
            "scored": tfds.features.Tensor(shape=(17, 3), dtype=np.float32),
            "labels": tfds.features.Image(shape=(8, 4, 1)),
        }
        return tfds.core.DatasetInfo(
            builder=self, features=tfds.features.FeaturesDict(features)
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for i in range(6):
            yield (
                i,
                {
                    "photo": png(np.full((8, 4, 3), i, np.uint8)),
                    "who": f"person {i % 2}",
                    "age": 20 + i,
                    "coco": np.arange(34, dtype=np.float32).reshape(17, 2) / 12,
                    "scored": np.zeros((17, 3), np.float32),
                    "labels": png(np.zeros((8, 4), np.uint8)),
                },
            )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    builder = Photos(
        data_dir=str(tmp_path_factory.mktemp("tfds")), file_format="array_record"
    )
    builder.download_and_prepare()
    return str(builder.data_dir)


@pytest.fixture
def data(folder):
    return {
        "source": "tfds",
        "folder": folder,
        "features": {"image": "photo", "age": "age"},
        "identity": "who",
        "pairing": "identity",
    }


def test_features_are_called_as_the_config_says(data, make_spec):
    request = {
        "source_image": make_spec((4, 8, 4, 3), "uint8"),
        "target_age": make_spec((4,), "int64"),
    }
    batches = [batch for batch, _ in pipeline.once(data, request, split="train")]
    source = np.concatenate([b["source_image"][:, 0, 0, 0] for b in batches])
    target = np.concatenate([b["target_age"] for b in batches])
    assert len(source) == 12
    assert (source % 2 == target % 2).all() and (source != target - 20).all()


def test_keypoints_are_translated_by_their_number(data):
    data = data | {"features": {"image": "photo", "keypoints": "coco"}}
    source = open_source(data, "train")
    points = source.features["keypoints"].read(source.records[0], (8, 4), (8, 4))
    want = translate(np.arange(34).reshape(17, 2) / 12, "coco17")
    np.testing.assert_allclose(points[[0, 1, 10]], want[[0, 1, 10]], atol=1e-6)


def test_mirrored_label_maps_need_a_schema(data):
    data = data | {"features": {"image": "photo", "parsing": "labels"}, "flip": True}
    with pytest.raises(ValueError, match="name its schema in data.parsing .spt."):
        open_source(data, "train")
    open_source(data | {"parsing": "spt"}, "train")
    open_source(data | {"flip": False}, "train")
    with pytest.raises(KeyError, match="unknown parsing 'lip'"):
        open_source(data | {"parsing": "lip"}, "train")


def test_pictures_have_their_own_size(data, make_spec):
    request = {"source_image": make_spec((4, 8, 8, 3), "uint8")}
    with pytest.raises(ValueError, match="is 8x4"):
        list(pipeline.once(data, request, split="train"))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"features": {"image": "foto"}}, KeyError, "did you mean 'photo'"),
        ({"identity": "whom"}, KeyError, "did you mean 'who'"),
        ({"folder": "nowhere"}, FileNotFoundError, "'nowhere' is none"),
        ({"split": "test"}, KeyError, "unknown split 'test'"),
        (
            {"features": {"keypoints": "scored"}},
            ValueError,
            r"'scored'\) have the shape \[17, 3\]; \[k, 2\] is wanted",
        ),
    ],
)
def test_what_the_dataset_lacks_is_named(data, change, error, message):
    data = data | change
    with pytest.raises(error, match=message):
        open_source(data, data.get("split", "train"))
