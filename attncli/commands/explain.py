"""``attncli explain``: where a number comes from, or what a quantity of the page is."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, cast

import typer

from attncli.commands.environment import Environment
from attncli.commands.options import (
    Changes,
    ConfigOption,
    Decimals,
    Force,
    OnPaper,
    PageJson,
    Source,
    check_decimals,
    command,
    decimals_of,
    format_option,
    output_option,
)
from attncli.commands.output import destination
from attncli.errors import AttnError
from attncli.export.formats import FORMATS
from attncli.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from attncli.problem.problem import Problem
    from attncli.result import Result
    from attncli.rounding import Rounding


HELP = N_("""Show where a number comes from: the formula, the numbers put in, the result.

Name a cell by its tokens or its place, counted from 1: A[Death,wind] or A[1,5]; a head goes first:
A[2][1,5]. A symbol alone, such as A, is explained in words.

\b
Examples:
  attncli explain 'A[Death,wind]'              one weight, and the scores it is made from
  attncli explain 'A[Death,wind]' --depth all  down to the embeddings and the weights
  attncli explain 'dZ[Death,wind]' 'dX[1,1]'   gradients
  attncli explain A Z                          quantities in words
  attncli explain 'dWq[1,1]' -o working.tex    a LaTeX document
  attncli explain 'A[2][is,Death]' -c multihead""")


@command(quiet=N_("Show no notes."))
def explain(
    *,
    cells: list[str] = typer.Argument(
        metavar="CELL...", help=N_("Cells such as A[Death,wind], or symbols such as A.")
    ),
    config_option: ConfigOption = None,
    depth: str = typer.Option(
        "1", "--depth", metavar="N|all", help=N_("How many steps to go back; all goes down to the givens.")
    ),
    changes: Changes,
    decimals: Decimals = None,
    on_paper: OnPaper,
    full: bool = typer.Option(False, "--full", help=N_("Write every term of a long sum.")),
    json: PageJson = False,
    style: str | None = format_option(
        (name for name, format_ in FORMATS.items() if format_.explainer),
        N_("Output format. Default: by the output's file extension, then text."),
    ),
    output: str | None = output_option(
        N_("Write to this file, replacing another result, whole or not at all. Default: standard output.")
    ),
    force: Force = False,
    environment: Environment,
) -> None:
    """Parse, calculate, explain."""
    refuse_configs(cells)
    if depth != "all" and not depth.isdecimal():
        raise AttnError(_("--depth is {depth!r}; expected a whole number or all", depth=depth))
    check_decimals(decimals)
    target = destination(style, output, json=json, force=force)
    if not target.format.explainer:
        raise AttnError(
            _(
                "--format {name} holds matrices; an explanation is words and arithmetic",
                name=target.format.name,
            ),
            hint=_("--format json for a script; markdown, latex, html or svg for a document"),
        )
    target.check()
    rounding = on_paper.rounding()
    problem = Source(None, config_option).load(environment, changes.with_loss())
    result = calculate(problem, cells, rounding)
    from attncli.show.explain import Explained

    shown = decimals_of(decimals, result.decimals)
    steps = None if depth == "all" else int(depth)
    whole = full or target.format.name == "json"
    explained = [Explained(result, cell, steps, shown, whole) for cell in cells]
    display = environment.display(shown, full=full, output=output)
    # Whole before the first character is written: the last cell may be one that does not exist.
    target.write(list(cast("Iterable[str]", target.format.explain(explained, display))), environment)


def refuse_configs(cells: Sequence[str]) -> None:
    """Refuse a config among the cells: other commands take it there, this one after -c."""
    from attncli.problem.sources import builtin_names

    for text in cells:
        if text in builtin_names() or text.lower().endswith((".yaml", ".yml")):
            others = [quote(cell[:60]) for cell in cells if cell != text]
            call = f"attncli explain {' '.join(others) or quote('A[1,5]')} -c {quote(text[:60])}"
            raise AttnError(
                _("{text!r} is a config; expected a cell to explain", text=text[:60]),
                hint=_("name it with -c: {call}", call=call),
            )


def calculate(problem: Problem, cells: Sequence[str], rounding: Rounding | None) -> Result:
    """Work out as much of the page as the cells need: only the forward pass where that is enough.

    What is to be explained in words has a gradient too, where the problem has a loss.
    """
    from attncli import calculation
    from attncli.names import parse_cell

    forward = calculation.forward(problem, rounding=rounding)
    enough = all(parse_cell(cell)[0] in forward.values for cell in cells)
    if enough and all(parse_cell(cell)[1] for cell in cells):
        return forward
    try:
        return calculation.backward(problem, rounding=rounding)
    except AttnError:
        if enough:
            return forward
        raise
