"""``attncli diff``: what a change does to the page."""

from __future__ import annotations

import typer

from attncli.choices import LOSSES
from attncli.commands.environment import Environment
from attncli.commands.options import (
    Decimals,
    Json,
    OnPaper,
    Reduction,
    Source,
    check_decimals,
    command,
    decimals_of,
    flag,
    option,
)
from attncli.errors import AttnError, ExitCode
from attncli.language import N_, _

HELP = N_("""Show which quantities differ between two problems, where, and by how much.

They stand in the page's order, so that you see how far a change reaches. With one CONFIG the second
problem is the same one, changed by --set. The exit code is 0 if nothing differs, else 1.

\b
Examples:
  attncli diff mine.yaml yours.yaml                  two problems
  attncli diff --set mask=true                       the article, and what a mask changes in it
  attncli diff article --set 'Wq[1,1]=0' --backward  the loss and the gradients as well
  attncli diff a.yaml b.yaml --tolerance 1e-3        only what differs by more than a thousandth""")


@command(quiet=N_("Show only the differences."))
def diff(
    *,
    config: str | None = typer.Argument(
        None,
        metavar="[CONFIG]",
        help=N_("The first problem: a file, - for standard input, or a built-in one."),
    ),
    other: str | None = typer.Argument(None, metavar="[OTHER]", help=N_("The second problem.")),
    changes: list[str] | None = option(
        "--set",
        "KEY=VALUE",
        N_("Change the second problem: --set mask=true, --set 'Wq[1,2]=0.5'. Can be repeated."),
    ),
    backward: bool = flag("--backward", N_("Compare the loss and the gradients as well.")),
    loss: str | None = option(
        "--loss", LOSSES, N_("The loss of both problems; compares their gradients as well.")
    ),
    reduction: Reduction = None,
    tolerance: float = typer.Option(
        1e-12,
        metavar="NUMBER",
        help=N_("The largest difference that counts as the same, relative to the quantity's largest number."),
    ),
    decimals: Decimals = None,
    on_paper: OnPaper,
    json: Json = False,
    environment: Environment,
) -> None:
    """Parse, calculate both, compare, show."""
    check_decimals(decimals, json=json)
    rounding = on_paper.rounding()
    if not 0 <= tolerance < 1:
        raise AttnError(
            _("--tolerance is {tolerance:g}; expected a number from 0 to below 1", tolerance=tolerance),
            hint=_("like 1e-6"),
        )
    if other is None and not changes:
        raise AttnError(
            _("there is only one problem to compare"),
            hint=_("name another, or change this one: attncli diff article --set mask=true"),
        )
    if config == "-" and other in {None, "-"}:
        raise AttnError(_("standard input can be read only once"), hint=_("save it to a file first"))
    first = Source(config).load(environment)
    from attncli import calculation
    from attncli.problem.sources import default_source, load
    from attncli.readings.diff import difference, record

    second = load(other or config or default_source()[0], changes or ())
    second = second.changed(lying=first.lying)  # how they are shown makes no difference
    for note in second.notes:
        if note not in first.notes:
            environment.note(note)
    if backward or loss or reduction:
        one, two = (
            calculation.backward(problem, loss=loss, reduction=reduction, rounding=rounding)
            for problem in (first, second)
        )
    else:
        one, two = (calculation.forward(problem, rounding=rounding) for problem in (first, second))
    found = difference(one, two, tolerance)
    # The changes are the same in every language, for they stand in the JSON as well.
    names = (first.name, " ".join([second.name, *(f"--set {change}" for change in changes or ())]))
    if json:
        environment.write_json(record(found, names))
    else:
        from attncli.show.diff import screen

        shown = decimals_of(decimals, one.decimals)
        environment.show(screen(found, names, decimals=shown, quiet=environment.quiet))
    if not found.same:
        raise typer.Exit(ExitCode.WRONG)
