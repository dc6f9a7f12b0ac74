"""``attncli graph``: what flows into what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attncli.commands import options  # noqa: TC001
from attncli.commands.environment import Environment
from attncli.commands.formulas import check_backward
from attncli.commands.options import load_problem
from attncli.language import N_

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attncli.readings.graph import Graph


HELP = N_("""Draw what flows into what: the computation graph, with the shape of every matrix.

\b
Examples:
  attncli graph                                     a tree, from the output down to the givens
  attncli graph article --backward                  from the loss and the gradients down
  attncli graph multihead -b --output graph.svg     a drawing that any browser shows
  attncli graph masked --format mermaid             for Markdown on GitHub
  attncli graph masked --format dot | dot -Tpdf -o graph.pdf""")
FORMATS = ("tree", "mermaid", "dot", "svg")
SUFFIXES = {".svg": "svg", ".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".mermaid": "mermaid"}

Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="|".join(FORMATS),
        help=N_("How to draw it. Else what the name of the output file ends in, else tree."),
        show_default=False,
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help=N_("Write to this file, whole or not at all. Else to standard output."),
        show_default=False,
    ),
]
Backward = Annotated[bool, typer.Option("--backward", "-b", help=N_("The loss and the gradients as well."))]
Force = Annotated[bool, typer.Option("--force", help=N_("Replace the output file if it is there already."))]


def graph(
    context: typer.Context,
    config: options.Config = None,
    *,
    config_option: options.ConfigOption = None,
    backward: Backward = False,
    style: Format = None,
    output: Output = None,
    force: Force = False,
    loss: options.LossName = None,
    reduction: options.Reduction = None,
    changes: options.Set = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=N_("No notes."))] = False,
    lang: options.Lang = None,
    width: options.Width = None,
    color: options.Color = None,
    ascii_only: options.Ascii = False,
    debug: options.Debug = False,
) -> None:
    """Parse, read the page, draw."""
    environment = context.ensure_object(Environment)
    environment.update(width, color, lang, ascii_only=ascii_only, debug=debug)
    check_backward(backward=backward, loss=loss, reduction=reduction)
    from attncli.calculation import one_of
    from attncli.files import check_writable, write_whole
    from attncli.readings.formulas import page_of
    from attncli.readings.graph import graph_of

    if style is None:
        style = SUFFIXES.get(Path(output).suffix.lower(), "tree") if output else "tree"
    one_of("--format", style, FORMATS)
    if output is not None:
        check_writable(output, force=force)
    problem = load_problem(config, config_option, changes, environment, quiet=quiet)
    drawn = graph_of(problem, page_of(problem, backward=backward, loss=loss, reduction=reduction))
    if output is None:
        for line in lines(drawn, style, environment.out.width, ascii_only=environment.out.ascii_only):
            environment.out.write(line)
        return
    # A file takes every character, whatever the terminal takes.
    text = "".join(lines(drawn, style, environment.out.width, ascii_only=environment.ascii_only))
    write_whole(output, text, force=force)


def lines(drawn: Graph, style: str, width: int, *, ascii_only: bool) -> Iterator[str]:
    """Draw the graph in one of the formats."""
    from attncli.export.graph import dot, mermaid, tree
    from attncli.show.terminal import to_ascii

    fit = to_ascii if ascii_only else str
    match style:
        case "mermaid":
            return mermaid(drawn, fit)
        case "dot":
            return dot(drawn, fit)
        case "svg":
            from attncli.export.graph_svg import svg

            return svg(drawn, fit)
        case _:
            return map(fit, tree(drawn, width, ascii_only=ascii_only))
