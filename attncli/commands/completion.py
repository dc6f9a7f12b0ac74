"""What a shell completes behind an option, and in place of an argument: its metavar says what it takes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer  # noqa: TC002 - Typer reads the annotations

from attncli.choices import TOPICS
from attncli.errors import AttnError

if TYPE_CHECKING:
    from inspect import Parameter


VARIABLE = "_ATTNCLI_COMPLETE"  # a shell that completes a command line sets it
PLAIN = re.compile(r"[\w./ +@%,~-]+")  # a file name that no shell takes for anything else


def completing() -> bool:
    """Whether a shell asks for completions, and does not run a command."""
    return VARIABLE in os.environ


def add_completion(parameter: Parameter) -> None:
    """Let a shell complete an option or an argument, where it is known what it takes.

    Where nothing is offered, shells offer files.
    """
    for info in (parameter.default, *getattr(parameter.annotation, "__metadata__", ())):
        metavar = (getattr(info, "metavar", None) or "").strip("[.]").partition("[")[0]
        if "|" in metavar or metavar.islower():
            info.autocompletion = one_of_these(metavar.split("|"))
        elif metavar in TAKES:
            info.autocompletion = TAKES[metavar]


def one_of_these(words: Iterable[str]) -> Callable[[str], list[str]]:
    """Return what completes one of a few words; those in capitals stand for something: N."""
    known = [word for word in words if word.islower()]
    return lambda incomplete: [word for word in known if word.startswith(incomplete)]


def configs(incomplete: str) -> list[str]:
    """Return the built-in problems, and the configs of the folder that is begun."""
    from attncli.problem.sources import builtin_names, is_config

    built_in = [] if "/" in incomplete else builtin_names()
    return [name for name in built_in if name.startswith(incomplete)] + files_of(incomplete, is_config)


def programs(incomplete: str) -> list[str]:
    """Return the Python files of the folder that is begun."""
    return files_of(incomplete, lambda name: name.endswith(".py"))


def files_of(incomplete: str, wanted: Callable[[str], bool]) -> list[str]:
    """Return the wanted files of the folder that is begun."""
    folder, slash, _name = incomplete.rpartition("/")
    try:
        names = sorted(file.name for file in Path(folder + slash or ".").iterdir())
    except (OSError, ValueError):
        names = []
    found = [folder + slash + name for name in names if wanted(name) and PLAIN.fullmatch(name)]
    return [name for name in found if name.startswith(incomplete)]


def symbols(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the quantities of the problem on the command line that may follow in a list of them."""
    *before, last = incomplete.split(",")
    left = [symbol for symbol in quantities(ctx) if symbol.startswith(last) and symbol not in before]
    return [",".join([*before, symbol]) for symbol in left]


def quantities(ctx: typer.Context) -> Iterator[str]:
    """Yield the quantities of the problem that the command line names; none where it cannot be read."""
    from attncli.page.chain_rule import whole_page
    from attncli.problem.sources import builtin_names, default_source, is_config, load

    # Behind an option whose value is still to come, arguments are not yet told apart.
    params = ctx.params
    named = [*(params.get("cells") or ()), params.get("config"), params.get("config_option"), *ctx.args]
    known = [name for name in named if name and (is_config(name) or name in builtin_names())]
    try:
        problem = load(known[-1] if known else default_source()[0], params.get("assignments") or ())
    except AttnError:
        return
    loss = None if ctx.info_name == "forward" else params.get("loss") or problem.loss
    yield from problem.givens
    yield from whole_page(problem.form, problem.given_rows, loss, mean=False).row


def graders(incomplete: str) -> list[str]:
    """Return the graders that a course's results can be written for."""
    from attncli.graders import FORMATS

    return [name for name in FORMATS if name.startswith(incomplete)]


def methods(incomplete: str) -> list[str]:
    """Return the initialisers."""
    from attncli.problem.initialise import METHODS

    return [name for name in METHODS if name.startswith(incomplete)]


TAKES: dict[str, Callable[..., Any]] = {
    "CONFIG": configs,
    "FILE.py": programs,
    "OTHER": configs,
    "SYMBOLS": symbols,
    "CELL": symbols,
    "TOPIC": one_of_these(TOPICS),
    "GRADER": graders,
    "METHOD": methods,
}
