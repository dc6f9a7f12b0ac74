"""What a command runs in: its output streams, and how the options say that they are to be used."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

from attncli.errors import AttnError
from attncli.language import _, known
from attncli.report import one_of
from attncli.show.display import Display, columns_of, takes_unicode

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from rich.console import RenderableType

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
        """Where results are shown."""
        from attncli.show.terminal import Terminal

        return Terminal(self.stdout, width=self.width, color=self.color, ascii_only=self.ascii_only)

    @cached_property
    def err(self) -> Terminal:
        """Where notes, errors and progress are shown."""
        from attncli.show.terminal import Terminal

        return Terminal(self.stderr, width=self.width, color=self.color, ascii_only=self.ascii_only)

    def display(self, decimals: int, *, full: bool = False, output: str | None = None) -> Display:
        """Return how numbers are shown on standard output, or in a file, which takes any character."""
        ascii_only = self.ascii_only or (output is None and not takes_unicode(self.stdout))
        return Display(self.width or columns_of(self.stdout), decimals, full, ascii_only)

    @property
    def paged(self) -> bool:
        """Whether a long text may be shown in a pager: somebody reads it, and can turn the pages."""
        return self.stdout.isatty() and sys.stdin is not None and sys.stdin.isatty()

    def progress(self, name: str, total: int) -> AbstractContextManager[Callable[..., None]]:
        """Draw a bar of show/progress.py if somebody watches a terminal; return what moves it on."""
        if self.quiet or not self.stderr.isatty():
            return nullcontext(lambda *_done: None)
        from attncli.show import progress

        return getattr(progress, name)(self.err, total)  # type: ignore[no-any-return]

    def show(self, parts: Iterable[RenderableType]) -> None:
        """Show a result on standard output, part by part."""
        self.out.show(parts)

    def text_of(self, parts: Iterable[RenderableType]) -> str:
        """Return a result as the text of a file."""
        from attncli.show.terminal import text_of

        return text_of(parts, width=self.width or columns_of(self.stdout), ascii_only=self.ascii_only)

    def write(self, pieces: Iterable[str]) -> None:
        """Write a result to standard output, in the characters that it takes."""
        fit = self.display(0).fit
        for piece in pieces:
            self.stdout.write(fit(piece))

    def write_json(self, record: Any) -> None:  # noqa: ANN401 - whatever JSON holds
        """Write a record to standard output, on one line."""
        from attncli.export.data import json_text

        self.stdout.write(json_text(record, ascii_only=self.display(0).ascii_only))

    def write_file(self, text: str, output: str | None) -> None:
        """Write a file; standard output where none is named gets UTF-8, whatever the terminal has."""
        if output is not None:
            from attncli.files import write_whole

            write_whole(output, text, force=True)
            return
        self.flush()
        self.stdout.buffer.write(text.encode())
        self.stdout.buffer.flush()

    def note(self, text: str, *more: str) -> None:
        """Say something that is not a result; what more there is on lines below it."""
        if not self.quiet:
            from attncli.show.messages import note_parts

            self.tell(note_parts(text, more))

    def error(self, error: AttnError) -> None:
        """Report an error, below what was already shown."""
        from attncli.show.messages import error_parts

        self.flush()
        self.tell(error_parts(error, self.err))

    def tell(self, parts: Iterable[RenderableType]) -> None:
        """Say something on standard error; where that is a full disk, nobody can be told."""
        try:
            self.err.show(parts, wrap=False)
            self.stderr.flush()
        except BrokenPipeError:
            raise
        except OSError:
            discard(self.stderr)

    def flush(self) -> None:
        """Write out what waits for standard output."""
        self.stdout.flush()


def discard(stream: TextIO) -> None:
    """Throw away what is still to be written, so that nothing fails when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def prepare_streams() -> None:
    """Let neither a closed stream nor a character that its encoding lacks end a command."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the shell: attncli >&-
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
