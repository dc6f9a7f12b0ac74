"""``attncli backward``: the loss, and its gradient with respect to everything on the page."""

from __future__ import annotations

from attncli.commands.environment import Environment
from attncli.commands.options import Changes, Dtype, Only, OnPaper, Source, command, flag, symbols_in
from attncli.commands.output import Output
from attncli.language import N_

HELP = N_("""Run the backward pass: the loss, and its gradient with respect to everything on the page.

\b
Examples:
  attncli backward                        the built-in article, binary cross-entropy
  attncli backward my.yaml --loss mse     another loss
  attncli backward masked --only dWq,dX   two gradients
  attncli backward --all                  the forward pass as well
  attncli backward my.yaml --json | jq .values.dWq
  attncli backward my.yaml -o page.tex    a LaTeX document
  attncli backward my.yaml -o page.npz    every array for NumPy""")


@command()
def backward(
    *,
    source: Source,
    changes: Changes,
    only: Only = None,
    every: bool = flag("--all", N_("Show the givens and the forward pass as well.")),
    target: Output,
    on_paper: OnPaper,
    dtype: Dtype = "float64",
    environment: Environment,
) -> None:
    """Parse, calculate, show."""
    symbols = symbols_in("--only", only, "Q,A")
    target.check()
    rounding = on_paper.rounding()
    problem = source.load(environment, changes.with_loss())
    target.check_head(problem)
    from attncli import calculation

    result = calculation.backward(problem, only=symbols, dtype=dtype, rounding=rounding)  # type: ignore[arg-type]
    if symbols is None and every:
        symbols = list(result.values)
    elif symbols is None:
        loss_side = ("Y", "U", result.problem.form.output, "P", "L")
        symbols = [symbol for symbol in loss_side if symbol in result.values]
        symbols += [row.symbol for row in result.rows if row.backward]
    target.show(result, symbols, environment)
