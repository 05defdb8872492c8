"""Who may import whom, as data; and every module has its tests at the mirrored place.

Imports inside functions count as well: a rule is about what a layer knows.
"""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE, TESTS = ROOT / "jaxgen", ROOT / "tests"

#: Layer -> what it may import of ours besides itself; the longest fitting name counts.
LAYERS = {
    "core": (),
    "ops": ("core",),
    "body": ("core", "ops"),
    "nets": ("core", "ops"),
    "losses": ("core", "ops"),
    "people": ("core",),
    "systems": ("core", "systems.base"),
    "systems.base": ("core", "ops.image"),
    "systems.*": ("core", "ops", "body", "nets", "losses", "systems.base"),
    "systems.*.weights": ("weights.rules",),
    "metrics": ("core", "ops", "nets"),
    "weights": ("core",),
    "data": ("core.checks", "core.interrupts", "core.lookup", "core.skeleton"),
    "data.builders": (
        "data",
        "core.checks",
        "core.interrupts",
        "core.lookup",
        "core.skeleton",
        "people",
    ),
    "runtime": ("core", "ops.image", "metrics.base", "systems", "systems.base"),
    "cli": ("*",),
}
#: These may import a folder's own `__init__`, but nothing in it that is not listed too.
FACADES = ("systems",)

#: Layers -> the only libraries they may import; all others may import any but BANNED.
#: Of absl one flag is touched, which grain reads.
LIBRARIES = {
    "people": {"numpy", "scipy"},
    "data": {"numpy", "grain", "PIL", "tensorflow_datasets", "etils", "tqdm", "absl"},
}
#: What only a maintainer runs: no other layer imports it, so it may draw with Pillow.
TOOLS = ("people.bake", "people.sheets")
BANNED = {"torch", "torchvision", "tensorflow"}

#: Folder or module -> the test of all of it: baking is tested by what comes out.
TESTED_TOGETHER = {"people.bake_": "people.bake"}
#: Tests of no single module.
WITHOUT_MODULE = {"test_layers", "test_conventions", "test_systems", "test_faults"}
SUPPORT = {"conftest", "processes", "toy"}


def dotted(path, root):
    """`jaxgen/data/source.py` as `data.source`; an `__init__` as its folder."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules():
    """Every module of the package by its dotted name without `jaxgen`."""
    return {dotted(path, PACKAGE): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported(path):
    """Full names of what a file imports; `from a import b` gives `a.b`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (
                "." * node.level + f"{node.module or ''}.{alias.name}"
                for alias in node.names
            )


def own_imports(path):
    """Modules of ours that a file imports; a name in a module is that module."""
    for name in imported(path):
        if name.startswith("jaxgen."):
            name = name.removeprefix("jaxgen.")
            yield name if name in modules() else name.rpartition(".")[0]


def libraries(path):
    """Foreign packages that a file imports, those of Python itself left out."""
    names = {name.partition(".")[0] for name in imported(path)}
    return names - {"jaxgen"} - set(sys.stdlib_module_names)


def layer_of(module):
    """The key of LAYERS that fits best; None for a command at the root."""
    parts = module.split(".")
    if parts[0] == "systems" and len(parts) > 1 and parts[1] != "base":
        return "systems.*.weights" if parts[2:] == ["weights"] else "systems.*"
    fits = [name for name in LAYERS if f"{module}.".startswith(f"{name}.")]
    return max(fits, key=len, default=None)


def home_of(module):
    """The part of the tree within which a module may import freely."""
    if layer_of(module).startswith("systems.*"):
        return ".".join(module.split(".")[:2])
    return layer_of(module)


def covers(name, module):
    """Whether `name` is `module` or a folder that holds it."""
    if name in FACADES:
        return module == name
    return name == "*" or f"{module}.".startswith(f"{name}.")


def forbidden(module, path):
    """What `module` imports of ours although its layer may not."""
    layer = layer_of(module)
    if layer is None:
        return []
    allowed = (home_of(module), *LAYERS[layer])
    found = (name for name in own_imports(path) if name)
    return [name for name in found if not any(covers(a, name) for a in allowed)]


@pytest.mark.parametrize("module", modules())
def test_a_module_imports_only_what_its_layer_may(module):
    assert forbidden(module, modules()[module]) == []


def test_every_folder_is_a_layer():
    folders = {name.partition(".")[0] for name in modules() if "." in name}
    assert folders <= set(LAYERS)


def test_imports_are_absolute():
    relative = [
        (module, name)
        for module, path in modules().items()
        for name in imported(path)
        if name.startswith(".")
    ]
    assert relative == []


def test_no_module_imports_torch_or_tensorflow():
    banned = {m: libraries(path) & BANNED for m, path in modules().items()}
    assert {m: names for m, names in banned.items() if names} == {}


@pytest.mark.parametrize("module", modules())
def test_workers_and_people_need_few_libraries_and_no_jax(module):
    layer = module.partition(".")[0]
    drawing = {"PIL"} if module.startswith(TOOLS) else set()
    if layer in LIBRARIES:
        assert libraries(modules()[module]) - LIBRARIES[layer] - drawing == set()


def test_tools_of_maintainers_are_imported_by_each_other_only():
    users = {
        module: [name for name in own_imports(path) if name.startswith(TOOLS)]
        for module, path in modules().items()
        if not module.startswith(TOOLS)
    }
    assert {module: names for module, names in users.items() if names} == {}


def test_every_module_has_its_tests_and_every_test_its_module():
    together = tuple(TESTED_TOGETHER)
    wanted = {
        name
        for name, path in modules().items()
        if path.stem != "__init__" and not name.startswith(together)
    }
    wanted |= set(TESTED_TOGETHER.values())
    files = {p for p in TESTS.rglob("*.py") if p.stem not in SUPPORT | WITHOUT_MODULE}
    outside = {TESTS / folder for folder in ("reference", "benchmarks")}
    files = {p for p in files if not outside & set(p.parents)}
    found = {dotted(p.with_name(p.name.removeprefix("test_")), TESTS) for p in files}
    assert sorted(wanted - found) == []
    assert sorted(found - wanted) == []


def test_the_rules_notice_what_they_forbid(tmp_path):
    """The checks above can fail: a file that breaks them is found out."""
    path = tmp_path / "module.py"
    path.write_text(
        "import jax\n"
        "from jaxgen import systems\n"
        "from jaxgen.systems import base, pg2\n"
        "def late():\n"
        "    from jaxgen.data.pipeline import batches\n"
    )
    for module, want in (
        ("runtime.step", ["systems.pg2", "data.pipeline"]),
        ("systems.spt.system", ["systems", "systems.pg2", "data.pipeline"]),
        ("systems.pg2.system", ["systems", "data.pipeline"]),
        ("people.hair", ["systems", "systems.base", "systems.pg2", "data.pipeline"]),
        ("cli.arguments", []),
        ("train", []),
    ):
        assert forbidden(module, path) == want
    assert libraries(path) - LIBRARIES["people"] == {"jax"}
