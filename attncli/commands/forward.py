"""``attncli forward``: every matrix from the embeddings to the output."""

from __future__ import annotations

import typer  # noqa: TC002 - Typer reads the annotations

from attncli.commands import options  # noqa: TC001
from attncli.commands.environment import Environment
from attncli.commands.options import load_problem, rounding_of
from attncli.commands.output import Show, show
from attncli.language import N_

HELP = N_("""Work out the forward pass: every matrix from the embeddings to the output O, with its formula.

\b
Examples:
  attncli forward                              the built-in article
  attncli forward my.yaml --only S,A           two rows of your own problem
  attncli forward multihead --head 1 --only A  one head
  attncli forward article --set mask=true      what a causal mask changes
  attncli forward my.yaml --json | jq .values.A
  attncli forward my.yaml --output page.html   a page for the browser
  attncli forward my.yaml -f csv -o page/      a folder of tables: page/A.csv and more""")


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
    problem = load_problem(config, config_option, changes, environment, quiet=quiet)
    how.check_head(problem)
    from attncli import calculation

    result = calculation.forward(problem, only=how.symbols, dtype=dtype, rounding=on_paper)  # type: ignore[arg-type]
    show(result, how, environment, how.symbols or list(result.values))
