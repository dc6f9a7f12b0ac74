"""``attncli forward``: every matrix from the embeddings to the output."""

from __future__ import annotations

from attncli.commands.environment import Environment
from attncli.commands.options import Dtype, Only, OnPaper, Set, Source, command, symbols_in
from attncli.commands.output import Output
from attncli.language import N_

HELP = N_("""Run the forward pass: every matrix from the embeddings to the output O, with its formula.

\b
Examples:
  attncli forward                              the built-in article
  attncli forward my.yaml --only S,A           two quantities of your own problem
  attncli forward multihead --head 1 --only A  one head
  attncli forward article --set mask=true      what a causal mask changes
  attncli forward my.yaml --json | jq .values.A
  attncli forward my.yaml --output page.html   a page for the browser
  attncli forward my.yaml -f csv -o page/      a folder of tables: page/A.csv and more""")


@command()
def forward(
    *,
    source: Source,
    changes: Set = None,
    only: Only = None,
    target: Output,
    on_paper: OnPaper,
    dtype: Dtype = "float64",
    environment: Environment,
) -> None:
    """Parse, calculate, show."""
    symbols = symbols_in("--only", only, "Q,A")
    target.check()
    rounding = on_paper.rounding()
    problem = source.load(environment, changes)
    target.check_head(problem)
    from attncli import calculation

    result = calculation.forward(problem, only=symbols, dtype=dtype, rounding=rounding)  # type: ignore[arg-type]
    target.show(result, symbols or list(result.values), environment)
