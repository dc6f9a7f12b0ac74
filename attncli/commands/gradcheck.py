"""``attncli gradcheck``: the page's gradients against finite differences."""

from __future__ import annotations

import math

import typer

from attncli.commands.environment import Environment
from attncli.commands.options import Changes, Json, Source, command, option, symbols_in
from attncli.errors import AttnError, ExitCode
from attncli.language import N_, _

HELP = N_("""Check every gradient without the chain rule: move each number a little, see how the loss changes.

The exit code is 1 if a gradient is not the slope of the loss.

\b
Examples:
  attncli gradcheck                        the built-in article
  attncli gradcheck my.yaml --loss mse     another loss
  attncli gradcheck masked --only dWq,dX   two gradients
  attncli gradcheck --step 0.1             too large a step, to see what becomes of it
  attncli gradcheck my.yaml --json""")


@command(quiet=N_("Show only the table."))
def gradcheck(
    *,
    source: Source,
    changes: Changes,
    only: str | None = option("--only", "SYMBOLS", N_("Check only these: --only dWq,dX")),
    step: float = typer.Option(
        1e-5, metavar="NUMBER", help=N_("How far each number is moved to either side.")
    ),
    tolerance: float = typer.Option(
        1e-6,
        metavar="NUMBER",
        help=N_("The largest difference that still agrees, relative to the gradient's largest number."),
    ),
    json: Json = False,
    environment: Environment,
) -> None:
    """Parse, check, show."""
    for name, value in (("--step", step), ("--tolerance", tolerance)):
        if not (0 < value <= 1 and math.isfinite(value)):
            raise AttnError(
                _("{name} is {value:g}; expected a number above 0 and at most 1", name=name, value=value),
                hint=_("like 1e-5"),
            )
    symbols = symbols_in("--only", only, "dWq,dX")
    problem = source.load(environment, changes.with_loss())
    from attncli.readings import gradcheck as engine

    check = engine.gradcheck(problem, only=symbols, step=step, tolerance=tolerance)
    if json:
        environment.write_json(engine.record(check))
    else:
        from attncli.show.gradcheck import screen

        environment.show(screen(check, quiet=environment.quiet))
    if not check.agrees:
        raise typer.Exit(ExitCode.WRONG)
