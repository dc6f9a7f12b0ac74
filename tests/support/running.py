"""Run the command line inside the test, in a terminal that is told to be this or that."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass
from unittest import mock

from attncli.commands.app import run

FREE = (
    *("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TERM", "PYTHONIOENCODING", "PYTHONUTF8"),
    *("ATTNCLI_LANG", "LC_ALL", "LC_MESSAGES", "LANG"),
)


class Stream(io.TextIOWrapper):
    """A standard stream with an encoding, which is a terminal or is not."""

    def __init__(self, *, encoding: str = "utf-8", tty: bool = False, data: bytes = b"") -> None:
        super().__init__(io.BytesIO(data), encoding=encoding, newline="")
        self.tty = tty

    def isatty(self) -> bool:
        return self.tty

    def text(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode(self.encoding)


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str


def pinned(**variables: str) -> dict[str, str]:
    """The environment without anything that changes how a screen looks, or the language."""
    return {key: value for key, value in os.environ.items() if key not in FREE} | variables


def untraced() -> dict[str, str]:
    """The same without what makes coverage measure a process, which then loads more and takes more memory."""
    return {key: value for key, value in pinned().items() if not key.startswith("COV")}


def attncli(
    *arguments: str,
    stdin: str = "",
    out: Stream | None = None,
    err: Stream | None = None,
    **variables: str,
) -> Outcome:
    """Run a command; what it writes goes to files unless the streams are terminals."""
    out, err = out or Stream(), err or Stream()
    with (
        mock.patch.dict(os.environ, pinned(**variables), clear=True),
        mock.patch.multiple(sys, stdout=out, stderr=err, stdin=Stream(data=stdin.encode())),
    ):
        code = run(arguments)
    return Outcome(code, out.text(), err.text())
