"""What starting up loads: a command waits for nothing that it does not need."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from attncli.commands.app import COMMANDS
from tests.support.running import attncli, pinned, untraced

LIST = """
import json, runpy, sys
sys.argv = ["attncli", *sys.argv[1:]]
try:
    runpy.run_module("attncli", run_name="__main__")
except SystemExit as end:
    assert not end.code, end.code
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
CODE = Path(__file__).parents[1] / "data" / "code"
GUESTS = {"numpy", "typer", "yaml"}
NEVER = {"pydantic", "numpy.random", "numpy.ma", "numpy.fft", "numpy.polynomial", "asyncio", "secrets"}
BLOCKED = """
import sys
sys.modules["rich.table"] = None
from attncli.commands.app import run
sys.exit(run(sys.argv[1:]))
"""


def loaded(*arguments: str) -> set[str]:
    """The modules that a command leaves loaded, in a process of its own, writing to a pipe."""
    done = subprocess.run(
        [sys.executable, "-c", LIST, *arguments], env=untraced(), capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.fixture(scope="module")
def forward() -> set[str]:
    return loaded("forward", "article")


def test_forward_loads_only_what_it_needs(forward: set[str]):
    assert forward >= GUESTS
    assert not NEVER & forward


@pytest.mark.parametrize("style", ["--json", "--plain"])
def test_scripts_need_no_tables(style: str):
    assert "rich" not in loaded("forward", "article", style)


def test_right_code_needs_little():
    assert not {"rich", "attncli.homework"} & loaded("test", str(CODE / "right_plain.py"), "--json")
    assert not {"attncli.show.beside", "attncli.graders"} & loaded("test", str(CODE / "right_plain.py"))


def test_a_right_sheet_needs_no_mistakes(tmp_path: Path):
    (tmp_path / "right.yaml").write_text("answers: {L: 31.2992}\n")
    assert not {"attncli.mistakes", "hashlib"} & loaded("check", str(tmp_path / "right.yaml"), "article")


def test_matrices_are_rich_tables():
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, "forward", "tiny"], env=pinned(), capture_output=True, check=False
    )
    assert done.returncode != 0


@pytest.mark.parametrize(
    "arguments", [("--version",), ("--help",), ("forward", "--help"), ("train", "--help")]
)
def test_help_needs_no_numbers(arguments: tuple[str, ...]):
    assert not {"numpy", "rich", "yaml"} & loaded(*arguments)


def test_version_needs_no_command_line():
    assert not {"typer", "attncli.commands"} & loaded("--version")


def test_every_command_is_listed_and_helps():
    listed = attncli("--help").out
    for name, short in COMMANDS.items():
        assert f"  {name} " in listed
        assert short in " ".join(listed.split())
        assert attncli(name, "--help").out.startswith(f"Usage: attncli {name} ")
