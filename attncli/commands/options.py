"""The options that commands share, each written down once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from attncli.errors import AttnError
from attncli.language import LANGUAGES, N_, _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attncli.commands.environment import Environment
    from attncli.problem.problem import Problem
    from attncli.rounding import Rounding


MOST_DECIMALS = 15
Config = Annotated[
    str | None,
    typer.Argument(
        metavar="[CONFIG]",
        show_default=False,
        help=N_(
            "A YAML or JSON file, - for standard input, or the name of a problem that comes with attncli,"
            " such as tiny. Default: config.yaml in this folder, then article."
        ),
    ),
]
ConfigOption = Annotated[
    str | None,
    typer.Option(
        "--config", "-c", metavar="CONFIG", help=N_("The same as the argument CONFIG."), show_default=False
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help=N_("Change the problem for this run: --set mask=true, --set 'Wq[1,2]=0.5'. May be repeated."),
        show_default=False,
    ),
]
Only = Annotated[
    str | None,
    typer.Option(
        "--only",
        metavar="SYMBOLS",
        help=N_("Show just these rows of the page: --only Q,A"),
        show_default=False,
    ),
]
Head = Annotated[
    int | None,
    typer.Option("--head", metavar="N", help=N_("Show just this head, counted from 1."), show_default=False),
]
Decimals = Annotated[
    str | None,
    typer.Option(
        "--decimals",
        "-d",
        metavar="N|full",
        help=N_("How many decimals are shown, or full for all that a number has. Else the config's, else 4."),
        show_default=False,
    ),
]
Full = Annotated[bool, typer.Option("--full", help=N_("Show large matrices whole, not only their corners."))]
Plain = Annotated[
    bool,
    typer.Option(
        "--plain",
        help=N_("Plain text for scripts: no boxes, no colour, one block a row, tabs between numbers."),
    ),
]
Json = Annotated[bool, typer.Option("--json", help=N_("JSON for scripts: every row at full precision."))]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="text|plain|json|csv|npz|markdown|latex|html|svg",
        help=N_(
            "How to write it: csv is one file a row of the page, npz an array a symbol. These and json hold"
            " all rows, or those of --only, at full precision. Else as the output's name ends, else text."
        ),
        show_default=False,
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help=N_(
            "Write to this file, replacing it, whole or not at all; with csv to this folder, or to a file"
            " that ends in .csv where there is one row. Else to standard output."
        ),
        show_default=False,
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help=N_("Just the tables: no heading, no notes, no reading."))
]
Dtype = Annotated[
    str,
    typer.Option(
        "--dtype", metavar="float64|float32", help=N_("Calculate in this precision, to see its effect.")
    ),
]
LossName = Annotated[
    str | None,
    typer.Option(
        "--loss",
        metavar="bce|ce|mse|sum|upstream",
        help=N_("The loss; goes before the config's. Else the config's, else bce."),
        show_default=False,
    ),
]
Reduction = Annotated[
    str | None,
    typer.Option(
        "--reduction",
        metavar="sum|mean",
        help=N_("Sum the loss over the cells, or take the mean. Else the config's, else sum."),
        show_default=False,
    ),
]
Round = Annotated[
    int | None,
    typer.Option(
        "--round",
        metavar="N",
        help=N_(
            "Round every row to N decimals before the next one uses it, as a person does; shows the drift."
        ),
        show_default=False,
    ),
]
RoundingMode = Annotated[
    str,
    typer.Option(
        "--rounding",
        metavar="half-up|half-even|truncate",
        help=N_("How halves are rounded: away from zero, to the even digit; or cut off."),
    ),
]
All = Annotated[bool, typer.Option("--all", help=N_("Show the givens and the forward rows as well."))]
Width = Annotated[
    int | None,
    typer.Option(
        "--width",
        metavar="COLUMNS",
        help=N_("How wide the screen is. Else COLUMNS, else the terminal's width, else 80."),
        show_default=False,
    ),
]
Lang = Annotated[
    str | None,
    typer.Option(
        "--lang",
        metavar="|".join(LANGUAGES),
        help=N_("English, or Vietnamese. Else ATTNCLI_LANG, else the locale's, else English."),
        show_default=False,
    ),
]
Color = Annotated[
    str | None,
    typer.Option(
        "--color",
        metavar="auto|always|never",
        help=N_("When to use colour. Else NO_COLOR or FORCE_COLOR, else in a terminal."),
        show_default=False,
    ),
]
Ascii = Annotated[
    bool, typer.Option("--ascii", help=N_("Write formulas and tables in ASCII: Q*K^T, sqrt d_k."))
]
Debug = Annotated[bool, typer.Option("--debug", help=N_("Show the traceback of a fault."))]


def rounding_of(decimals: int | None, mode: str) -> Rounding | None:
    """Read ``--round`` and ``--rounding``. Raises AttnError where they say nothing that there is."""
    modes = ("half-up", "half-even", "truncate")
    if mode not in modes:
        raise AttnError(_("--rounding is {mode!r}; expected {modes}", mode=mode, modes=", ".join(modes)))
    if decimals is None:
        return None
    if not 0 <= decimals <= MOST_DECIMALS:
        raise AttnError(
            _(
                "--round is {decimals}; expected a whole number from 0 to {most}",
                decimals=decimals,
                most=MOST_DECIMALS,
            )
        )
    from attncli.rounding import Rounding

    return Rounding(decimals, mode)


def check_decimals(option: str | None) -> None:
    """Refuse ``--decimals`` that is neither a number nor full."""
    if option is not None and option not in {"full", *map(str, range(MOST_DECIMALS + 1))}:
        raise AttnError(
            _(
                "--decimals is {option!r}; expected a whole number from 0 to {most}, or full",
                option=option,
                most=MOST_DECIMALS,
            )
        )


def decimals_of(option: str | None, usual: int) -> int:
    """How many decimals are shown: the option's, else the usual ones."""
    if option is None:
        return usual
    from attncli.show.numbers import FULL

    return FULL if option == "full" else int(option)


def with_loss(changes: Sequence[str] | None, loss: str | None, reduction: str | None) -> list[str]:
    """Let ``--loss`` and ``--reduction`` go before the config's, so that its target is held against them.

    Raises AttnError where one of them is no loss or no reduction that there is.
    """
    from attncli.calculation import one_of
    from attncli.problem.targets import LOSSES, REDUCTIONS

    taken = list(changes or ())
    for key, value, known in (("loss", loss, LOSSES), ("reduction", reduction, REDUCTIONS)):
        if value is not None:
            taken.append(f"{key}={one_of(f'--{key}', value, known)}")
    return taken


def load_problem(
    config: str | None,
    config_option: str | None,
    changes: Sequence[str] | None,
    environment: Environment,
    *,
    quiet: bool,
) -> Problem:
    """Load the problem that the command line names, and say which it is where it names none."""
    from attncli.problem.sources import default_source, load

    if config is not None and config_option is not None:
        raise AttnError(
            _("CONFIG is given twice, as an argument and with --config"), hint=_("keep one of them")
        )
    source = config if config is not None else config_option
    said = None
    if source is None:
        source, said = default_source()
    problem = load(source, changes or ())
    if not quiet:
        for note in (*([said] if said else []), *problem.notes):
            environment.note(note)
    return problem
