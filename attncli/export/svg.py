"""The screen as a picture: an SVG that fetches nothing."""

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from attncli.export import text as screens
from attncli.export.entries import heading
from attncli.show.terminal import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.export.entries import Shown
    from attncli.show.explain import Explained
    from attncli.show.matrix import Looks


def write(shown: Shown) -> Iterator[str]:
    """Draw the tables as a terminal shows them, in colour."""
    terminal = shown.looks.terminal._replace(color=True)
    looks = shown.looks._replace(terminal=terminal)
    yield (
        picture(
            "".join(screens.write(shown._replace(looks=looks))),
            f"attncli: {heading(shown)[0]}",
            terminal.width,
        )
        + "\n"
    )


def explain(explained: Sequence[Explained], looks: Looks) -> Iterator[str]:
    """Draw the working as a terminal shows it."""
    yield picture("".join(screens.explain(explained, looks)), "attncli explain", looks.terminal.width) + "\n"


def picture(screen: str, title: str, width: int) -> str:
    """Draw what a terminal of this width shows; one line too long for it makes it wider."""
    text = Text.from_ansi(screen.rstrip())
    console = Console(
        record=True,
        width=max([width, *map(columns_of, text.plain.split("\n"))]),
        file=StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
    )
    console.print(text, end="")
    svg = console.export_svg(title=title, theme=MONOKAI, unique_id="terminal")
    # Rich's drawing fetches a font from another host; any monospaced one will do.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    lines = svg.replace("Fira Code, monospace", "monospace").split("\n")
    return "\n".join(line.rstrip() for line in lines)
