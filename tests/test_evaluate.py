import dataclasses
import json
import os
import pathlib

import numpy as np
import pytest
from PIL import Image, ImageFilter

from jaxgen import evaluate, systems
from jaxgen.cli import evaluators
from jaxgen.cli.arguments import run
from jaxgen.cli.features import FeatureNetworks
from jaxgen.cli.reports import folder_reports
from jaxgen.cli.workdirs import OURS
from jaxgen.metrics import protocols
from jaxgen.metrics.accumulate import Moments
from jaxgen.runtime.measuring import Reference
from jaxgen.runtime.mesh import make_mesh

TINY = dict(image_size=(32, 16), width=8, code=8, discriminator_width=8)


class Networks:
    """Stands for every network."""

    absent = {}

    def obtain(self, name):
        return lambda image, layer: image.mean((1, 2))

    def weights_of(self, name):
        return [{"network": name, "file": name, "sha256": "random"}]


REAL = os.environ.get("JAXGEN_REAL_DATA", "")


@pytest.fixture(scope="module")
def report(tiny_workdir, tmp_path_factory):
    out = tmp_path_factory.mktemp("evaluate") / "metrics.json"
    evaluate.main(
        [
            "--workdir",
            tiny_workdir,
            "--compare",
            "copy,mean,stranger",
            "--out",
            str(out),
        ]
    )
    return json.loads(out.read_text())[0]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Targets, and the same blurred and with noise under the names of two papers."""
    root = tmp_path_factory.mktemp("folders")
    for name in ("targets", "blurred", "noisy"):
        (root / name).mkdir()
    rng = np.random.default_rng(0)
    for i in range(4):
        coarse = rng.integers(0, 256, (16, 8, 3), dtype=np.uint8)
        image = Image.fromarray(coarse).resize((64, 128))
        image.save(root / f"targets/p{i}.png")
        blurred = image.filter(ImageFilter.GaussianBlur(2))
        blurred.save(root / f"blurred/p{3 - i}_2_p{i}_vis.jpg", quality=75)
        noise = np.asarray(image) + rng.normal(0, 20, (128, 64, 3))
        noisy = Image.fromarray(noise.clip(0, 255).astype(np.uint8))
        noisy.save(root / f"noisy/p{3 - i}.png___p{i}.png_vis.png")
    return root


def measured(folders, *more, generated=("blurred", "noisy")):
    out = folders / "metrics.json"
    evaluate.main(
        [
            "--generated",
            *(str(folders / name) for name in generated),
            *("--reference", str(folders / "targets"), "--out", str(out)),
            *more,
        ]
    )
    return json.loads(out.read_text())


def refused(capsys, *arguments):
    """The sentence of a command that ends with 2."""
    with pytest.raises(SystemExit) as stopped:
        run(lambda: evaluate.main([str(a) for a in arguments]), "evaluate")
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said


def test_numbers_of_sets_of_other_amounts_have_other_keys():
    metric = evaluators.evaluations(
        {"fid": dict(metric="fid")}, systems.build("pg2", TINY), Networks()
    )["fid"]
    rows = np.random.default_rng(0).normal(size=(9, 4))
    kept = {OURS: Moments.of(rows[:6])}
    found = [
        evaluate._numbers(
            "fid", entry, kept, Moments.of(rows), ["name"] * count, "32x16"
        )["fid"]
        for count, entry in (
            (6, metric),
            (6, metric),
            (5, metric),
            (6, dataclasses.replace(metric, reference=Reference("test"))),
        )
    ]
    keys = [number["key"] for number in found]
    assert keys[0] == keys[1] and len(set(keys)) == 3
    assert found[0]["weights"][0]["sha256"] == "random"
    trained = dataclasses.replace(metric, weights=[{"sha256": "0" * 64}])
    of_trained = evaluate._numbers(
        "fid", trained, kept, Moments.of(rows), ["name"] * 6, "32x16"
    )["fid"]
    assert "random" in found[0]["definition"]["weights"]
    assert "weights" not in of_trained["definition"]
    assert of_trained["key"] != keys[0]


def reported(numbers):
    known = {"variant": "v", "workdir": "w", "step": 1, "remarks": []}
    return [known | {"numbers": numbers}]


def test_numbers_that_are_not_finite_have_a_table_and_random_weights_a_remark():
    compared = {"copy": {"value": "inf", "difference": "nan"}}
    compared["copy"]["interval_95"] = ["nan", "nan"]
    definition = {"name": "psnr", "weights": "random, not trained"}
    number = dict(value="inf", key="psnr-1", definition=definition, compared=compared)
    text = evaluate.table(reported({"psnr": number}))
    assert "inf" in text and "+nan to +nan" in text
    assert "psnr: computed by a network of random weights." in text


def test_a_metric_of_several_numbers_reports_them_all():
    evals = {"pr": dict(metric="precision_recall", options=dict(neighbours=1))}
    system = systems.build("pg2", TINY)
    entry = evaluators.evaluations(evals, system, Networks())["pr"]
    rows = np.random.default_rng(0).normal(size=(9, 4))
    real, ours = (entry.metric.gathers.empty().update(x) for x in (rows, rows[:5]))
    found = evaluate._numbers("pr", entry, {OURS: ours}, real, ["name"] * 5, "32x16")
    assert list(found) == ["pr precision", "pr recall"]
    assert found["pr precision"]["value"] == 1


def test_every_number_carries_its_definition_and_provenance(report):
    number = report["numbers"]["mask_ssim/refined"]
    assert number["samples"] == number["count"] == 8 and len(number["list"]) == 16
    assert "7x7" in number["definition"]["window"]
    assert number["key"].startswith("mask_ssim-") and number["weights"] == []
    assert number["definition"]["size"] == "32x16"
    assert {"jaxgen", "packages", "config", "dataset"} <= report["provenance"].keys()


def test_rows_are_compared_pair_by_pair(report):
    for number in report["numbers"].values():
        assert set(number["compared"]) == {"copy", "mean", "stranger"}
        for row in number["compared"].values():
            low, high = row["interval_95"]
            assert low <= row["difference"] <= high
            difference = number["value"] - row["value"]
            assert row["difference"] == pytest.approx(difference)


def test_the_copy_is_as_sharp_as_a_photograph(report):
    row = report["numbers"]["sharpness/coarse"]["compared"]["copy"]
    assert 0.5 < row["value"] < 2


def test_several_workdirs_make_one_table(tiny_workdir, tmp_path, capsys):
    out = str(tmp_path / "m.json")
    few = ["--samples", "4", "--out", out]
    evaluate.main(["--workdir", tiny_workdir, tiny_workdir, *few])
    printed = capsys.readouterr().out
    assert printed.count("G1+G2+D") == 2 and "mask_ssim/coarse" in printed
    reports = json.loads(pathlib.Path(out).read_text())
    assert [r["numbers"]["ssim/coarse"]["samples"] for r in reports] == [4, 4]
    assert [r["numbers"]["ssim/coarse"]["count"] for r in reports] == [4, 4]


def test_amounts_and_folders_that_make_no_sense_are_refused(tiny_workdir, tmp_path):
    with pytest.raises(SystemExit) as stopped:
        evaluate.main(["--workdir", tiny_workdir, "--samples", "-5"])
    assert stopped.value.code == 2
    with pytest.raises(FileNotFoundError, match="folder of"):
        out = tmp_path / "a" / "m.json"
        evaluate.main(["--workdir", tiny_workdir, "--out", str(out)])
    for out in (tmp_path, tmp_path / "picture.png"):
        with pytest.raises(ValueError, match=r"should be a file FILE.json"):
            evaluate.main(["--workdir", tiny_workdir, "--out", str(out)])


def test_data_may_lie_elsewhere_and_fewer_samples_than_asked_for_are_told(
    tiny_workdir, tmp_path, capsys
):
    with pytest.raises(FileNotFoundError, match="elsewhere is none"):
        evaluate.main(
            ["--workdir", tiny_workdir, "--data", str(tmp_path / "elsewhere")]
        )
    out = ["--out", str(tmp_path / "m.json")]
    evaluate.main(["--workdir", tiny_workdir, "--samples", "999", *out])
    assert "test has 24 samples; 999 were asked for." in capsys.readouterr().out


def test_unknown_rows_and_workdirs_are_refused(tiny_workdir, tmp_path):
    with pytest.raises(KeyError, match="'copy'"):
        evaluate.main(["--workdir", tiny_workdir, "--compare", "cpy"])
    with pytest.raises(FileNotFoundError, match="not a workdir"):
        evaluate.main(["--workdir", str(tmp_path)])


def test_a_workdir_is_measured_by_a_protocol_with_its_masks(
    tiny_workdir, tmp_path, capsys
):
    out = tmp_path / "m.json"
    asked = ["--workdir", tiny_workdir, "--protocol", "pg2", "--samples", "6"]
    evaluate.main([*asked, "--compare", "copy,mean", "--out", str(out)])
    ours, copy, mean = json.loads(out.read_text())
    assert copy["row"] == "copy" and ours["step"] == 4
    for found in (ours, copy, mean):
        assert found["numbers"]["pg2/mask_ssim"]["count"] == 6
        assert "pg2/inception_score" in found["not_computed"]
    better = copy["numbers"]["pg2/ssim"], mean["numbers"]["pg2/ssim"]
    assert better[0]["value"] > better[1]["value"]
    printed = capsys.readouterr().out
    assert printed.count("it needs inception_tf: put") == 1


def test_folders_make_a_matrix_of_protocols(folders, capsys):
    blurred, noisy = measured(folders)
    assert blurred["match"]["pairs"] == noisy["match"]["pairs"] == 4
    assert blurred["formats"] == {"JPEG of quality 75": 4}
    ssim = [f"{name}/ssim" for name in ("pg2", "pose_gan", "gfla", "pidm")]
    values = [noisy["numbers"][name]["value"] for name in ssim]
    assert len(set(values)) == 4
    keys = {blurred["numbers"][name]["key"] for name in ssim}
    assert len(keys) == 4 and keys == {noisy["numbers"][name]["key"] for name in ssim}
    printed = capsys.readouterr().out
    assert printed.count("pg2/ssim ") == 1
    assert "Not computed: " in printed and printed.count("put AlexNet") == 1
    for found in (blurred, noisy):
        assert {"jaxgen", "packages"} <= found["provenance"].keys()
        assert len(found["answers"]["list"]) == len(found["reference"]["list"]) == 16


def test_a_jpeg_of_another_quality_has_a_row_of_its_own(folders, capsys):
    other = folders / "other"
    other.mkdir()
    for path in (folders / "noisy").iterdir():
        Image.open(path).save(other / f"{path.stem}.jpg", quality=40)
    measured(folders, "--protocol", "gfla", generated=("blurred", "other"))
    printed = capsys.readouterr().out
    rows = [line for line in printed.split("\n") if line.startswith("gfla/ssim ")]
    assert len(rows) == 2 and all(" -  " in row for row in rows)


def test_what_does_not_match_is_told_and_the_rest_measured(folders, capsys):
    (folders / "noisy" / "extra.png").write_bytes(
        (folders / "targets" / "p0.png").read_bytes()
    )
    (noisy,) = measured(folders, "--protocol", "pg2", generated=("noisy",))
    (folders / "noisy" / "extra.png").unlink()
    assert noisy["match"]["without_target"] == ["extra.png"]
    assert noisy["numbers"]["pg2/ssim"]["count"] == 4
    assert "1 have none: extra.png" in capsys.readouterr().out


def test_bad_folders_are_one_sentence(folders, tmp_path, capsys):
    reference = ["--reference", folders / "targets"]
    said = refused(capsys, "--generated", tmp_path, *reference)
    assert "holds no JPEG or PNG picture" in said
    asked = [*reference, "--protocol", "gfal"]
    assert "did you mean 'gfla'" in refused(capsys, "--generated", tmp_path, *asked)
    (tmp_path / "broken.png").write_text("x")
    said = refused(capsys, "--generated", tmp_path, *reference)
    assert "broken.png does not read as a picture" in said
    (tmp_path / "broken.png").unlink()
    Image.new("RGB", (64, 128)).save(tmp_path / "other.png")
    asked = [*reference, "--protocol", "pg2"]
    said = refused(capsys, "--generated", tmp_path, *asked)
    assert "no answer has a target" in said and "other.png" in said


def test_a_wrong_size_is_one_sentence(folders, tmp_path, capsys):
    Image.new("RGB", (32, 64)).save(tmp_path / "p0.png")
    asked = ["--generated", tmp_path, "--reference", folders / "targets"]
    said = refused(capsys, *asked, "--protocol", "pg2")
    assert "answers are 64x32 and their targets 128x64" in said


@pytest.mark.parametrize(
    "flags",
    [
        [],
        ["--workdir", "a", "--generated", "b"],
        ["--generated", "a"],
        ["--workdir", "a", "--real", "b"],
        ["--generated", "a", "--reference", "b", "--compare", "copy"],
        ["--generated", "a", "--reference", "b", "--checkpoint", "best"],
        ["--workdir", "a", "--protocol", ","],
        ["--workdir", "a", "--protocol", "pg2,all"],
    ],
)
def test_flags_that_do_not_go_together_are_refused(flags, capsys):
    assert "--" in refused(capsys, *flags)


@pytest.mark.slow
def test_random_networks_give_every_number_that_pictures_can_have(folders):
    names = [str(folders / name) for name in ("blurred", "targets")]
    networks = FeatureNetworks(make_mesh(), weights="random", per_device=1)
    chosen = {name: protocols.protocol(name) for name in ("clean_fid", "cfld")}
    blurred, same = folder_reports(names, names[1], names[1], chosen, networks)
    for name in ("clean_fid/fid", "cfld/lpips"):
        found, zero = (r["numbers"][name] for r in (blurred, same))
        assert found["value"] > 0 and zero["value"] == pytest.approx(0, abs=1e-4)
        assert found["weights"][0]["sha256"] == "random"
    assert "cfld/fid" in blurred["numbers"]
    assert not {"cfld/fid", "cfld/lpips"} & blurred["not_computed"].keys()


@pytest.mark.skipif(not REAL, reason="JAXGEN_REAL_DATA names no folder")
@pytest.mark.parametrize("name, size", [("market", "128x64"), ("deepfashion", "256x")])
def test_real_photographs_are_measured_by_all_protocols(name, size, tmp_path):
    targets = pathlib.Path(REAL) / f"{name}_mini" / "test"
    for path in sorted(targets.glob("*.jpg")):
        blurred = Image.open(path).filter(ImageFilter.GaussianBlur(1))
        blurred.save(tmp_path / f"{path.stem}_to_{path.stem}.png")
    asked = [str(tmp_path)], str(targets), None, protocols.PROTOCOLS
    (found,) = folder_reports(*asked, FeatureNetworks(make_mesh()))
    assert found["match"]["pairs"] == 9 and not found["match"]["without_target"]
    assert found["numbers"]["pg2/ssim"]["definition"]["size"].startswith(size)
    ssim = [n["value"] for k, n in found["numbers"].items() if k.endswith("/ssim")]
    assert len(ssim) > 6 and 0.5 < min(ssim) < max(ssim) < 1
