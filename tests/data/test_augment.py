import numpy as np

from jaxgen.core.skeleton import SWAPS
from jaxgen.data import augment
from jaxgen.data.source import open_source
from jaxgen.data.sources.synthetic import FEATURES


def test_a_mirrored_sample_still_fits_together(data):
    """Every joint is drawn as a pixel whose red tells its number."""
    source = open_source(data, "train")
    record, size = source.records[0], source.size
    features = {name: FEATURES[name] for name in ("image", "keypoints", "parsing")}
    sample = {n: f.read(record, size, size) for n, f in features.items()}
    sample["keypoints"] = record["keypoints"]
    mirrored = augment.mirror(sample, features, size)
    x, y = mirrored["keypoints"].astype(int).T
    np.testing.assert_array_equal(mirrored["image"][y, x, 0], SWAPS * 10 + 10)
    assert (mirrored["parsing"][1:, :8] == 8).all()
    assert (mirrored["parsing"][1:, 8:] == 7).all()
    assert all(value.flags.c_contiguous for value in mirrored.values())
