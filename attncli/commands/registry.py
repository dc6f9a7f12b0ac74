"""Every command: where it is, and what the list of commands says of it; only the one that runs is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from attncli.commands.words import translated
from attncli.language import N_

SETTINGS = {"help_option_names": ["-h", "--help"]}
# The module of a command has its name, and in it the function of that name and its HELP.
COMMANDS: dict[str, str] = {
    "forward": N_("Every matrix, from the embeddings to the output."),
    "backward": N_("The loss, and its gradient by every matrix."),
    "explain": N_("Where a number comes from; what a row is."),
    "formulas": N_("The page of formulas, without numbers."),
    "graph": N_("What flows into what."),
    "shapes": N_("Every shape, and what it costs."),
    "init": N_("Write a config to start from."),
    "gradcheck": N_("Hold the gradients against differences."),
    "check": N_("Mark a sheet, and name the mistakes on it."),
    "grade": N_("Mark a folder of sheets, and write the gradebook."),
    "diagnose": N_("What a homework could not show, before it goes out."),
    "diff": N_("What a change does to the page."),
    "train": N_("Gradient descent on the weights."),
}


class Commands(Mapping[str, Any]):
    """The commands by name; each is built when it is first asked for."""

    def __init__(self) -> None:
        self.built: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - Typer keeps the types of its commands to itself
        """Load a command, in the active language. Raises KeyError where there is none of that name."""
        if name not in self.built:
            self.built[name] = build(name, COMMANDS[name])
        return self.built[name]

    def __iter__(self) -> Iterator[str]:
        """Name them all, in the order in which they are listed."""
        return iter(COMMANDS)

    def __len__(self) -> int:
        """How many there are."""
        return len(COMMANDS)


def build(name: str, short: str) -> Any:  # noqa: ANN401
    """Load the module of a command, and make the command of it."""
    module = import_module(f"attncli.commands.{name}")
    alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    add = alone.command(name, help=module.HELP, short_help=short, context_settings=SETTINGS)
    add(getattr(module, name))
    return translated(typer.main.get_command(alone))


class Program(TyperGroup):
    """The whole program: a group of commands that are not loaded yet."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - as Typer's
        super().__init__(**{**attributes, "commands": Commands()})
