"""The manual on the screen: Markdown files, laid out for the terminal that shows them."""

from __future__ import annotations

import os
import re
import sys
from io import StringIO
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, ClassVar

from rich.console import Console
from rich.markdown import CodeBlock, Heading, Markdown
from rich.pager import SystemPager
from rich.text import Text

from attncli.language import ENGLISH, active

if TYPE_CHECKING:
    from rich.console import ConsoleOptions, RenderResult

    from attncli.show.terminal import Terminal


FOLDER = Path(__file__).parent.parent / "guide"
TOPICS = (
    *("config", "notation", "working", "rounding", "graph", "train", "export", "scripts", "python"),
    *("sheets", "mistakes", "grade", "rubric", "graders", "performance", "changes"),
)
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


class Page(Markdown):
    """Markdown in which code and headings are laid out so."""

    elements: ClassVar = {
        **Markdown.elements,
        "fence": Verbatim,
        "code_block": Verbatim,
        "heading_open": LeftHeading,
    }


class Guide:
    """The manual for one terminal."""

    def __init__(self, out: Terminal) -> None:
        self.out = out

    def list_topics(self) -> None:
        """Write a line a topic."""
        widest = max(map(len, TOPICS))
        self.out.write("".join(f"  {topic:{widest}}  {title(topic)}\n" for topic in TOPICS))

    def translated(self, topic: str) -> bool:
        """Tell whether a topic can be read in the active language."""
        return active() == ENGLISH or path_of(topic, active()).is_file()

    def show(self, topic: str) -> None:
        """Write a topic; page it where it is longer than the terminal and somebody can turn the pages."""
        text = self.out.fit(self.laid_out(source(topic)))
        if not (sys.stdin and sys.stdin.isatty() and self.out.stream.isatty()) or fits(text):
            self.out.write(text)
            return
        os.environ.setdefault("LESS", "FRX")  # less shows colours only with R
        self.out.stream.flush()
        SystemPager().show(text)

    def laid_out(self, markdown: str) -> str:
        """Lay out Markdown in the terminal's width, as every version of Rich would."""
        console = Console(
            file=StringIO(),
            width=min(self.out.width, WIDEST),
            force_terminal=self.out.color,
            color_system="256" if self.out.color else None,
            legacy_windows=False,
        )
        with console.capture() as captured:
            console.print(Page(LINK.sub(r"\1", markdown), hyperlinks=False), crop=False)
        lines = (line.rstrip() for line in captured.get().splitlines())
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines).strip("\n")) + "\n"


def fits(text: str) -> bool:
    """Tell whether a text fits on the terminal, with a line left for the prompt."""
    return text.count("\n") < get_terminal_size().lines


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
