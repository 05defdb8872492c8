import json

import numpy as np
import pytest
from PIL import Image

from jaxgen import sample


@pytest.fixture
def person(tmp_path):
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 256, (64, 32, 3), np.uint8))
    picture.save(tmp_path / "me.png")
    points = [[*p, 1.0] for p in rng.uniform(4, 28, (18, 2)).tolist()]
    people = [{"pose_keypoints_2d": [x for point in points for x in point]}]
    (tmp_path / "pose.json").write_text(json.dumps({"people": people}))
    return ["--source-image", str(tmp_path / "me.png")] + [
        "--target-keypoints",
        str(tmp_path / "pose.json"),
    ]


def run(workdir, out, *flags):
    sample.main(["--workdir", workdir, "--out", str(out), *flags])
    return sorted(path.name for path in out.iterdir())


def test_a_sheet_of_samples_says_that_it_is_synthetic(tiny_workdir, tmp_path, capsys):
    assert run(tiny_workdir, tmp_path / "out", "--samples", "3") == ["samples.png"]
    assert "wrote 1 picture:" in capsys.readouterr().out
    with Image.open(tmp_path / "out" / "samples.png") as sheet:
        assert "synthetic" in sheet.text["Comment"]
        assert sheet.width > 3 * 16 and sheet.height > 5 * 32


def test_singles_are_one_file_per_answer(tiny_workdir, tmp_path):
    files = run(tiny_workdir, tmp_path / "out", "--samples", "9", "--singles")
    assert len(files) == 9
    with Image.open(tmp_path / "out" / files[0]) as file:
        assert file.size == (16, 32)


def test_transfer_takes_a_users_photograph_and_pose(tiny_workdir, tmp_path, person):
    files = run(tiny_workdir, tmp_path / "out", "--task", "transfer", *person)
    assert files == ["transfer.png", "transfer_refined.png"]


def test_keypoints_follow_the_size_they_were_measured_in(tmp_path, person):
    path = person[-1]
    whole = sample.read_keypoints(path, (64, 32), (64, 32))
    half = sample.read_keypoints(path, (64, 32), (32, 16))
    np.testing.assert_allclose(half, (whole + 0.5) / 2 - 0.5, atol=1e-5)


def test_keypoints_outside_their_picture_are_missing_and_none_is_refused(person):
    path = person[-1]
    assert np.isnan(sample.read_keypoints(path, (30, 15), (32, 16))).any()
    with pytest.raises(ValueError, match="--keypoints-size"):
        sample.read_keypoints(path, (4, 2), (32, 16))
    with pytest.raises(ValueError, match="64x64"):
        sample.read_keypoints(path, (64, 64), (32, 16))


def test_photographs_lie_as_their_camera_was_held(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (64, 32)).save(tmp_path / "phone.jpg", exif=exif)
    picture, size = sample.read_image(str(tmp_path / "phone.jpg"), (32, 16))
    assert size == (64, 32) and picture.shape == (32, 16, 3)


def test_a_caption_makes_the_picture_taller(tiny_workdir, tmp_path):
    run(tiny_workdir, tmp_path / "a", "--samples", "2")
    run(tiny_workdir, tmp_path / "b", "--samples", "2", "--caption")
    heights = [
        Image.open(tmp_path / name / "samples.png").height for name in ("a", "b")
    ]
    assert heights[1] > heights[0]


def test_photographs_of_other_proportions_or_none_are_refused(tmp_path):
    Image.new("RGB", (50, 50)).save(tmp_path / "square.png")
    (tmp_path / "text.png").write_text("no picture")
    whole = (tmp_path / "square.png").read_bytes()
    with pytest.raises(ValueError, match="50x50"):
        sample.read_image(str(tmp_path / "square.png"), (32, 16))
    with pytest.raises(ValueError, match="not an image"):
        sample.read_image(str(tmp_path / "text.png"), (32, 16))
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="damaged|not an image"):
        sample.read_image(str(tmp_path / "cut.png"), (50, 50))
    with pytest.raises(FileNotFoundError):
        sample.read_image(str(tmp_path / "none.png"), (32, 16))


def test_unknown_tasks_and_missing_inputs_are_refused(tiny_workdir, tmp_path, capsys):
    with pytest.raises(KeyError, match="transfer"):
        run(tiny_workdir, tmp_path, "--task", "swap")
    with pytest.raises(SystemExit) as stopped:
        run(tiny_workdir, tmp_path, "--task", "transfer")
    assert stopped.value.code == 2
    assert "--source-image" in capsys.readouterr().err


def test_help_shows_the_inputs_of_a_task(tiny_workdir, capsys):
    with pytest.raises(SystemExit) as stopped:
        sample.main(["--workdir", tiny_workdir, "--task", "transfer", "--help"])
    assert stopped.value.code == 0
    assert "--target-keypoints" in capsys.readouterr().out


def test_greys_of_16_bits_are_scaled_and_not_clipped(tmp_path):
    grey = np.linspace(0, 65_535, 64 * 32).reshape(64, 32).astype(np.uint16)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    image, _ = sample.read_image(str(tmp_path / "grey.png"), (64, 32))
    np.testing.assert_array_equal(image[..., 0], np.rint(grey / 257))


def test_a_folder_is_no_picture(tmp_path):
    with pytest.raises(IsADirectoryError):
        sample.read_image(str(tmp_path), (64, 32))


@pytest.mark.parametrize("flag", ["--task", "--workdir", "--checkpoint"])
def test_a_flag_without_its_value_is_refused_by_the_command(
    tiny_workdir, tmp_path, capsys, flag
):
    rest = ["--workdir", tiny_workdir, "--out", str(tmp_path), "--task", "transfer"]
    if flag in rest:
        del rest[rest.index(flag) : rest.index(flag) + 2]
    with pytest.raises(SystemExit) as stop:
        sample.main([*rest, flag])
    said = capsys.readouterr().err
    assert stop.value.code == 2
    assert said.startswith(f"sample: argument {flag}: expected one argument")
