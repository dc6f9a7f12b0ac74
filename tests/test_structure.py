"""The house: imports go downward only, files stay small, and only one room knows each guest."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "attncli"
FILES = sorted(PACKAGE.rglob("*.py"))
# A room may import those that stand before it, never those behind it.
ORDER = (
    "errors",
    "language",
    "files",
    "harmless",
    "tokens",
    "cells",
    "mask",
    "arithmetic",
    "ops",
    "page",
    "attention",
    "chain_rule",
    "pages",
    "threads",
    "row_shares",
    "schedule",
    "streaming",
    "problem",
    "rounding",
    "explain",
    "record",
    "result",
    "calculation",
    "formulas",
    "graph",
    "shapes",
    "config_text",
    "ways",
    "starter",
    "slope",
    "gradcheck",
    "difference",
    "training",
    "homework",
    "show",
    "commands",
    "__main__",
)
LONGER = {"catalogue.py": 350}  # all the mistakes stand in one place
WITHIN_OPS = ("op", "linear", "heads", "softmax", "activation", "loss", "cross_entropy")


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The modules of this package that a file imports when it runs: not those for types alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            node.body = []
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_downward(path: Path) -> None:
    if path == PACKAGE / "__init__.py":
        return
    here = ORDER.index(room(path))
    for name in imported(path):
        if name.startswith("attncli."):
            assert ORDER.index(name.split(".")[1]) <= here, f"{path.name} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_guests_stay_in_their_rooms(path: Path) -> None:
    guests = {name.split(".")[0] for name in imported(path)}
    assert "rich" not in guests or room(path) == "show"
    assert "typer" not in guests or room(path) == "commands"
    assert "yaml" not in guests or path.name == "document.py"


def test_ops_build_on_each_other_in_one_direction() -> None:
    for i, name in enumerate(WITHIN_OPS):
        for module in imported(PACKAGE / "ops" / f"{name}.py"):
            if module.startswith("attncli.ops."):
                assert module.rpartition(".")[2] in WITHIN_OPS[:i]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGER.get(path.name, 260)


def test_the_top_level_holds_what_it_should() -> None:
    root = PACKAGE.parent
    named = {path.name for path in root.iterdir() if not path.name.startswith(".")}
    built = {"build", "dist"}
    allowed = {"pyproject.toml", "README.md", "README.vi.md", "LICENSE", "attncli", "configs", "tests"}
    assert named - built <= allowed
