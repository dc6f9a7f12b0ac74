"""``attncli graph``: what flows into what."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

from attncli.commands.environment import Environment
from attncli.commands.options import Backward, Changes, Force, ResultFile, Source, command, format_for, option
from attncli.language import N_

HELP = N_("""Draw the computation graph: what flows into what, with the shape of every matrix.

\b
Examples:
  attncli graph                                     a tree, from the output down to the givens
  attncli graph article --backward                  from the loss and the gradients down
  attncli graph multihead -b --output graph.svg     a drawing for any browser
  attncli graph masked --format mermaid             for Markdown on GitHub
  attncli graph masked --format dot | dot -Tpdf -o graph.pdf""")
DRAWINGS = {"mermaid": "graph.mermaid", "dot": "graph.dot", "svg": "graph_svg.svg"}  # who draws it
FORMATS = ("tree", *DRAWINGS)
SUFFIXES = {
    ".txt": "tree", ".svg": "svg", ".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".mermaid": "mermaid",
}  # fmt: skip


@command(quiet=N_("Show no notes."))
def graph(
    *,
    source: Source,
    backward: Backward = False,
    style: str | None = option(
        "--format -f", FORMATS, N_("How to draw it. Default: by the output's file extension, then tree.")
    ),
    output: ResultFile = None,
    force: Force = False,
    changes: Changes,
    environment: Environment,
) -> None:
    """Parse, read the page, draw."""
    changes.check_backward(backward=backward)
    from attncli.files import check_result, write_whole
    from attncli.readings.formulas import page_of
    from attncli.readings.graph import graph_of

    style = format_for(style, FORMATS, FORMATS[0], output, SUFFIXES)
    if output is not None:
        check_result(output, force=force)
    problem = source.load(environment, changes.assignments)
    page = page_of(problem, backward=backward, loss=changes.loss, reduction=changes.reduction)
    graph = graph_of(problem, page)
    if style == "tree":
        from attncli.show.graph import screen

        if output is None:
            environment.show(screen(graph))
            return
        drawing = environment.text_of(screen(graph))
    else:
        from attncli.export.formats import function

        draw = cast("Callable[..., Iterable[str]]", function(DRAWINGS[style]))
        drawing = "".join(draw(graph, environment.display(0, output=output).fit))
    if output is None:
        environment.write([drawing])
    else:
        check_result(output, force=force)
        write_whole(output, drawing, force=True)
