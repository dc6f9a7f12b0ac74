"""``attncli gradcheck``: the page's gradients against the slope of the loss."""

from __future__ import annotations

import math
from typing import Annotated

import typer

from attncli.commands import options  # noqa: TC001 - Typer reads the annotations
from attncli.commands.environment import Environment
from attncli.commands.options import load_problem, with_loss
from attncli.errors import AttnError, ExitCode
from attncli.language import N_, _

HELP = N_("""Check every gradient without the chain rule: move each number a little, see how the loss answers.

The exit code is 1 where a gradient is not the slope of the loss.

\b
Examples:
  attncli gradcheck                        the built-in article
  attncli gradcheck my.yaml --loss mse     another loss
  attncli gradcheck masked --only dWq,dX   two gradients
  attncli gradcheck --step 0.1             too large a step, to see what becomes of it
  attncli gradcheck my.yaml --json""")
Step = Annotated[
    float, typer.Option(metavar="NUMBER", help=N_("How far each number is moved to either side."))
]
Tolerance = Annotated[
    float,
    typer.Option(
        metavar="NUMBER",
        help=N_("The largest difference that agrees, as a part of the row's largest number."),
    ),
]
Only = Annotated[
    str | None,
    typer.Option("--only", metavar="SYMBOLS", help=N_("Check just these: --only dWq,dX"), show_default=False),
]


def gradcheck(
    context: typer.Context,
    config: options.Config = None,
    *,
    config_option: options.ConfigOption = None,
    loss: options.LossName = None,
    reduction: options.Reduction = None,
    changes: options.Set = None,
    only: Only = None,
    step: Step = 1e-5,
    tolerance: Tolerance = 1e-6,
    json: Annotated[bool, typer.Option("--json", help=N_("JSON for scripts."))] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=N_("Just the table."))] = False,
    lang: options.Lang = None,
    width: options.Width = None,
    color: options.Color = None,
    ascii_only: options.Ascii = False,
    debug: options.Debug = False,
) -> None:
    """Parse, check, show."""
    environment = context.ensure_object(Environment)
    environment.update(width, color, lang, ascii_only=ascii_only, debug=debug)
    for name, value in (("--step", step), ("--tolerance", tolerance)):
        if not (0 < value <= 1 and math.isfinite(value)):
            raise AttnError(
                _("{name} is {value:g}; expected a number above 0 and at most 1", name=name, value=value),
                hint=_("like 1e-5"),
            )
    symbols = None if only is None else [name.strip() for name in only.split(",") if name.strip()]
    if symbols == []:
        raise AttnError(_("--only names no gradient"), hint=_("like --only dWq,dX"))
    taken = with_loss(changes, loss, reduction)
    problem = load_problem(config, config_option, taken, environment, quiet=quiet)
    from attncli.readings import gradcheck as engine

    check = engine.gradcheck(problem, only=symbols, step=step, tolerance=tolerance)
    out = environment.out
    if json:
        from attncli.export.data import json_text

        out.write(json_text(engine.record(check), ascii_only=out.ascii_only))
    else:
        from attncli.show.gradcheck import checks

        for text in checks(check, out, quiet=quiet):
            out.write(text)
    if not check.agrees:
        raise typer.Exit(ExitCode.WRONG)
