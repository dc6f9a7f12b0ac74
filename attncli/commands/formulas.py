"""``attncli formulas``: the page itself, without its numbers."""

from __future__ import annotations

from attncli.commands.environment import Environment
from attncli.commands.options import Backward, Changes, Source, command, format_for, option
from attncli.language import N_, _

HELP = N_("""Write down the formulas of a problem, one per line, with the shape of each: no numbers.

\b
Examples:
  attncli formulas                              the forward pass of the built-in article
  attncli formulas multihead --backward         the loss and every gradient as well
  attncli formulas --backward --loss mse        another loss; it needs no target here
  attncli formulas masked --format markdown     a table for notes
  attncli formulas article -b --format latex > page.tex""")
FORMATS = ("text", "latex", "markdown")


@command(quiet=N_("Show no notes."))
def formulas(
    *,
    source: Source,
    backward: Backward = False,
    style: str = option(
        "--format -f",
        FORMATS,
        N_("latex is an align* for a document that has amsmath; markdown is a table."),
        FORMATS[0],
    ),
    changes: Changes,
    environment: Environment,
) -> None:
    """Parse, read the page, show."""
    changes.check_backward(backward=backward)
    from attncli.export.formulas import latex_lines, markdown, text
    from attncli.readings.formulas import formulas as formulas_of
    from attncli.readings.formulas import page_of

    style = format_for(style, FORMATS, FORMATS[0], None, {})
    problem = source.load(environment, changes.assignments)
    page = page_of(problem, backward=backward, loss=changes.loss, reduction=changes.reduction)
    found = formulas_of(problem, page)
    if not found:
        environment.note(_("everything is given; there are no formulas"))
    if style == "text":
        environment.write(text(found, environment.display(0)))
    else:
        environment.write((latex_lines if style == "latex" else markdown)(found))
