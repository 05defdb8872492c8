"""Manners that hold in every file of the package, read from its source."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "jaxgen"
FILES = {str(p.relative_to(PACKAGE)): p for p in sorted(PACKAGE.rglob("*.py"))}
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
TYPES_OF_ARRAYS = re.compile(r"Float\[|Int\[|UInt8\[|Bool\[|Images|Keypoints|_Map")
OPS = [name for name in FILES if name.startswith("ops/")]
LOSSES = [name for name in FILES if name.startswith("losses/")]


def tree(name):
    return ast.parse(FILES[name].read_text())


def nodes(name, kinds):
    return [node for node in ast.walk(tree(name)) if isinstance(node, kinds)]


def public(body, prefix=""):
    """Public functions, classes and methods with their dotted names."""
    for node in body:
        if isinstance(node, FUNCTIONS | ast.ClassDef) and node.name[0] != "_":
            yield f"{prefix}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{node.name}.")


def public_functions(names):
    return [
        pytest.param(node, id=f"{name}:{node.name}")
        for name in names
        for node in tree(name).body
        if isinstance(node, FUNCTIONS) and node.name[0] != "_"
    ]


def is_array(argument):
    text = ast.unparse(argument.annotation) if argument.annotation else ""
    return bool(TYPES_OF_ARRAYS.search(text))


@pytest.mark.parametrize("name", FILES)
def test_everything_public_has_a_docstring_that_ends_its_first_line(name):
    found = [("module", tree(name)), *public(tree(name).body)]
    for who, node in found:
        text = ast.get_docstring(node)
        assert text, f"{who} has no docstring"
        assert text.split("\n\n")[0].rstrip().endswith((".", ":")), who


@pytest.mark.parametrize("name", FILES)
def test_errors_are_raised_and_never_asserted(name):
    assert [node.lineno for node in nodes(name, ast.Assert)] == []


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_left_to_do(name):
    assert re.findall(r"\b(?:TODO|FIXME|XXX|HACK)\b", FILES[name].read_text()) == []


@pytest.mark.parametrize("name", FILES)
def test_no_handler_swallows_everything(name):
    bare = [h.lineno for h in nodes(name, ast.ExceptHandler) if h.type is None]
    assert bare == []


@pytest.mark.parametrize("function", public_functions(OPS))
def test_ops_take_arrays_first_and_options_by_name(function):
    """What is no array has a name in the call; limbs say what the array means."""
    first, *rest = function.args.args
    assert is_array(first)
    assert [a.arg for a in rest if not is_array(a) and a.arg != "limbs"] == []
    assert [a.arg for a in function.args.kwonlyargs if is_array(a)] == []


@pytest.mark.parametrize("function", public_functions(LOSSES))
def test_losses_take_flags_by_name(function):
    flags = [a.arg for a in function.args.args if ast.unparse(a.annotation) == "bool"]
    assert flags == []


@pytest.mark.parametrize("function", public_functions(OPS + LOSSES))
def test_a_random_key_comes_first(function):
    arguments = [a.arg for a in (*function.args.args, *function.args.kwonlyargs)]
    assert "key" not in arguments[1:]


@pytest.mark.parametrize("function", public_functions(OPS + LOSSES))
def test_shapes_and_types_are_in_the_signature(function):
    arguments = (*function.args.args, *function.args.kwonlyargs)
    assert [a.arg for a in arguments if a.annotation is None] == []
    assert function.returns is not None
