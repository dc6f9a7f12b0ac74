"""What Typer says by itself, and the help texts, in the language of whoever reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

import typer

from attncli.commands.environment import Environment
from attncli.language import ENGLISH, N_, _, active, either

# Typer's own words. What changes in one is between braces; the first that fits is taken.
PHRASES: tuple[str, ...] = (
    N_("No such command {name}"),
    N_("No such option: {name}"),
    N_("Missing command"),
    N_("Missing argument {name}"),
    N_("Missing option {name}"),
    N_("Option {name} requires an argument"),
    N_("Option {name} does not take a value"),
    N_("Got unexpected extra argument(s) ({names})"),
    N_("Invalid value for {name}: {value} is not a valid int"),
    N_("Invalid value for {name}: {value} is not a valid integer"),
    N_("Invalid value for {name}: {value} is not a valid float"),
    N_("Usage: "),
    N_("Arguments"),
    N_("Options"),
    N_("Commands"),
    N_("[OPTIONS]"),
    N_("[OPTIONS] COMMAND [ARGS]..."),
    N_("[default: {value}]"),
    N_("[required]"),
    N_("Install completion for the current shell."),
    N_("Show completion for the current shell, to copy it or customize the installation."),
    N_("Show this message and exit."),
)

# What it puts behind one of them where it knows a name that is close.
SUGGESTION = re.compile(r"(.*?)(?:\. [A-Z][a-z ]+ (.*)\?| \([A-Z][a-z ]+: (.*)\))", re.DOTALL)


def without_suggestion(text: str) -> tuple[str, str]:
    """Split one of Typer's phrases into what is wrong and a hint in the active language, if it has one."""
    found = SUGGESTION.fullmatch(text)
    if found is None:
        return text, ""
    names = (found[2] or found[3]).split(", ")
    return found[1], _("did you mean {names}?", names=either(names))


def translate_phrase(text: str) -> str:
    """Return one of Typer's phrases in the active language; any other text stays as it is."""
    for phrase in PHRASES if active() != ENGLISH else ():
        found = re.fullmatch(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.*)", re.escape(phrase)), text, re.DOTALL)
        if found:
            return _(phrase, **found.groupdict())
    return text


class Formatter(typer.Context.formatter_class):  # type: ignore[misc, valid-type]
    """Help as Typer lays it out, with its headings in the active language."""

    environment: Environment

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the line that says how to type the command."""
        args = re.sub(
            r"^\[OPTIONS\]( COMMAND \[ARGS\]\.\.\.)?", lambda found: translate_phrase(found[0]), args
        )
        super().write_usage(prog, args, translate_phrase(prefix or "Usage: "))

    def write_heading(self, heading: str) -> None:
        """Write what stands above a list."""
        super().write_heading(translate_phrase(heading))

    def write_dl(self, rows: Sequence[tuple[str, str]], *sizes: Any, **more: Any) -> None:  # noqa: ANN401
        """Write a list: of options, arguments or commands."""
        rows = [(name, "  ".join(map(translate_phrase, text.split("  ")))) for name, text in rows]
        super().write_dl(rows, *sizes, **more)

    def getvalue(self) -> str:
        """Return it all, in characters that the terminal has."""
        return self.environment.display(0).fit(super().getvalue())


class Context(typer.Context):
    """A context whose help is laid out so."""

    formatter_class = Formatter

    def make_formatter(self) -> Formatter:
        """Make a formatter that knows what it writes for."""
        formatter = cast("Formatter", super().make_formatter())
        formatter.environment = self.ensure_object(Environment)
        return formatter


def translate_help(command: Any) -> Any:  # noqa: ANN401 - Typer keeps the types of its commands to itself
    """Put the help of a command, or of the whole program, into the active language; return the command."""
    command.context_class = Context
    command.help, command.short_help = _(command.help or ""), _(command.short_help or "")
    for param in command.params:
        param.help = _(param.help or "")
    return command
