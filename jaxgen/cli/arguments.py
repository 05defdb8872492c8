"""Flags, config files and exit codes: how every command meets its user.

Bad input ends with one sentence on stderr and exit code 2; what was written before
stays. A traceback means a bug of ours.
"""

import argparse
import ast
import os
import pathlib
import runpy
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from ml_collections import ConfigDict

import jaxgen
from jaxgen.cli import config as schema
from jaxgen.core import checks, interrupts
from jaxgen.runtime import experiment, processes

_PACKAGE = pathlib.Path(jaxgen.__file__).parent
_IN_WHEEL, _IN_CHECKOUT = _PACKAGE / "configs", _PACKAGE.parent / "configs"
_CONFIGS = _IN_WHEEL if _IN_WHEEL.is_dir() else _IN_CHECKOUT
_USER_ERRORS = (ValueError, KeyError, TypeError)


class _Formatter(argparse.ArgumentDefaultsHelpFormatter):
    """Shows defaults where there are some."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.default is None or action.default == "":
            return action.help
        return super()._get_help_string(action)


class Parser(argparse.ArgumentParser):
    """An argument parser that shows defaults, knows `--version`, and exits with 2."""

    def __init__(self, name: str, about: str):
        """Makes the parser of `python -m jaxgen.<name>`."""
        super().__init__(
            prog=f"python -m jaxgen.{name}",
            description=about,
            formatter_class=_Formatter,
            allow_abbrev=False,
        )
        self.name = name
        self.add_argument(
            "--version", action="version", version=f"jaxgen {jaxgen.__version__}"
        )

    def error(self, message: str) -> NoReturn:
        """Prints one sentence and exits with 2."""
        print(f"{self.name}: {message} (--help shows all flags)", file=sys.stderr)
        sys.exit(2)

    def parse_with_config(
        self,
        arguments: Sequence[str] | None = None,
        *,
        before: Callable[[argparse.Namespace], Any] = lambda flags: None,
    ) -> tuple[argparse.Namespace, ConfigDict]:
        """Parses flags together with `--config FILE[:VARIANT]` and its overrides.

        Args:
            arguments: the command line without the program, by default the real one.
            before: called with the flags before the config is read.

        Returns:
            The flags and the locked config, complete with the house's defaults.

        Raises:
            ValueError, KeyError, TypeError, FileNotFoundError: for a config that
                does not exist, does not load, or an override that does not fit.
        """
        self.add_argument("--config", required=True, help=_CONFIG_HELP)
        known, rest = self.parse_known_args(arguments)
        overrides = [a for a in rest if a.startswith("--config.")]
        if unknown := [a for a in rest if a.startswith("-") and a not in overrides]:
            self.error(f"unknown flag {unknown[0]}")
        before(known)
        config = load_config(known.config)
        return known, override(config, rest)


_CONFIG_HELP = (
    "a config file, or the name of one that is installed, with an optional variant: "
    "pg2_synthetic:small; or the config.json of a workdir; any key is overridden by "
    "--config.KEY=VALUE"
)


def load_config(argument: str) -> ConfigDict:
    """Runs `get_config(variant)` of a config file and fills in the house's defaults.

    Args:
        argument: `path/to/file.py`, or the bare name of an installed config, each
            with an optional `:variant` behind it; or the `config.json` of a workdir.

    Raises:
        FileNotFoundError: no such file; the message lists the installed configs.
        ValueError: the file does not load.
    """
    name, _, variant = argument.partition(":")
    path = _find_config(name)
    if path.suffix == ".json":
        return schema.complete(experiment.read_config(str(path.parent)))
    try:
        names = runpy.run_path(str(path))
    except Exception as error:
        raise ValueError(f"config: {path} does not load: {error!r}.") from error
    if "get_config" not in names:
        raise ValueError(f"config: {path} has no function get_config.")
    try:
        config = names["get_config"](*([variant] if variant else []))
    except Exception as error:
        text = str(error.args[0]) if error.args else repr(error)
        text = text.removeprefix("config: ")
        raise ValueError(f"config: {path}: {text}") from error
    return schema.complete(config)


def _find_config(name: str) -> pathlib.Path:
    given = pathlib.Path(name)
    installed = _CONFIGS / f"{given.stem}.py"
    if given.is_file() and (given.suffix == ".py" or given.name == "config.json"):
        return given
    if installed.is_file() and given.parent == pathlib.Path():
        return installed
    if given.is_file():
        raise FileNotFoundError(
            f"config: {name} is no config: that is a Python file with get_config, or "
            "the config.json of a workdir."
        )
    there = {path.stem for path in _CONFIGS.glob("*.py")}
    raise FileNotFoundError(
        f"config: there is no config {name!r}; installed are {checks.listed(there)}."
    )


def override(config: ConfigDict, arguments: Sequence[str]) -> ConfigDict:
    """Applies `--config.key=value` arguments and locks the config.

    Args:
        config: complete.
        arguments: a value is read as the type that the key has: `true` or `false`,
            numbers, text, or a tuple such as `(128,64)`.

    Raises:
        KeyError: for a key the config does not have; names the nearest.
        ValueError: for a value of another type.
    """
    for argument in _joined(arguments):
        key, _, text = argument.removeprefix("--config.").partition("=")
        node, last = _find(config, key)
        node[last] = _read(key, text, node[last])
    schema.require_valid(config)
    return config.lock()


def _joined(arguments: Sequence[str]) -> list[str]:
    """Turns `--config.key value` into `--config.key=value`."""
    joined: list[str] = []
    for argument in arguments:
        if argument.startswith("--"):
            joined.append(argument)
        elif joined and "=" not in joined[-1]:
            joined[-1] += f"={argument}"
        else:
            raise ValueError(f"config: {argument!r} belongs to no flag.")
    for argument in joined:
        if "=" not in argument:
            raise ValueError(f"config: {argument} needs a value: {argument}=VALUE.")
    return joined


def _find(config: ConfigDict, key: str) -> tuple[ConfigDict, str]:
    """The part of a config that a dotted key lies in, and the key's last word."""
    node, where = config, "config"
    *parents, last = key.split(".")
    for part in parents:
        checks.require_known(where, "key", part, node)
        node, where = node[part], f"{where}.{part}"
        if not isinstance(node, ConfigDict):
            raise KeyError(f"{where}: it is a value, so it has no key in it.")
    checks.require_known(where, "key", last, node)
    return node, last


def _read(key: str, text: str, old: Any) -> Any:
    """A value of the type of `old` from the command line."""
    booleans = {"true": True, "1": True, "false": False, "0": False}
    try:
        if isinstance(old, bool):
            return booleans[text.lower()]
        if isinstance(old, tuple):
            value = ast.literal_eval(text)
            value = tuple(value) if isinstance(value, tuple | list) else (value,)
            if old and [type(v) for v in value] != [type(v) for v in old]:
                raise ValueError(f"not like {old}")
            return value
        if isinstance(old, int | float | str):
            return type(old)(text)
    except (ValueError, KeyError, SyntaxError):
        pass
    kind = "keys" if isinstance(old, ConfigDict) else type(old).__name__
    raise ValueError(f"config: {key} takes a value of type {kind}, got {text!r}.")


def positive(text: str) -> int:
    """A whole number from 1 on, for `type=` of a flag."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"should be a whole number from 1, got {text}")
    return int(text)


def run(main: Callable[[], None], name: str) -> None:
    """Runs a command; user errors become one sentence and exit code 2.

    Args:
        main: the command.
        name: its name, which starts the sentence.
    """
    try:
        with interrupts.sent_again():
            main()
    except (KeyboardInterrupt, Exception) as error:
        code = _exit_code(error)
        text = _sentence(name, error) if code else traceback.format_exc().rstrip()
        processes.leave(code or 1, text)
        if code is None:
            raise
        print(text, file=sys.stderr)
        sys.exit(code)


def _exit_code(error: BaseException) -> int | None:
    """What an error ends with; None for a bug of ours, which keeps its traceback."""
    if isinstance(error, KeyboardInterrupt):
        return 130
    if isinstance(error, FloatingPointError):
        return 1
    if isinstance(error, OSError) or isinstance(error, _USER_ERRORS) and _ours(error):
        return 2
    return None


def _ours(error: BaseException) -> bool:
    """Whether our own code raised it: with a sentence, from a file of the package."""
    frames = traceback.extract_tb(error.__traceback__)
    message = error.args[0] if error.args else None
    inside = pathlib.Path(frames[-1].filename).is_relative_to(_PACKAGE)
    return isinstance(message, str) and ": " in message and inside


def _reason(error: OSError) -> str:
    if isinstance(error, FileExistsError) and os.path.isfile(error.filename or ""):
        return "a file stands where a folder is wanted"
    return f"{error.strerror}"


def _sentence(name: str, error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return f"\n{name}: {error.args[0] if error.args else 'interrupted.'}"
    text = str(error.args[0]) if error.args else repr(error)
    if isinstance(error, OSError) and error.strerror:
        files = [str(f) for f in (error.filename, error.filename2) if f]
        where = f": {' to '.join(files)}" if files else ""
        text = f"{_reason(error)}{where}."
    return f"{name}: {text.removeprefix(f'{name}: ')}"
