"""The command as a process: start-up, pipes, encodings, faults and interruptions."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from attncli.errors import ExitCode
from tests.support.running import attncli, pinned

if TYPE_CHECKING:
    from collections.abc import Callable

HEAVY = {"typer", "numpy", "rich", "yaml"}
ROOT = Path(__file__).parents[2]


def command(*arguments: str, code: str = "from attncli.__main__ import main; main()") -> list[str]:
    return [sys.executable, "-c", f"import sys; sys.argv[0] = 'attncli'; {code}", *arguments]


def process(*arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command(*arguments),
        input=stdin.encode(),
        capture_output=True,
        check=False,
        cwd=ROOT,
        env=pinned(**variables),
    )


@pytest.mark.parametrize(
    ("arguments", "loaded"),
    [
        (("--version",), set()),
        (("--help",), {"typer"}),
        (("forward", "--help"), {"typer"}),
        (("backward", "--help"), {"typer"}),
        (("forward", "article", "--json"), {"typer", "numpy", "yaml"}),
        (("backward", "article", "--plain"), {"typer", "numpy", "yaml"}),
        (("forward", "article"), {"typer", "numpy", "yaml", "rich"}),
        (("shapes", "article"), {"typer", "numpy", "yaml", "rich"}),
    ],
)
def test_a_command_loads_no_more_than_it_needs(arguments: tuple[str, ...], loaded: set[str]):
    code = (
        "import atexit; from attncli.__main__ import main\n"
        "atexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr))\nmain()"
    )
    done = subprocess.run(
        command(*arguments, code=code),
        capture_output=True,
        check=True,
        text=True,
        cwd=ROOT,
        env=pinned(PYTHONUTF8="1"),
    )
    assert HEAVY & set(done.stderr.splitlines()[-1].split()) == loaded


def test_the_module_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "attncli", "-V"],
        capture_output=True,
        check=True,
        text=True,
        cwd=ROOT,
        env=pinned(),
    )
    assert done.stdout.startswith("attncli ")


@pytest.mark.parametrize("options", [("--all", "-d", "15"), ("--plain", "-d", "15"), ("--json",)])
def test_a_reader_that_has_enough_is_no_failure(options: tuple[str, ...]):
    with subprocess.Popen(
        command("backward", "multihead", *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=pinned(PYTHONUTF8="1"),
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.read(10)
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == ExitCode.OK


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
@pytest.mark.parametrize("options", [(), ("--plain",), ("--json",)])
def test_a_terminal_without_utf_8_gets_ascii(variables: dict[str, str], options: tuple[str, ...]):
    done = process("forward", "masked", *options, **variables)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert done.stderr.isascii()
    assert options == ("--json",) or b"S = Q" in done.stdout


def test_an_error_about_odd_words_is_ascii_too():
    done = process("forward", "việt.yaml", PYTHONIOENCODING="ascii")
    assert done.returncode == ExitCode.BAD_INPUT
    assert b"vi\\u1ec7t.yaml" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told():
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("forward", "article"),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            cwd=ROOT,
            env=pinned(),
        )
    assert done.returncode == ExitCode.BAD_INPUT
    assert done.stderr.decode().startswith("error: standard output: ")
    assert b"Traceback" not in done.stderr


def test_a_file_that_fails_is_named(monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "weights.npz")

    monkeypatch.setattr("attncli.problem.sources.load", fail)
    outcome = attncli("forward", "article")
    assert (outcome.code, outcome.err) == (ExitCode.BAD_INPUT, "error: weights.npz: Permission denied\n")


def test_a_shell_can_complete_a_command():
    shell = {"_ATTNCLI_COMPLETE": "complete_bash", "COMP_WORDS": "attncli forw", "COMP_CWORD": "1"}
    done = process(**shell)
    assert (done.returncode, done.stdout.split()) == (0, [b"forward"])


def test_closed_streams_are_no_fault():
    script = 'exec "$@" >&- 2>&-'
    done = subprocess.run(
        ["sh", "-c", script, "sh", *command("forward")], check=False, cwd=ROOT, env=pinned()
    )
    assert done.returncode == ExitCode.OK


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_an_interruption_is_130():
    with subprocess.Popen(
        command("forward", "-"),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=pinned(),
        # Under nohup, or behind &, an interruption is ignored, and the child would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as running:
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(0.8)
        running.send_signal(signal.SIGINT)
        try:
            _, said = running.communicate(timeout=20)
        finally:
            running.kill()
    assert running.returncode == ExitCode.INTERRUPTED
    assert b"Traceback" not in said


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_an_interruption_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("attncli.problem.sources.load", interrupt)
    outcome = attncli("forward", "article")
    assert outcome.code == ExitCode.INTERRUPTED
    assert outcome.err.endswith("interrupted\n")


def test_an_interruption_while_loading_is_130(monkeypatch: pytest.MonkeyPatch):
    from attncli.__main__ import main

    monkeypatch.setattr("attncli.commands.app.run", interrupt)
    monkeypatch.setattr(sys, "argv", ["attncli", "forward"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == ExitCode.INTERRUPTED


def test_an_internal_error_is_4_and_one_sentence(monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("one\ntwo")

    monkeypatch.setattr("attncli.calculation.forward", fail)
    outcome = attncli("forward", "article")
    assert (outcome.code, outcome.out) == (ExitCode.FAULT, "")
    assert outcome.err == (
        "error: internal error: ZeroDivisionError: one\\ntwo\n"
        "    hint: --debug shows where; please report it\n"
    )
    for arguments in (("--debug", "forward", "article"), ("forward", "article", "--debug")):
        outcome = attncli(*arguments)
        assert outcome.code == ExitCode.FAULT
        assert outcome.err.startswith("Traceback")
        assert "in fail" in outcome.err


@pytest.mark.parametrize("what", [lambda: np.ones((10**6, 10**6, 100)), lambda: [None] * 10**18])
def test_a_problem_too_large_is_said_to_be(what: Callable[[], object], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("attncli.calculation.backward", lambda *_, **__: what())
    outcome = attncli("backward", "article")
    assert outcome.code == ExitCode.BAD_INPUT
    size = r"1000000 × 1000000 × 100 numbers take 745058\.1 GiB|\d+(\.\d)? [MG]iB were in use"
    assert re.search(
        f"^error: this problem is too large for the memory of this machine: ({size})\n", outcome.err
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("forward", "nowhere"), ExitCode.BAD_INPUT), (("forward",), ExitCode.OK), (("forward", "--loss"), 2)],
)
def test_errors_and_notes_that_nobody_can_be_told_are_no_fault(arguments: tuple[str, ...], code: int):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command(*arguments), stdout=subprocess.PIPE, stderr=full, check=False, cwd=ROOT, env=pinned()
        )
    assert done.returncode == code
    assert (b"dWq" in done.stdout or b"A = softmax" in done.stdout) == (code == ExitCode.OK)


def test_nothing_is_written_before_everything_is_known():
    huge = "{given: {Q: [[1e200]], K: [[1e200]], V: [[1]]}}"
    outcome = attncli("forward", "-", stdin=huge)
    assert (outcome.code, outcome.out) == (ExitCode.BAD_INPUT, "")
    assert "too large for float64" in outcome.err
