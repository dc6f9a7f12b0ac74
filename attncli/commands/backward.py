"""``attncli backward``: the loss, and its gradient by everything on the page."""

from __future__ import annotations

import typer  # noqa: TC002 - Typer reads the annotations

from attncli.commands import options  # noqa: TC001
from attncli.commands.environment import Environment
from attncli.commands.options import load_problem, rounding_of, with_loss
from attncli.commands.output import Show, show
from attncli.language import N_

HELP = N_("""Work out the loss and its gradient by every given and every row of the page.

\b
Examples:
  attncli backward                        the built-in article, binary cross-entropy
  attncli backward my.yaml --loss mse     another loss
  attncli backward masked --only dWq,dX   two gradients
  attncli backward --all                  the forward rows as well
  attncli backward my.yaml --json | jq .values.dWq
  attncli backward my.yaml -o page.tex    a LaTeX document
  attncli backward my.yaml -o page.npz    every array for NumPy""")
LOSS_SIDE = ("Y", "U", "O", "P", "L")


def backward(
    context: typer.Context,
    config: options.Config = None,
    *,
    config_option: options.ConfigOption = None,
    loss: options.LossName = None,
    reduction: options.Reduction = None,
    changes: options.Set = None,
    only: options.Only = None,
    every: options.All = False,
    head: options.Head = None,
    decimals: options.Decimals = None,
    full: options.Full = False,
    plain: options.Plain = False,
    json: options.Json = False,
    style: options.Format = None,
    output: options.Output = None,
    quiet: options.Quiet = False,
    rounded: options.Round = None,
    rounding: options.RoundingMode = "half-up",
    dtype: options.Dtype = "float64",
    lang: options.Lang = None,
    width: options.Width = None,
    color: options.Color = None,
    ascii_only: options.Ascii = False,
    debug: options.Debug = False,
) -> None:
    """Parse, calculate, show."""
    environment = context.ensure_object(Environment)
    environment.update(width, color, lang, ascii_only=ascii_only, debug=debug)
    how = Show(only, head, decimals, full, plain, json, quiet, style, output)
    how.check()
    on_paper = rounding_of(rounded, rounding)
    from attncli import calculation

    taken = with_loss(changes, loss, reduction)
    problem = load_problem(config, config_option, taken, environment, quiet=quiet)
    how.check_head(problem)
    result = calculation.backward(problem, only=how.symbols, dtype=dtype, rounding=on_paper)  # type: ignore[arg-type]
    backward_rows = [row.symbol for row in result.rows if row.backward]
    loss_side = [symbol for symbol in LOSS_SIDE if symbol in result.values]
    show(
        result,
        how,
        environment,
        how.symbols or (list(result.values) if every else [*loss_side, *backward_rows]),
    )
