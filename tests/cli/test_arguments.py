"""What a user may type, and what comes of it: a config, or one sentence and exit 2."""

import pytest
from ml_collections import ConfigDict

import jaxgen
from jaxgen.cli import arguments
from jaxgen.cli.arguments import Parser, load_config, override, run

WHOLE = """
from ml_collections import ConfigDict

def get_config(variant="small"):
    if variant not in ("small", "tiny"):
        raise ValueError(f"config: unknown variant {variant!r}; there is small, tiny.")
    return ConfigDict(dict(
        system="pg2",
        model=dict(image_size=(32, 16), width=8, l1_weight=10.0),
        steps=4 if variant == "tiny" else 400,
        batch_size=2,
        data=dict(source="images"),
        optim=dict(net=dict(name="sgd", rate=0.1)),
    ))
"""


@pytest.fixture
def file(tmp_path):
    def write(text=WHOLE):
        path = tmp_path / "experiment.py"
        path.write_text(text)
        return str(path)

    return write


@pytest.fixture
def config(file):
    return load_config(file())


def exit_of(main, capsys, name="train"):
    """The exit code of a command and what it said on stderr."""
    with pytest.raises(SystemExit) as stop:
        run(main, name)
    return stop.value.code, capsys.readouterr().err


def parse(*words):
    return Parser("train", "About.").parse_with_config(words)


def assert_refused(words, capsys, *said):
    """A command line ends with exit code 2 and one line that says all of `said`."""
    code, sentence = exit_of(lambda: parse(*words), capsys)
    assert code == 2
    assert sentence.startswith("train: ") and sentence.count("\n") == 1
    for part in said:
        assert part in sentence


def test_a_config_is_complete_and_locked(file):
    _, config = parse("--config", file())
    assert config.steps == 400 and config.keep == 3
    assert config.data.split == "train"
    with pytest.raises(AttributeError):
        config.stepz = 5


def test_a_variant_stands_behind_the_file(file):
    assert load_config(f"{file()}:tiny").steps == 4


@pytest.mark.parametrize("name", ["pg2_synthetic", "pg2_synthetic.py"])
def test_a_bare_name_finds_an_installed_config(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_config(f"{name}:tiny").system == "pg2"


def test_flags_and_config_are_parsed_together(file):
    parser = Parser("train", "About.")
    parser.add_argument("--workdir")
    words = ("--config.steps=7", "--workdir", "runs/x", "--config", file())
    flags, config = parser.parse_with_config(words)
    assert flags.workdir == "runs/x" and config.steps == 7


@pytest.mark.parametrize(
    "argument, want",
    [
        ("steps=7", 7),
        ("model.width=16", 16),
        ("model.l1_weight=0.25", 0.25),
        ("model.l1_weight=2", 2.0),
        ("model.l1_weight=1e-3", 1e-3),
        ("model.pad=tf_same", "tf_same"),
        ("model.remat=true", True),
        ("model.remat=False", False),
        ("model.image_size=(64,32)", (64, 32)),
        ("model.image_size=64,32", (64, 32)),
        ("optim.net.rate=1", 1.0),
        ("data.folder=records/a=b", "records/a=b"),
        ("mesh.data=-1", -1),
    ],
)
def test_a_key_is_overridden_with_a_value_of_its_own_type(config, argument, want):
    key = argument.partition("=")[0]
    override(config, [f"--config.{argument}"])
    value = config
    for part in key.split("."):
        value = value[part]
    assert value == want and type(value) is type(want)


def test_the_last_of_two_overrides_counts(config):
    override(config, ["--config.steps=7", "--config.steps=8"])
    assert config.steps == 8


def test_a_value_may_follow_its_flag(config):
    override(config, ["--config.steps", "7"])
    assert config.steps == 7


def test_an_override_leaves_its_neighbours_alone(config):
    before = config.to_dict()
    override(config, ["--config.model.width=16"])
    before["model"]["width"] = 16
    assert config.to_dict() == before


@pytest.mark.parametrize(
    "argument, said",
    [
        ("steps=many", "steps takes a value of type int, got 'many'"),
        ("steps=1.5", "steps takes a value of type int, got '1.5'"),
        ("steps=", "steps takes a value of type int, got ''"),
        ("model.l1_weight=heavy", "model.l1_weight takes a value of type float"),
        ("model.remat=maybe", "model.remat takes a value of type bool"),
        ("model.image_size=large", "model.image_size takes a value of type tuple"),
        ("model.image_size=(64", "model.image_size takes a value of type tuple"),
        ("model=5", "model takes"),
    ],
)
def test_a_value_of_another_type_is_refused(file, capsys, argument, said):
    assert_refused(("--config", file(), f"--config.{argument}"), capsys, said)


@pytest.mark.parametrize(
    "argument, said",
    [
        ("stepz=7", "config: unknown key 'stepz' (did you mean 'steps'?"),
        ("model.widht=7", "config.model: unknown key 'widht' (did you mean 'width'?)"),
        ("modle.width=7", "did you mean 'model'?"),
        ("steps.more=7", "config.steps"),
        ("optim.other.rate=7", "config.optim: unknown key 'other'; there is net."),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(file, capsys, argument, said):
    assert_refused(("--config", file(), f"--config.{argument}"), capsys, said)


@pytest.mark.parametrize(
    "words, said",
    [
        (("--config.steps",), "--config.steps needs a value"),
        (("--workdri", "x"), "unknown flag --workdri"),
        (("--con.steps=7",), "unknown flag --con.steps"),
        (("-v",), "unknown flag -v"),
        (("stray",), "'stray' belongs to no flag"),
        (("--config.steps=7", "stray"), "'stray' belongs to no flag"),
    ],
)
def test_what_is_no_flag_is_refused(file, capsys, words, said):
    assert_refused(("--config", file(), *words), capsys, said)


def test_a_command_without_config_or_without_its_value_is_refused(capsys):
    assert_refused((), capsys, "--config")
    assert_refused(("--config",), capsys, "--config")


@pytest.mark.parametrize("name", ["nothing_like_it", "missing/pg2.py", "."])
def test_an_unknown_config_is_refused_and_the_installed_are_listed(capsys, name):
    assert_refused(("--config", name), capsys, name, "pg2_synthetic")


@pytest.mark.parametrize(
    "text, said",
    [
        ("def get_config(:", "does not load: SyntaxError"),
        ("import not_there", "does not load: ModuleNotFoundError"),
        ("{}['key']", "does not load: KeyError"),
        ("1 / 0", "does not load: ZeroDivisionError"),
        ("x = 1", "has no function get_config"),
    ],
)
def test_a_config_that_does_not_load_is_refused_by_name(file, capsys, text, said):
    assert_refused(("--config", file(text)), capsys, "experiment.py", said)


def test_an_unknown_variant_is_refused_wherever_the_file_lies(file, capsys):
    assert_refused(("--config", f"{file()}:huge"), capsys, "'huge'", "small, tiny")
    assert_refused(("--config", "pg2_synthetic:huge"), capsys, "'huge'", "tiny")


def test_a_config_without_variants_is_refused_a_variant(file, capsys):
    text = WHOLE.replace('variant="small"', "").replace("if variant", "if 0 and v")
    text = text.replace('4 if variant == "tiny" else ', "")
    assert load_config(file(text)).steps == 400
    assert_refused(("--config", f"{file(text)}:tiny"), capsys, "experiment.py")


def test_a_config_with_an_unknown_or_a_missing_key_is_refused(file, capsys):
    unknown = file(WHOLE.replace("batch_size=2", "batch_size=2, sede=1"))
    assert_refused(("--config", unknown), capsys, "did you mean 'seed'?")
    missing = file(WHOLE.replace("batch_size=2,", ""))
    assert_refused(("--config", missing), capsys, "'batch_size' is missing")


def test_version_and_help_exit_with_0(capsys):
    for flag, said in (("--version", jaxgen.__version__), ("--help", "--config")):
        with pytest.raises(SystemExit) as stop:
            parse(flag)
        assert stop.value.code == 0
        assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    "error, code, said",
    [
        (FloatingPointError("step: 'l1' is nan after step 7."), 1, "after step 7"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (KeyboardInterrupt("stopped at step 3 of 9"), 130, "stopped at step 3"),
        (
            FileExistsError(17, "File exists", __file__),
            2,
            f"a file stands where a folder is wanted: {__file__}.",
        ),
        (FileExistsError(17, "File exists", "a"), 2, "File exists: a."),
        (FileNotFoundError(2, "None", "a", None, "b/c"), 2, "None: a to b/c."),
        (OSError(28, "No space left on device"), 2, "No space left on device"),
        (FileNotFoundError(2, "No such file", "a.png"), 2, "No such file: a.png."),
        (FileExistsError("workdir: x is in use."), 2, "workdir: x is in use."),
    ],
)
def test_exit_codes(capsys, error, code, said):
    def main():
        raise error

    found, sentence = exit_of(main, capsys)
    assert found == code
    assert "train: " in sentence and said in sentence


def test_our_own_sentences_become_exit_code_2(capsys):
    code, sentence = exit_of(lambda: override(ConfigDict(), ["stray"]), capsys, "x")
    assert (code, sentence) == (2, "x: config: 'stray' belongs to no flag.\n")


def foreign_value_error():
    ConfigDict(dict(a=1)).a = "text: of another type"


def foreign_key_error():
    {}["missing: a key"]


@pytest.mark.parametrize(
    "bug, kind", [(foreign_value_error, TypeError), (foreign_key_error, KeyError)]
)
def test_a_foreign_error_keeps_its_traceback(bug, kind):
    with pytest.raises(kind):
        run(bug, "train")


def test_a_bug_of_ours_keeps_its_traceback(monkeypatch):
    """It has no sentence of ours, even though our file raised it."""
    monkeypatch.setattr(arguments.schema, "complete", None)
    with pytest.raises(TypeError):
        run(lambda: load_config("pg2_synthetic:tiny"), "train")


def test_a_command_that_succeeds_does_not_exit():
    assert run(lambda: None, "train") is None


def test_a_file_of_another_kind_is_no_config(tmp_path):
    (tmp_path / "pose.json").write_text("{}")
    with pytest.raises(FileNotFoundError, match="is no config: that is a Python file"):
        load_config(str(tmp_path / "pose.json"))
