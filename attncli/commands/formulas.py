"""``attncli formulas``: the page itself, without its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from attncli.commands import options  # noqa: TC001
from attncli.commands.environment import Environment
from attncli.commands.options import load_problem
from attncli.errors import AttnError
from attncli.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.readings.formulas import Formula
    from attncli.show.terminal import Terminal


HELP = N_("""Write down the formulas of a problem, one line a row, with the shape of each: no numbers.

\b
Examples:
  attncli formulas                              the forward pass of the built-in article
  attncli formulas multihead --backward         the loss and every gradient as well
  attncli formulas --backward --loss mse        another loss; it needs no target here
  attncli formulas masked --format markdown     a table for notes
  attncli formulas article -b --format latex > page.tex""")
FORMATS = ("text", "latex", "markdown")

Format = Annotated[
    str,
    typer.Option(
        "--format",
        "-f",
        metavar="|".join(FORMATS),
        help=N_("latex is an align* for a document that has amsmath; markdown is a table."),
    ),
]
Backward = Annotated[
    bool, typer.Option("--backward", "-b", help=N_("The rows of the loss and of every gradient as well."))
]


def formulas(
    context: typer.Context,
    config: options.Config = None,
    *,
    config_option: options.ConfigOption = None,
    backward: Backward = False,
    style: Format = "text",
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
    """Parse, read the page, show."""
    environment = context.ensure_object(Environment)
    environment.update(width, color, lang, ascii_only=ascii_only, debug=debug)
    check_backward(backward=backward, loss=loss, reduction=reduction)
    from attncli.calculation import one_of
    from attncli.readings.formulas import formulas as read
    from attncli.readings.formulas import page_of

    one_of("--format", style, FORMATS)
    problem = load_problem(config, config_option, changes, environment, quiet=quiet)
    page = read(problem, page_of(problem, backward=backward, loss=loss, reduction=reduction))
    if not page and not quiet:
        environment.note(_("everything is given; there are no formulas"))
    for line in lines(page, style, environment.out):
        environment.out.write(line)


def check_backward(*, backward: bool, loss: str | None, reduction: str | None) -> None:
    """Refuse options that would do nothing; what they name is checked where it is read."""
    for option, value in (("--loss", loss), ("--reduction", reduction)):
        if value is not None and not backward:
            raise AttnError(
                _("{option} says nothing about the forward pass", option=option), hint=_("add --backward")
            )


def lines(page: Sequence[Formula], style: str, out: Terminal) -> Iterator[str]:
    """Write the page in one of the formats."""
    from attncli.export.formulas import latex_lines, markdown, text

    match style:
        case "latex":
            return latex_lines(page)
        case "markdown":
            return markdown(page)
        case _:
            return text(page, out.width)
