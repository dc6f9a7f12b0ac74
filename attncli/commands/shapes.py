"""``attncli shapes``: how large everything is, beside the original paper."""

from __future__ import annotations

from typing import Annotated

import typer

from attncli.commands import options  # noqa: TC001
from attncli.commands.environment import Environment
from attncli.commands.options import load_problem
from attncli.language import N_

HELP = N_("""Show the shape of every matrix, in letters, in your numbers and in those of the original paper.

Behind the shapes come the counts: how many parameters the weights have, and how many multiply-adds the
products take.

\b
Examples:
  attncli shapes                      the built-in article
  attncli shapes multihead            with heads, and the output weights
  attncli shapes my.yaml --json | jq .multiply_adds.total""")


def shapes(
    context: typer.Context,
    config: options.Config = None,
    *,
    config_option: options.ConfigOption = None,
    changes: options.Set = None,
    json: Annotated[
        bool, typer.Option("--json", help=N_("JSON for scripts: the same shapes and counts."))
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=N_("No notes about the problem."))] = False,
    lang: options.Lang = None,
    width: options.Width = None,
    color: options.Color = None,
    ascii_only: options.Ascii = False,
    debug: options.Debug = False,
) -> None:
    """Parse, measure, show."""
    environment = context.ensure_object(Environment)
    environment.update(width, color, lang, ascii_only=ascii_only, debug=debug)
    problem = load_problem(config, config_option, changes, environment, quiet=quiet)
    from attncli.readings.shapes import shapes_of

    measured = shapes_of(problem)
    if json:
        from attncli.export.data import json_text

        environment.out.write(json_text(measured.to_dict(), ascii_only=environment.out.ascii_only))
        return
    from attncli.show.shapes import ShapeTables

    for text in ShapeTables(environment.out).render(measured):
        environment.out.write(text)
