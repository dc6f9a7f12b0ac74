"""The Rich console that tables are laid out on: it gives text back, and never cuts a digit."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from attncli.show.terminal import Terminal

ANY_WIDTH = 1_000_000  # what fits the terminal is decided by the tables; Rich is to lay out, never to cut


def console_for(terminal: Terminal) -> Console:
    """Return a console that writes to nowhere, coloured only where the terminal takes colour."""
    return Console(
        file=StringIO(),
        width=ANY_WIDTH,
        force_terminal=terminal.color,
        color_system="256" if terminal.color else None,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
    )
