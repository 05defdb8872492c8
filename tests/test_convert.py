"""Files of the PyTorch port become workdirs, or are refused with one sentence."""

import json
import shutil
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import load_file

import jaxgen
from jaxgen import convert, evaluate, sample, systems, train
from jaxgen.cli.arguments import load_config
from jaxgen.cli.arguments import run as run_command
from jaxgen.cli.feature_networks import FEATURE_NETWORKS
from jaxgen.cli.networks import resolve_pretrained
from jaxgen.systems.pg2.weights import FORMATS
from jaxgen.weights import rules
from tests.reference import golden, torch_zip

TINY = ("--config", "pg2_synthetic:tiny")
CONFIG = (
    *TINY,
    "--config.model.image_size=(64,32)",
    "--config.model.width=8",
    "--config.model.code=16",
    "--config.model.top_skip=False",
)


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """Both generators of the port as PyTorch files, by name."""
    folder = tmp_path_factory.mktemp("port")
    files = {}
    for network, fixture in (("coarse", "pg2_g1_small"), ("refine", "pg2_g2_small")):
        state, _, _ = golden.load(fixture)
        files[network] = folder / f"{network}.pth"
        torch_zip.save(files[network], state)
    return files


def sources(**files):
    files = dict(coarse="random", refine="random", discriminator="random") | files
    return ("--from", *(f"{name}={path}" for name, path in files.items() if path))


def command(monkeypatch, *arguments):
    """Runs `convert` as a shell would; the exit code."""
    monkeypatch.setattr(sys, "argv", ["convert", *map(str, arguments)])
    try:
        run_command(convert.main, "convert")
    except SystemExit as error:
        return error.code
    return 0


@pytest.fixture(scope="module")
def converted(port, tmp_path_factory):
    """A workdir whose G1 is the port's."""
    out = tmp_path_factory.mktemp("converted") / "workdir"
    given = sources(coarse=port["coarse"])
    convert.main([*map(str, (*CONFIG, *given, "--to", out))])
    return out


def relative_error(got, want):
    got = np.asarray(got).transpose(0, 3, 1, 2)
    return np.linalg.norm(got - want) / np.linalg.norm(want)


def nhwc(x):
    return jnp.asarray(x.transpose(0, 2, 3, 1))


def test_a_converted_workdir_answers_as_the_port_does(converted):
    opened = jaxgen.load(str(converted)).experiment
    _, inputs, outputs = golden.load("pg2_g1_small")
    x = {name: nhwc(value) for name, value in inputs.items()}
    coarse = opened.system.coarse_net.apply(
        opened.nets["coarse"],
        x["source_image"],
        x["pose"],
        jnp.zeros((1, 18, 3)),
    )
    assert relative_error(coarse, outputs["image"]) < 1e-4


def test_g2_of_the_port_answers_as_it_does_there(port, tmp_path):
    given = sources(refine=port["refine"])
    convert.main([*map(str, (*TINY, *given, "--infer", "--to", tmp_path / "workdir"))])
    opened = jaxgen.load(str(tmp_path / "workdir")).experiment
    _, inputs, outputs = golden.load("pg2_g2_small")
    x = {name: nhwc(value) for name, value in inputs.items()}
    difference = opened.system.refine_net.apply(
        opened.nets["refine"], x["coarse_image"], x["source_image"]
    )
    assert relative_error(difference, outputs["difference"]) < 1e-4


def test_the_config_says_what_the_weights_need(converted):
    model = json.loads((converted / "config.json").read_text())["model"]
    assert model["pad"] == "torch" and model["pose_maps"] == "gaussians"


def test_the_report_accounts_for_every_array(converted):
    report = json.loads((converted / "conversion.json").read_text())
    state, _, _ = golden.load("pg2_g1_small")
    (found,) = report.values()
    assert set(found["mapped"]) | set(found["ignored"]) == set(state)
    assert found["parameters"] == sum(a.size for a in state.values())
    assert len(found["sha256"]) == 64


def test_a_converted_workdir_stands_alone_wherever_it_is_moved(converted, tmp_path):
    moved = shutil.copytree(converted, tmp_path / "moved")
    hidden = converted.rename(converted.with_name("hidden"))
    try:
        sample.main(["--workdir", str(moved), "--out", str(moved), "--samples", "2"])
        evaluate.main(["--workdir", str(moved), "--samples", "2"])
    finally:
        hidden.rename(converted)
    assert (moved / "samples.png").exists()
    (report,) = json.loads((moved / "metrics.json").read_text())
    assert report["step"] == 0 and len(report["numbers"]) == 8


def test_a_converted_workdir_is_trained_on(converted):
    config = load_config(str(converted / "config.json"))
    config.steps = 2
    state = train.train(config.lock(), str(converted))
    assert int(state.step) == 2


def test_sizes_are_taken_from_the_files_when_asked(port, tmp_path, monkeypatch, capsys):
    given = (*sources(coarse=port["coarse"]), "--to", tmp_path / "x")
    start = (*TINY, "--config.model.width=9")
    assert command(monkeypatch, *start, *given) == 2
    said = capsys.readouterr().err
    assert "--infer" in said and "--config.model.width=8" in said
    assert not (tmp_path / "x").exists()
    assert command(monkeypatch, *start, *given, "--infer") == 0
    model = json.loads((tmp_path / "x" / "config.json").read_text())["model"]
    assert model["image_size"] == [64, 32] and model["width"] == 8


def test_a_part_of_a_file_is_named_behind_a_colon(port, tmp_path, monkeypatch, capsys):
    state, _, _ = golden.load("pg2_g2_small")
    other = {name: np.zeros_like(array) for name, array in state.items()}
    torch_zip.save(tmp_path / "both.pth", {"old": other, "new": state})
    both = f"{tmp_path / 'both.pth'}"
    for part, code in (("", 2), (":newest", 2), (":new", 0)):
        given = (*sources(refine=both + part), "--infer", "--to", tmp_path / "x")
        assert command(monkeypatch, *TINY, *given) == code, capsys.readouterr().err
    opened = jaxgen.load(str(tmp_path / "x")).experiment
    assert opened.nets["refine"]["params"]["out"]["bias"].any()


def test_files_of_different_sizes_do_not_go_together(
    port, tmp_path, monkeypatch, capsys
):
    given = (*sources(**port), "--infer", "--to", tmp_path / "x")
    assert command(monkeypatch, *TINY, *given) == 2
    assert "do not go together" in capsys.readouterr().err


def test_inspect_tells_names_shapes_and_types(port, monkeypatch, capsys):
    assert command(monkeypatch, "--inspect", port["refine"]) == 0
    said = capsys.readouterr().out
    assert "start_conv.0.weight" in said and "float32 [8, 6, 3, 3]" in said


@pytest.mark.parametrize(
    "changes, message",
    [
        (dict(coarse="{refine}"), "is not the 'coarse'"),
        (dict(refine="{coarse}"), "is not the 'refine'"),
        (dict(refine="missing.pth"), "there is no file missing.pth"),
        (dict(refine="{text}"), "no file of weights that is known"),
        (dict(refine="{cut}"), "it was cut off"),
        (dict(refine="{foreign}"), "no 'refine' of pg2 that is known"),
        (dict(generator="{coarse}"), "unknown network 'generator'"),
        (dict(discriminator=None), "missing discriminator"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_written(
    port, tmp_path, monkeypatch, capsys, changes, message
):
    whole = port["refine"].read_bytes()
    (tmp_path / "cut.pth").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text").write_text("not weights at all")
    torch_zip.save(tmp_path / "foreign.pth", {"conv1.weight": np.zeros((2, 3), "f")})
    places = {
        **port,
        **{name: tmp_path / name for name in ("text", "foreign")},
        "foreign": tmp_path / "foreign.pth",
        "cut": tmp_path / "cut.pth",
    }
    files = {name: path and path.format(**places) for name, path in changes.items()}
    code = command(monkeypatch, *CONFIG, *sources(**files), "--to", tmp_path / "out")
    said = capsys.readouterr().err.strip()
    assert code == 2 and message in said and said.count("\n") == 0
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "flags, message",
    [
        ((*CONFIG, "--network", "coarse"), "does not go with --network"),
        (("--inspect", "x", "--infer"), "--infer does not go with --inspect"),
        (("--to-torch", "x", "--from", "coarse=x"), "does not go with --to-torch"),
    ],
)
def test_flags_of_different_uses_do_not_mix(monkeypatch, capsys, flags, message):
    assert command(monkeypatch, *flags) == 2
    assert message in capsys.readouterr().err


def test_sizes_do_not_depend_on_the_order_of_files(tmp_path, monkeypatch):
    """G2 is as wide as G1 unless told otherwise, so G1 changes what G2 needs."""
    model = {**systems.options("pg2"), "image_size": (32, 16), "pad": "torch"}
    model |= {"width": 6, "refine_width": 4}
    shapes = jax.eval_shape(systems.build("pg2", model).init, jax.random.key(0))
    files = {}
    for network in ("coarse", "refine"):
        table = FORMATS["budui"].tables[network](model)
        tree = jax.tree.map(lambda x: np.zeros(x.shape, x.dtype), shapes[network])
        files[network] = tmp_path / f"{network}.pth"
        torch_zip.save(files[network], rules.reverse(table, tree))
    for i, names in enumerate((("coarse", "refine"), ("refine", "coarse"))):
        given = [f"{name}={files[name]}" for name in names]
        given += ["discriminator=random", "--infer", "--to", tmp_path / f"{i}"]
        assert command(monkeypatch, *TINY, "--from", *given) == 0


def test_a_workdir_that_exists_is_not_overwritten(port, converted, monkeypatch, capsys):
    given = sources(coarse=port["coarse"])
    code = command(monkeypatch, *CONFIG, *given, "--to", converted)
    assert code == 2 and "is not empty" in capsys.readouterr().err


def test_without_files_or_a_folder_it_says_what_it_needs(monkeypatch, capsys):
    assert command(monkeypatch, *CONFIG) == 2
    assert "--from NAME=FILE" in capsys.readouterr().err
    assert command(monkeypatch, *CONFIG, "--from", "coarse", "--to", "x") == 2
    assert "NAME=FILE" in capsys.readouterr().err


def test_a_network_goes_back_to_the_names_and_bytes_it_came_with(
    converted, tmp_path, monkeypatch, capsys
):
    out = tmp_path / "G1.safetensors"
    start = ("--workdir", converted, "--checkpoint", 0)  # Before it was trained on.
    flags = (*start, "--network", "coarse", "--to-torch", out)
    assert command(monkeypatch, *flags) == 2  # The older port pads alike.
    assert "fits budui, budui_older" in capsys.readouterr().err
    assert command(monkeypatch, *flags, "--format", "budui") == 0
    state, _, _ = golden.load("pg2_g1_small")
    found = load_file(out)
    assert set(found) == set(state)
    assert all(found[name].tobytes() == state[name].tobytes() for name in state)


def test_an_exported_network_loads_in_torch_and_answers_alike(
    converted, tmp_path, monkeypatch
):
    torch = pytest.importorskip("torch")
    from tests.reference import torch_pg2

    out = tmp_path / "G1.safetensors"
    flags = ("--workdir", converted, "--network", "coarse", "--format", "budui")
    assert command(monkeypatch, *flags, "--to-torch", out) == 0
    theirs = torch_pg2.Coarse((64, 32), width=8, blocks=4, code=16)
    state = {name: torch.from_numpy(array) for name, array in load_file(out).items()}
    theirs.load_state_dict(state, strict=True)
    _, inputs, _ = golden.load("pg2_g1_small")
    with torch.no_grad():
        want = theirs(*(torch.from_numpy(inputs[k]) for k in ("source_image", "pose")))
    opened = jaxgen.load(str(converted)).experiment
    x = [nhwc(inputs[name]) for name in ("source_image", "pose")]
    coordinates = jnp.zeros((1, 18, 3))
    answer = opened.system.coarse_net.apply(opened.nets["coarse"], *x, coordinates)
    assert relative_error(answer, want.numpy()) < 1e-4


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"--network": "generator"}, "unknown network 'generator'"),
        ({"--workdir": "nowhere"}, "nowhere is not a workdir"),
        ({"--format": "official"}, "pad tf_same, not torch"),
        ({"--format": "mine"}, "unknown format"),
        ({"--to-torch": "G1.pth"}, "FILE.safetensors"),
    ],
)
def test_an_export_that_does_not_fit_is_refused(
    converted, tmp_path, monkeypatch, capsys, changes, message
):
    flags = {
        "--workdir": converted,
        "--network": "coarse",
        "--to-torch": tmp_path / "x.safetensors",
        **changes,
    }
    code = command(monkeypatch, *(word for pair in flags.items() for word in pair))
    assert code == 2 and message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_feature_network_becomes_a_folder_that_runs_start_from(
    tmp_path, monkeypatch, capsys
):
    """AlexNet, the smallest, in torchvision's names."""
    found = FEATURE_NETWORKS["alexnet"]
    shapes = jax.eval_shape(found.init, jax.random.key(0))
    table = found.formats["torchvision"].tables["alexnet"]({})
    rng = np.random.default_rng(0)
    drawn = jax.tree.map(lambda x: rng.normal(size=x.shape).astype("f"), shapes)
    torch_zip.save(tmp_path / "alex.pth", rules.reverse(table, drawn))
    flags = ("--network", "alexnet", "--to", tmp_path / "net")
    assert command(monkeypatch, *flags) == 2
    assert command(monkeypatch, *flags, "--from", tmp_path / "nowhere.pth") == 2
    assert not (tmp_path / "net").exists()
    assert command(monkeypatch, *flags, "--from", tmp_path / "alex.pth") == 0
    assert "2,469,696 parameters" in capsys.readouterr().out
    read = resolve_pretrained({"eye": str(tmp_path / "net")}, ["eye"])["eye"]
    jax.tree.map(np.testing.assert_array_equal, read, drawn)
