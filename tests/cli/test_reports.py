import numpy as np
import pytest
from PIL import Image

from jaxgen.cli import reports
from jaxgen.cli.workdirs import Workdir
from jaxgen.metrics import protocols
from jaxgen.runtime import experiment
from jaxgen.train import prepared_data

CHOSEN = {name: protocols.protocol(name) for name in ("pg2", "cfld")}


class Networks:
    """Stands for every network; counts the pictures that it has seen."""

    absent = {}

    def __init__(self):
        self.seen = 0

    def obtain(self, name):
        return self

    def weights_of(self, name):
        return [{"network": name, "file": name, "sha256": "random"}] if name else []

    def __call__(self, image, other):
        self.seen += len(image)
        if isinstance(other, str):
            return image[:, ::90, ::90].astype(np.float64).mean((1, 2))
        return np.abs(image - other).mean((1, 2, 3))


def fill(folder, *names, seed=0):
    folder.mkdir()
    rng = np.random.default_rng(seed)
    for name in names:
        pixels = rng.integers(0, 256, (64, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / name)
    return str(folder)


@pytest.fixture
def names():
    return [f"{i}.png" for i in range(12)]


def test_a_folder_against_itself_has_no_distance(tmp_path, names):
    same = fill(tmp_path / "same", *names)
    (found,) = reports.folder_reports([same], same, same, CHOSEN, Networks())
    numbers = found["numbers"]
    assert numbers["cfld/fid"]["value"] == pytest.approx(0, abs=1e-4)
    assert numbers["cfld/lpips"]["value"] < 0.01  # Answers and targets round otherwise.
    assert numbers["pg2/ssim"]["value"] == 1 and numbers["pg2/psnr"]["value"] == "inf"
    assert numbers["pg2/inception_score"]["count"] == 12


def test_every_number_is_told_in_full(tmp_path, names):
    answers = fill(tmp_path / "a", *names)
    targets = fill(tmp_path / "b", *names, seed=1)
    (found,) = reports.folder_reports([answers], targets, None, CHOSEN, Networks())
    for label, number in found["numbers"].items():
        told = {"value", "count", "definition", "key", "weights", "caveats", "verified"}
        assert told <= number.keys(), label
    fid = found["numbers"]["cfld/fid"]
    assert fid["real"]["list"] == found["reference"]["list"]
    assert fid["weights"][0]["file"] == "inception_torchvision"


def test_two_results_differ_in_value_and_not_in_key(tmp_path, names):
    folders = [fill(tmp_path / str(s), *names, seed=s) for s in range(3)]
    a, b = reports.folder_reports(folders[1:], folders[0], None, CHOSEN, Networks())
    assert a["numbers"].keys() == b["numbers"].keys()
    for label, number in a["numbers"].items():
        assert number["key"] == b["numbers"][label]["key"]
    assert a["answers"]["list"] != b["answers"]["list"]


def test_nothing_at_all_is_an_error_with_every_reason(tmp_path, names):
    answers = fill(tmp_path / "a", *names)
    targets = fill(tmp_path / "b", "x.png")
    chosen = {"pose_gan": protocols.protocol("pose_gan")}

    class Nothing(Networks):
        absent = {"inception_tf": "find it"}

        def obtain(self, name):
            return None

    with pytest.raises(ValueError, match="find it.*no answer has a target.*0 of 12"):
        reports.folder_reports([answers], targets, None, chosen, Nothing())


def test_a_workdir_has_numbers_of_sets_too(tiny_workdir):
    opened = experiment.open_workdir(tiny_workdir)
    workdir = Workdir(opened, prepared_data(opened.config, opened.system))
    ours, copy = reports.workdir_reports(workdir, 6, ["copy"], CHOSEN, Networks())
    for found in (ours, copy):
        fid = found["numbers"]["cfld/fid"]
        assert fid["count"] == 6 and fid["real_count"] == 12
        assert fid["definition"]["real"] == "every image of the training split"
    values = [r["numbers"]["cfld/fid"]["value"] for r in (copy, ours)]
    assert values[0] < values[1]
