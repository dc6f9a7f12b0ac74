"""One output stream as Rich's console: how wide it is, and whether it takes colour and Unicode."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from io import StringIO
from typing import Self, TextIO

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.text import Text

from attncli.language import to_ascii
from attncli.show.display import columns_of, takes_color, takes_unicode
from attncli.untrusted import sanitize

UNBOUNDED = 1_000_000
INDENT = 2  # of what belongs to the line above
GAP = 3  # columns between what stands side by side
EQUALS = re.compile(r"(?<=[A-Za-z]) = (?=-?\d)")
GLUE = "\ue000"  # a blank at which no line is broken: sanitize lets no such character through


class Terminal(Console):
    """Rich's console for one stream: options decide first, then the environment, then what the stream is."""

    def __init__(
        self,
        stream: TextIO,
        *,
        width: int | None = None,
        color: str = "auto",
        ascii_only: bool = False,
        record: bool = False,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        colored = takes_color(color, stream, environment)
        known = environment.get("TERM") not in {None, "", "dumb", "unknown"}
        self.ascii_only = ascii_only or not takes_unicode(stream)
        super().__init__(
            file=stream,
            width=width or columns_of(stream, environment),
            force_terminal=colored or stream.isatty(),
            color_system=("auto" if known else "256") if colored else None,
            no_color=not colored,
            markup=False,
            emoji=False,
            highlight=False,
            legacy_windows=False,
            record=record,
            _environ=environment,
        )

    @property
    def encoding(self) -> str:
        """What decides whether Rich draws in ASCII."""
        return "ascii" if self.ascii_only else "utf-8"

    def fit(self, text: str) -> str:
        """Write a text in the characters that there are."""
        return to_ascii(text) if self.ascii_only else text

    def on_broken_pipe(self) -> None:
        """Leave it to the command line: whoever read it has had enough."""
        raise  # noqa: PLE0704 - Rich calls it where it has caught the error

    def show(self, parts: Iterable[RenderableType], *, wrap: bool = True) -> None:
        """Print one part after the other; without ``wrap`` only what is a terminal breaks lines."""
        for part in parts:
            if getattr(part, "is_whole", False):
                self.print(part, end="", crop=False)
                continue
            self.print(Whole(part, self.width if wrap or self.file.isatty() else UNBOUNDED), crop=False)


class Memory(StringIO):
    """Text that is kept: it takes every character and has no colour."""

    encoding = "utf-8"


def text_of(parts: Iterable[RenderableType], *, width: int, ascii_only: bool) -> str:
    """Return parts of a screen as the text of a file."""
    memory = Memory()
    Terminal(memory, width=width, color="never", ascii_only=ascii_only).show(parts)
    return memory.getvalue()


class Whole:
    """A part of a screen as it is to be seen: no digit or word cut, no blanks at the ends of lines."""

    def __init__(self, part: RenderableType, width: int) -> None:
        self.part, self.width = part, width

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the part as much room as it needs, even if the terminal has less."""
        least = Measurement.get(console, options.update(width=UNBOUNDED), self.part).minimum
        options = options.update(width=max(self.width, least))
        for line in console.render_lines(self.part, options, pad=False):
            while line and not line[-1].text.rstrip(" "):
                line.pop()
            if line:
                text, style, control = line[-1]
                line[-1] = Segment(text.rstrip(" "), style, control)
            yield from line
            yield Segment.line()


class Words(Text):
    """Text on a screen: untrusted characters made safe, in ASCII where it must be, no word broken.

    ``indent`` is that of its first line, ``hanging`` that of the others; ``whole`` breaks no line at all.
    """

    def __init__(
        self, text: str = "", style: str = "", *, indent: int = 0, hanging: int = 0, whole: bool = False
    ) -> None:
        super().__init__(no_wrap=whole)
        self.indent, self.hanging = indent, max(indent, hanging)
        self.add(text, style)

    def add(self, text: str | Text, style: str = "") -> Self:
        """Put more behind it; a text keeps its own styles."""
        self.append(sanitize(text), style or None) if isinstance(text, str) else self.append_text(text)
        return self

    def fitted(self, console: Console, options: ConsoleOptions) -> Text:
        """Return the text in characters that the console has; a letter and its value are one word."""
        text = self.copy()
        if options.ascii_only and not self.plain.isascii():
            parts = ((to_ascii(part), style or "") for part, style, _ in self.render(console))
            text = Text.assemble(*parts, no_wrap=self.no_wrap)
        text.plain = EQUALS.sub(f"{GLUE}={GLUE}", text.plain)
        return text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterable[Segment]:
        """Break it between words, each line behind its indent."""
        width = max(options.max_width, self.__rich_measure__(console, options).minimum)
        text = self.fitted(console, options)
        lines = list(text.wrap(console, width - self.indent, justify=options.justify))
        if len(lines) > 1 and self.hanging > self.indent:
            rest = text[len(lines[0]) :]
            blanks = len(rest) - len(rest.plain.lstrip(" "))
            lines = [lines[0], *rest[blanks:].wrap(console, width - self.hanging)]
        for i, line in enumerate(lines):
            indent = self.hanging if i else self.indent
            if indent:
                yield Segment(" " * indent)
            line.plain = line.plain.replace(GLUE, " ")
            yield from line.render(console)
            yield Segment.line()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Tell how wide its longest word and its whole text are."""
        least, most = Text.__rich_measure__(self.fitted(console, options), console, options)
        return Measurement((most if self.no_wrap else least) + self.hanging, most + self.hanging)
