"""The screen as a picture: an SVG that fetches nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.measure import Measurement
from rich.terminal_theme import MONOKAI

from attncli.export import screen
from attncli.export.entries import heading
from attncli.show.terminal import UNBOUNDED, Memory, Terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from attncli.export.formats import Shown
    from attncli.show.display import Display
    from attncli.show.explain import Explained


def write(shown: Shown) -> Iterator[str]:
    """Draw the tables as a terminal shows them, in colour."""
    yield picture(screen.write(shown), f"attncli: {heading(shown)[0]}", shown.display)


def explain(explained: Sequence[Explained], display: Display) -> Iterator[str]:
    """Draw the working as a terminal shows it."""
    yield picture(screen.explain(explained, display), "attncli explain", display)


def picture(parts: Iterable[RenderableType], title: str, display: Display) -> str:
    """Draw what a terminal of this width shows; a part that is too wide for it makes it wider."""
    terminal = Terminal(
        Memory(), width=display.width, color="always", record=True, ascii_only=display.ascii_only
    )
    shown = list(parts)
    options = terminal.options.update(width=UNBOUNDED)
    terminal.width = max(display.width, *(Measurement.get(terminal, options, part).minimum for part in shown))
    terminal.show(shown)
    svg = terminal.export_svg(title=title, theme=MONOKAI, unique_id="terminal")
    # Rich's drawing fetches a font from another host; any monospaced one will do.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    lines = svg.replace("Fira Code, monospace", "monospace").split("\n")
    return "\n".join(line.rstrip() for line in lines) + "\n"
