"""The house: imports go downward only, in no circle, and only one room knows each guest."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "attncli"
FILES = sorted(path for path in PACKAGE.rglob("*.py"))
# A room may import from the floors below its own; rooms of one floor know nothing of each other.
FLOORS = (
    ("ops", "errors", "untrusted", "choices"),
    ("language", "rounding"),
    ("report",),
    ("names",),
    ("page", "files"),
    ("mistakes", "blocks", "problem"),
    ("result",),
    ("calculation",),
    ("homework", "readings", "code"),
    ("graders", "diagnose"),
    ("course",),
    ("show",),
    ("export",),
    ("__init__", "testing"),
    ("commands",),
    ("__main__",),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
GUESTS = {
    "rich": {"show", "export", "commands"},
    "typer": {"commands"},
    "yaml": {"problem"},
}
DECLARING = {"typer.Option", "typer.Argument", "option", "flag"}


def name_of(path: Path) -> str:
    """``attncli.page.page``; a package is named by its ``__init__``."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


NAMES = {name_of(path): path for path in FILES}


def room(name: str) -> str:
    """The folder of a module, or the module itself where it stands beside the folders."""
    return name.split(".")[1]


def imported(path: Path) -> set[str]:
    """Every module that a file imports: at its top, inside functions, and for types alone."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            inner = whole & NAMES.keys()
            names |= inner or {node.module}
    return {f"{name}.__init__" if f"{name}.__init__" in NAMES else name for name in names}


@pytest.mark.parametrize("name", NAMES)
def test_imports_go_downward(name: str) -> None:
    for other in imported(NAMES[name]) & NAMES.keys():
        below = FLOOR[room(other)] < FLOOR[room(name)]
        assert below or room(other) == room(name), f"{name} imports {other}"


def test_no_files_import_each_other_in_a_circle() -> None:
    try:
        list(TopologicalSorter({name: imported(path) for name, path in NAMES.items()}).static_order())
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


@pytest.mark.parametrize("name", NAMES)
def test_guests_stay_in_their_rooms(name: str) -> None:
    for guest in {module.split(".")[0] for module in imported(NAMES[name])} & GUESTS.keys():
        assert room(name) in GUESTS[guest], f"{name} imports {guest}"


def test_an_option_of_several_commands_is_declared_once() -> None:
    declared: dict[tuple[str, ...], str] = {}
    for path in sorted((PACKAGE / "commands").glob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in DECLARING:
                texts = [*call.args, *(word.value for word in call.keywords if word.arg == "help")]
                names = [ast.unparse(text) for text in texts if "'--" in ast.unparse(text)]
                words = [ast.unparse(text) for text in texts if ast.unparse(text).startswith("N_(")]
                if words:  # what declares options of any name has none
                    place = declared.setdefault((*names, *words), f"{path.name}:{call.lineno}")
                    assert place == f"{path.name}:{call.lineno}", f"{names} stands at {place} already"


def test_only_the_environment_knows_the_standard_streams() -> None:
    streams = {"sys.stdin", "sys.stdout", "sys.stderr"}
    for path in sorted((PACKAGE / "commands").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
        # app.py throws away what nobody will read, whatever became of the environment.
        allowed = {"environment.py": streams, "app.py": {"sys.stdout"}}.get(path.name, set())
        assert streams & set(found) <= allowed, path.name


def test_no_test_imports_a_benchmark() -> None:
    tests = PACKAGE.parent / "tests"
    for path in tests.rglob("test_*.py"):
        assert not any("benchmarks" in module for module in imported(path)), path


def test_the_top_level_holds_what_it_should() -> None:
    root = PACKAGE.parent
    named = {path.name for path in root.iterdir() if not path.name.startswith(".")}
    built = {"build", "dist"}
    allowed = {"pyproject.toml", "README.md", "README.vi.md", "LICENSE", "attncli", "configs", "tests"}
    assert named - built <= allowed


def test_the_readme_is_a_page() -> None:
    text = (PACKAGE.parent / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 250
