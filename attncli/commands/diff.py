"""``attncli diff``: what a change does to the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from attncli.commands import options  # noqa: TC001 - Typer reads the annotations
from attncli.commands.environment import Environment
from attncli.commands.options import decimals_of, load_problem, rounding_of
from attncli.commands.output import Show
from attncli.errors import AttnError, ExitCode
from attncli.language import N_, _

if TYPE_CHECKING:
    from attncli.problem.problem import Problem
    from attncli.result import Result
    from attncli.rounding import Rounding


HELP = N_("""Show which rows of the page differ between two problems, where, and by how much.

The rows stand in the page's order, so that you see how far a change reaches. With one CONFIG the
second problem is the same one, changed by --set. The exit code is 0 where nothing differs, else 1.

\b
Examples:
  attncli diff mine.yaml yours.yaml                  two problems
  attncli diff --set mask=true                       the article, and what a mask changes in it
  attncli diff article --set 'Wq[1,1]=0' --backward  the loss and the gradients as well
  attncli diff a.yaml b.yaml --tolerance 1e-3        only what differs by more than a thousandth""")
First = Annotated[
    str | None,
    typer.Argument(
        metavar="[CONFIG]",
        show_default=False,
        help=N_("The first problem: a file, - for standard input, or a built-in one."),
    ),
]
Second = Annotated[
    str | None, typer.Argument(metavar="[OTHER]", show_default=False, help=N_("The second problem."))
]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help=N_("Change the second problem: --set mask=true, --set 'Wq[1,2]=0.5'. May be repeated."),
        show_default=False,
    ),
]
Backward = Annotated[bool, typer.Option("--backward", help=N_("Compare the loss and the gradients as well."))]
Tolerance = Annotated[
    float,
    typer.Option(
        metavar="NUMBER", help=N_("What counts as the same, as a part of the row's largest number.")
    ),
]
Loss = Annotated[
    str | None,
    typer.Option(
        "--loss",
        metavar="bce|ce|mse|sum|upstream",
        help=N_("The loss of both problems; compares their gradients as well."),
        show_default=False,
    ),
]


def diff(
    context: typer.Context,
    config: First = None,
    other: Second = None,
    *,
    changes: Changes = None,
    backward: Backward = False,
    loss: Loss = None,
    reduction: options.Reduction = None,
    tolerance: Tolerance = 1e-12,
    decimals: options.Decimals = None,
    rounded: options.Round = None,
    rounding: options.RoundingMode = "half-up",
    json: Annotated[bool, typer.Option("--json", help=N_("JSON for scripts."))] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=N_("Just the differences."))] = False,
    lang: options.Lang = None,
    width: options.Width = None,
    color: options.Color = None,
    ascii_only: options.Ascii = False,
    debug: options.Debug = False,
) -> None:
    """Parse, calculate both, compare, show."""
    environment = context.ensure_object(Environment)
    environment.update(width, color, lang, ascii_only=ascii_only, debug=debug)
    Show(None, None, decimals, full=False, plain=False, json=json, quiet=quiet).check()
    on_paper = rounding_of(rounded, rounding)
    if not 0 <= tolerance < 1:
        raise AttnError(
            _("--tolerance is {tolerance:g}; expected a number from 0 to below 1", tolerance=tolerance),
            hint=_("like 1e-6"),
        )
    first, second = both(config, other, changes or [], environment, quiet=quiet)
    names = (first.name, changed(second.name, changes or []))
    from attncli.readings.diff import difference, record

    taken = (loss, reduction) if backward or loss or reduction else None
    one, two = worked_out(first, taken, on_paper), worked_out(second, taken, on_paper)
    found = difference(one, two, tolerance)
    out = environment.out
    if json:
        from attncli.export.data import json_text

        out.write(json_text(record(found, names), ascii_only=out.ascii_only))
    else:
        from attncli.show.diff import differences

        for text in differences(found, names, out, decimals=decimals_of(decimals, one.decimals), quiet=quiet):
            out.write(text)
    if not found.same:
        raise typer.Exit(ExitCode.WRONG)


def both(
    config: str | None, other: str | None, changes: list[str], environment: Environment, *, quiet: bool
) -> tuple[Problem, Problem]:
    """Load the two problems."""
    if other is None and not changes:
        raise AttnError(
            _("there is only one problem to compare"),
            hint=_("name another, or change this one: attncli diff article --set mask=true"),
        )
    if config == "-" and other in {None, "-"}:
        raise AttnError(_("standard input can be read only once"), hint=_("save it to a file first"))
    first = load_problem(config, None, None, environment, quiet=quiet)
    from attncli.problem.sources import default_source, load

    second = load(other or config or default_source()[0], changes)
    if not quiet:
        for note in second.notes:
            if note not in first.notes:
                environment.note(note)
    return first, second


def changed(name: str, changes: list[str]) -> str:
    """``article --set mask=true``: the same in every language, for it stands in the JSON as well."""
    return " ".join([name, *(f"--set {change}" for change in changes)])


def worked_out(
    problem: Problem, taken: tuple[str | None, str | None] | None, rounding: Rounding | None
) -> Result:
    """Work out the forward pass, or with a loss both passes."""
    from attncli import calculation

    if taken is None:
        return calculation.forward(problem, rounding=rounding)
    return calculation.backward(problem, loss=taken[0], reduction=taken[1], rounding=rounding)
