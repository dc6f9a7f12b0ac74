"""The options that commands share, each written down once."""

from __future__ import annotations

from typing import Annotated

import typer

from attncli.language import LANGUAGES, N_

Config = Annotated[
    str | None,
    typer.Argument(
        metavar="[CONFIG]",
        show_default=False,
        help=N_(
            "A YAML or JSON file, - for standard input, or a built-in problem: article, cross, masked,"
            " multihead. Left out: config.yaml of this folder, else article."
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
