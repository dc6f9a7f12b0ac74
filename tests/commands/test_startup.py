"""What starting up loads: a command waits for nothing that it does not need."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from attncli.commands.app import COMMANDS
from tests.support.running import attncli, pinned

LIST = """
import json, runpy, sys
sys.argv = ["attncli", *sys.argv[1:]]
try:
    runpy.run_module("attncli", run_name="__main__")
except SystemExit as end:
    assert not end.code, end.code
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
GUESTS = {"numpy", "typer", "yaml"}
NEVER = {
    "rich",
    "pydantic",
    "numpy.random",
    "numpy.ma",
    "numpy.fft",
    "numpy.polynomial",
    "asyncio",
    "secrets",
}
OURS = """
    calculation commands commands.app commands.environment commands.forward commands.help_text
    commands.options commands.output errors export export.entries export.formats export.text files
    language names ops ops.activation ops.cross_entropy ops.expression ops.heads ops.linear ops.loss
    ops.mask ops.op ops.softmax page page.attention page.chain_rule page.page problem problem.build
    problem.dimensions problem.document problem.givens problem.keys problem.masks problem.matrices
    problem.numbers problem.problem problem.sources problem.targets problem.tokens report result show
    show.glossary show.matrix show.messages show.numbers show.page show.terminal untrusted
"""


def loaded(*arguments: str) -> set[str]:
    """The modules that a command leaves loaded, in a process of its own, writing to a pipe."""
    done = subprocess.run(
        [sys.executable, "-c", LIST, *arguments], env=pinned(), capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.fixture(scope="module")
def forward() -> set[str]:
    return loaded("forward", "article")


def test_forward_loads_only_what_it_needs(forward: set[str]):
    assert forward >= GUESTS
    assert not NEVER & forward


def test_the_modules_of_forward_are_these(forward: set[str]):
    ours = {name.removeprefix("attncli.") for name in forward if name.startswith("attncli.")}
    assert ours == set(OURS.split())


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
