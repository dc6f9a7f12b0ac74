"""What a command runs in: its output streams, and how the options say that they are to be used."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attncli.errors import AttnError
from attncli.language import _, known
from attncli.report import one_of
from attncli.show.messages import error_text, sentence
from attncli.show.terminal import prepare_streams, terminal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attncli.show.terminal import Terminal


COLORS = ("auto", "always", "never")
NARROWEST = 20


@dataclass(eq=False, repr=False)
class Environment:
    """The streams of a command, and how to use them; options after the command override those before it.

    Under ``quiet`` nothing is said that is neither a result nor an error.
    """

    width: int | None = None
    color: str = "auto"
    ascii_only: bool = False
    debug: bool = False
    quiet: bool = False

    def __post_init__(self) -> None:
        prepare_streams()
        self.stdout, self.stderr = sys.stdout, sys.stderr

    def update(
        self, *, lang: str | None, width: int | None, color: str | None, ascii_only: bool, debug: bool
    ) -> None:
        """Take in one set of options. Raises AttnError for a value that is not allowed.

        The language is only checked: it was chosen before the options were read, for errors in reading them.
        """
        if lang is not None:
            known(lang, "--lang")
        self.ascii_only = self.ascii_only or ascii_only
        self.debug = self.debug or debug
        if color is not None:
            self.color = one_of("--color", color, COLORS)
        if width is not None and width < NARROWEST:
            raise AttnError(
                _(
                    "--width is {width}; the screen must have at least {narrowest} columns",
                    width=width,
                    narrowest=NARROWEST,
                )
            )
        self.width = width or self.width

    @cached_property
    def out(self) -> Terminal:
        """Where results go."""
        return terminal(self.stdout, width=self.width, color=self.color, ascii_only=self.ascii_only)

    @cached_property
    def err(self) -> Terminal:
        """Where notes and errors go."""
        return terminal(self.stderr, width=self.width, color=self.color, ascii_only=self.ascii_only)

    def terminal_for(self, output: str | None) -> Terminal:
        """Return what to write for: standard output, or a file, which takes any character and no colour."""
        if output is None:
            return self.out
        return self.out._replace(color=False, ascii_only=self.ascii_only, wraps=False)

    @property
    def interactive(self) -> bool:
        """Whether somebody is watching: progress is shown on a terminal and nowhere else."""
        return self.err.stream.isatty() and not self.quiet

    def show(self, pieces: Iterable[str]) -> None:
        """Write a result to standard output, piece by piece."""
        for piece in pieces:
            self.out.write(piece)

    def write_json(self, record: Any) -> None:  # noqa: ANN401 - whatever JSON holds
        """Write a record to standard output, on one line."""
        from attncli.export.data import json_text

        self.out.write(json_text(record, ascii_only=self.out.ascii_only))

    def write_utf8(self, text: str) -> None:
        """Write a file's content to standard output: in UTF-8, whatever the terminal's encoding."""
        self.flush()
        self.stdout.buffer.write(text.encode())
        self.stdout.buffer.flush()

    def note(self, text: str) -> None:
        """Say something that is not a result."""
        if not self.quiet:
            self.err.write(sentence("note", text, self.err) + "\n")

    def error(self, error: AttnError) -> None:
        """Report an error, below what was already shown."""
        self.flush()
        self.err.write(error_text(error, self.err))

    def flush(self) -> None:
        """Write out what waits for standard output."""
        self.stdout.flush()
