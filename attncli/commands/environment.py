"""What a command runs in: its streams and how they are to be used; options before or after it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from attncli.errors import AttnError
from attncli.language import _, known
from attncli.show.messages import sentence
from attncli.show.terminal import terminal

if TYPE_CHECKING:
    from attncli.show.terminal import Terminal


COLORS = ("auto", "always", "never")
NARROWEST = 20


@dataclass(eq=False, repr=False)
class Environment:
    """The options of the whole program; those after a command go before those in front of it."""

    width: int | None = None
    color: str = "auto"
    ascii_only: bool = False
    debug: bool = False

    def update(
        self, width: int | None, color: str | None, lang: str | None, *, ascii_only: bool, debug: bool
    ) -> None:
        """Take in one set of options. Raises AttnError where a value is not one that there is.

        The language is only checked: it was chosen before the options were read, for their own mistakes.
        """
        if lang is not None:
            known(lang, "--lang")
        self.ascii_only = self.ascii_only or ascii_only
        self.debug = self.debug or debug
        if color is not None and color not in COLORS:
            raise AttnError(
                _("--color is {color!r}; expected {colors}", color=color, colors=", ".join(COLORS))
            )
        self.color = color or self.color
        if width is not None and width < NARROWEST:
            raise AttnError(
                _(
                    "--width is {width}; a screen has at least {narrowest} columns",
                    width=width,
                    narrowest=NARROWEST,
                )
            )
        self.width = width or self.width

    @cached_property
    def out(self) -> Terminal:
        """Where results go."""
        return terminal(sys.stdout, width=self.width, color=self.color, ascii_only=self.ascii_only)

    @cached_property
    def err(self) -> Terminal:
        """Where notes and errors go."""
        return terminal(sys.stderr, width=self.width, color=self.color, ascii_only=self.ascii_only)

    def note(self, text: str) -> None:
        """Say something that is not a result."""
        self.err.write(sentence("note", text, self.err) + "\n")
