"""``attncli forward``: every matrix from the embeddings to the output."""

from __future__ import annotations

import typer  # noqa: TC002 - Typer reads the annotations

from attncli.commands import options  # noqa: TC001
from attncli.commands.environment import Environment
from attncli.commands.output import Show, load_problem, show

HELP = """Work out the forward pass: every matrix from the embeddings to the output O, with its formula.

\b
Examples:
  attncli forward                              the built-in article
  attncli forward my.yaml --only S,A           two rows of your own problem
  attncli forward multihead --head 1 --only A  one head
  attncli forward article --set mask=true      what a causal mask changes
  attncli forward my.yaml --json | jq .values.A
"""


def forward(
    context: typer.Context,
    config: options.Config = None,
    *,
    config_option: options.ConfigOption = None,
    changes: options.Set = None,
    only: options.Only = None,
    head: options.Head = None,
    decimals: options.Decimals = None,
    full: options.Full = False,
    plain: options.Plain = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    dtype: options.Dtype = "float64",
    width: options.Width = None,
    color: options.Color = None,
    ascii_only: options.Ascii = False,
    debug: options.Debug = False,
) -> None:
    """Parse, calculate, show."""
    environment = context.ensure_object(Environment)
    environment.update(width, color, ascii_only=ascii_only, debug=debug)
    how = Show(only, head, decimals, full, plain, json, quiet)
    how.check()
    problem = load_problem(config, config_option, changes, environment, quiet=quiet)
    how.check_head(problem)
    from attncli import calculation  # noqa: PLC0415 - --help needs no NumPy

    result = calculation.forward(problem, only=how.symbols, dtype=dtype)  # type: ignore[arg-type]
    show(result, how, environment, how.symbols or list(result.values))
