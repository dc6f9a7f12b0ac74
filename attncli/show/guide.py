"""The manual on the screen: Markdown files, laid out for the terminal that shows them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown, TableElement
from rich.padding import Padding
from rich.pager import SystemPager
from rich.text import Text

from attncli.choices import TOPICS
from attncli.language import ENGLISH, active
from attncli.show.listing import Line, Listing
from attncli.show.terminal import INDENT, Words

if TYPE_CHECKING:
    from attncli.show.terminal import Terminal


FOLDER = Path(__file__).parent.parent / "guide"
WIDEST = 100  # lines of prose longer than this are hard to read
LINK = re.compile(r"\[([^\]]+)\]\([\w./]+\.md\)")  # to another topic: good in a browser, of no use here


class Verbatim(CodeBlock):
    """A block of code or a transcript: its lines as they are, never wrapped."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines, a little to the right."""
        for line in str(self.text).rstrip().split("\n"):
            yield Text(f"  {line}", style="cyan", no_wrap=True, overflow="ignore")


class LeftHeading(Heading):
    """A heading that stands at the left, without a frame."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the heading; that of the whole topic is underlined."""
        self.text.justify = "left"
        self.text.stylize("bold underline" if self.tag == "h1" else "bold")
        yield self.text


class Lines(TableElement):
    """A table whose words are whole: where there is no room for it, a list for each of its lines."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield it behind an empty line."""
        header = self.header.row.cells if self.header and self.header.row else []
        lines = [Line([cell.content for cell in row.cells]) for row in (self.body.rows if self.body else ())]
        yield ""
        yield Listing([cell.content for cell in header], lines, wrapped=range(len(header)))


class Page(Markdown):
    """Markdown in which code, headings and tables are laid out so."""

    elements: ClassVar = {
        **Markdown.elements,
        "fence": Verbatim,
        "code_block": Verbatim,
        "heading_open": LeftHeading,
        "table_open": Lines,
    }


def topics() -> Padding:
    """Return a line a topic."""
    lines = [Line((Words(topic, "bold"), title(topic))) for topic in TOPICS]
    return Padding(Listing(("", ""), lines, wrapped=(1,)), (0, 0, 0, INDENT))


def is_translated(topic: str) -> bool:
    """Whether a topic can be read in the active language."""
    return active() == ENGLISH or path_of(topic, active()).is_file()


def show(topic: str, terminal: Terminal, *, paged: bool) -> None:
    """Show a topic, in a pager where it is longer than the screen and somebody can turn the pages."""
    text = laid_out(topic, terminal)
    if not paged or text.count("\n") < terminal.height:
        terminal.file.write(text)
        return
    os.environ.setdefault("LESS", "FRX")  # less shows colours only with R
    terminal.file.flush()
    SystemPager().show(text)


def laid_out(topic: str, terminal: Terminal) -> str:
    """Lay out a topic in the terminal's width, as every version of Rich would."""
    page = Page(LINK.sub(r"\1", source(topic)), hyperlinks=False)
    with terminal.capture() as captured:
        terminal.print(page, width=min(terminal.width, WIDEST), crop=False)
    lines = (line.rstrip() for line in captured.get().splitlines())
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines).strip("\n")) + "\n"
    return terminal.fit(text)


def path_of(topic: str, language: str) -> Path:
    """Return the file of a topic in a language, which may not exist."""
    return (FOLDER if language == ENGLISH else FOLDER / language) / f"{topic}.md"


def source(topic: str) -> str:
    """Read a topic in the active language, or else in English."""
    path = path_of(topic, active())
    return (path if path.is_file() else path_of(topic, ENGLISH)).read_text(encoding="utf-8")


def title(topic: str) -> str:
    """Return the heading of a topic, which says what it is about."""
    return source(topic).partition("\n")[0].removeprefix("# ")
