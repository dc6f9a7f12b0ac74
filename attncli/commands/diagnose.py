"""``attncli diagnose``: what a problem cannot show, before the homework goes out."""

from __future__ import annotations

from typing import Annotated

import typer

from attncli.commands import options  # noqa: TC001
from attncli.commands.environment import Environment
from attncli.commands.marking_options import due_rows
from attncli.commands.options import MOST_DECIMALS, load_problem, with_loss
from attncli.errors import AttnError
from attncli.language import N_, _

HELP = N_("""Before homework goes out: which mistakes this problem cannot show, and how to change it.

Where n = d_k, a student who divides by √n gets the right numbers; where Wk is Wq, so does one who writes
K·Qᵀ. Every mistake that check can name is made on this problem, in full and rounded at each step to the
decimals asked for: those that give the right numbers, those that cannot be told apart, and rows that say
little (a softmax of 0 and 1, a gradient of zeros) are listed with what causes it and a change that helps.
A mistake that no problem of this form could show is left out. The exit code is 0, whatever was found.

\b
Examples:
  attncli diagnose mine.yaml                       at 4 decimals, every row handed in
  attncli diagnose mine.yaml --decimals 2          as students write who keep two
  attncli diagnose mine.yaml --rows S,A,O,dWq      only these rows are handed in
  attncli diagnose mine.yaml --set 'Wk[1,2]=1'     what a change would do
  attncli diagnose mine.yaml --json | jq .blind_spots""")

Decimals = Annotated[
    int,
    typer.Option("--decimals", "-d", metavar="N", help=N_("To how many decimals students round each step.")),
]
Rows = Annotated[
    str | None,
    typer.Option(
        "--rows",
        metavar="SYMBOLS",
        help=N_("The rows that students hand in: --rows S,A,dWq. Else all."),
        show_default=False,
    ),
]


def diagnose(
    context: typer.Context,
    config: options.Config = None,
    *,
    config_option: options.ConfigOption = None,
    decimals: Decimals = 4,
    rows: Rows = None,
    loss: options.LossName = None,
    reduction: options.Reduction = None,
    changes: options.Set = None,
    json: Annotated[bool, typer.Option("--json", help=N_("JSON for scripts."))] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help=N_("Just the verdict, and no notes about the problem."))
    ] = False,
    lang: options.Lang = None,
    width: options.Width = None,
    color: options.Color = None,
    ascii_only: options.Ascii = False,
    debug: options.Debug = False,
) -> None:
    """Parse, work every mistake out, show."""
    environment = context.ensure_object(Environment)
    environment.update(width, color, lang, ascii_only=ascii_only, debug=debug)
    if not 0 <= decimals <= MOST_DECIMALS:
        raise AttnError(
            _(
                "{option} is {value}; expected a whole number from {least} to {most}",
                option="--decimals",
                value=decimals,
                least=0,
                most=MOST_DECIMALS,
            )
        )
    set_keys = with_loss(changes, loss, reduction)
    problem = load_problem(config, config_option, set_keys, environment, quiet=quiet)
    from attncli.diagnose.diagnosis import diagnose as look_through
    from attncli.homework.key import Key

    key = Key.of(problem, loss, reduction)
    found = look_through(key, decimals=decimals, rows=None if rows is None else due_rows(rows, key.symbols))
    if json:
        from attncli.export.data import json_text

        environment.out.write(json_text(found.to_dict(), ascii_only=environment.out.ascii_only))
        return
    from attncli.show.diagnose import screen

    for text in screen(found, environment.out, quiet=quiet):
        environment.out.write(text)
