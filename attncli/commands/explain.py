"""``attncli explain``: where a number comes from, or what a row of the page is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from attncli.commands import options  # noqa: TC001 - Typer reads the annotations
from attncli.commands.environment import Environment
from attncli.commands.options import check_decimals, decimals_of, load_problem, rounding_of, with_loss
from attncli.commands.output import check_output, choose, deliver, stage
from attncli.errors import AttnError
from attncli.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attncli.export.formats import Format as DataFormat
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
  attncli explain A Z                          rows of the page in words
  attncli explain 'dWq[1,1]' -o working.tex    a LaTeX document
  attncli explain 'A[2][is,Death]' -c multihead""")

Cells = Annotated[
    list[str],
    typer.Argument(metavar="CELL...", help=N_("Cells such as A[Death,wind], or symbols such as A.")),
]
Depth = Annotated[
    str,
    typer.Option("--depth", metavar="N|all", help=N_("How many steps to go back; all: down to the givens.")),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="text|plain|json|markdown|latex|html|svg",
        help=N_("How to write it. Else what the name of the output ends in, else text."),
        show_default=False,
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help=N_("Write to this file, replacing it, whole or not at all. Else to standard output."),
        show_default=False,
    ),
]
Full = Annotated[bool, typer.Option("--full", help=N_("Write every term of a long sum."))]


def explain(
    context: typer.Context,
    cells: Cells,
    *,
    config_option: options.ConfigOption = None,
    depth: Depth = "1",
    loss: options.LossName = None,
    reduction: options.Reduction = None,
    changes: options.Set = None,
    decimals: options.Decimals = None,
    rounded: options.Round = None,
    rounding: options.RoundingMode = "half-up",
    full: Full = False,
    json: options.Json = False,
    style: Format = None,
    output: Output = None,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    width: options.Width = None,
    color: options.Color = None,
    ascii_only: options.Ascii = False,
    debug: options.Debug = False,
) -> None:
    """Parse, calculate, explain."""
    environment = context.ensure_object(Environment)
    environment.update(width, color, lang, ascii_only=ascii_only, debug=debug)
    refuse_configs(cells)
    steps = depth_of(depth)
    check_decimals(decimals)
    chosen = format_of(style, output, json=json)
    on_paper = rounding_of(rounded, rounding)
    taken = with_loss(changes, loss, reduction)
    problem = load_problem(None, config_option, taken, environment, quiet=quiet)
    result = calculate(problem, cells, on_paper)
    from attncli.show.explain import Explained
    from attncli.show.matrix import Looks

    shown = decimals_of(decimals, result.decimals)
    explained = [Explained(result, cell, steps, shown, full or chosen.name == "json") for cell in cells]
    text = chosen.explain(explained, Looks(stage(environment, output), shown, full))
    # Whole before the first character is written: the last cell may be one that there is not.
    deliver(chosen, ["".join(text)], output, environment)


def refuse_configs(cells: Sequence[str]) -> None:
    """Refuse a config among the cells: other commands take it there, this one behind -c."""
    from attncli.problem.sources import builtin_names

    for text in cells:
        if text in builtin_names() or text.lower().endswith((".yaml", ".yml")):
            raise AttnError(
                _("{text!r} is a config; here stand the cells to explain", text=text[:60]),
                hint=_("name it with -c: attncli explain 'A[1,5]' -c {config}", config=text[:60]),
            )


def format_of(style: str | None, output: str | None, *, json: bool) -> DataFormat:
    """Find the format. Raises AttnError where it holds matrices only, or where there is none such."""
    chosen = choose(style, output, json=json)
    if not chosen.explainer:
        raise AttnError(
            _("--format {name} holds matrices; an explanation is words and arithmetic", name=chosen.name),
            hint=_("--format json for a script; markdown, latex, html or svg for a document"),
        )
    check_output(chosen, output)
    return chosen


def depth_of(depth: str) -> int | None:
    """Read ``--depth``: a number of steps, or all (None)."""
    if depth == "all":
        return None
    if depth.isdecimal():
        return int(depth)
    raise AttnError(_("--depth is {depth!r}; expected a whole number, or all", depth=depth))


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
