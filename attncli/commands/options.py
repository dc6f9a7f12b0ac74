"""The options that commands share, each written down once."""

from __future__ import annotations

from typing import Annotated

import typer

Config = Annotated[
    str | None,
    typer.Argument(
        metavar="[CONFIG]",
        show_default=False,
        help="A YAML or JSON file, - for standard input, or a built-in problem: article, cross, masked,"
        " multihead. Left out: config.yaml of this folder, else article.",
    ),
]
ConfigOption = Annotated[
    str | None,
    typer.Option(
        "--config", "-c", metavar="CONFIG", help="The same as the argument CONFIG.", show_default=False
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change the problem for this run: --set mask=true, --set 'Wq[1,2]=0.5'. May be repeated.",
        show_default=False,
    ),
]
Only = Annotated[
    str | None,
    typer.Option(
        "--only", metavar="SYMBOLS", help="Show just these rows of the page: --only Q,A", show_default=False
    ),
]
Head = Annotated[
    int | None,
    typer.Option("--head", metavar="N", help="Show just this head, counted from 1.", show_default=False),
]
Decimals = Annotated[
    str | None,
    typer.Option(
        "--decimals",
        "-d",
        metavar="N|full",
        help="How many decimals are shown, or full for all that a number has. Else the config's, else 4.",
        show_default=False,
    ),
]
Full = Annotated[bool, typer.Option("--full", help="Show large matrices whole, not only their corners.")]
Plain = Annotated[
    bool,
    typer.Option(
        "--plain", help="Plain text for scripts: no boxes, no colour, one block a row, tabs between numbers."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="JSON for scripts: every row at full precision.")]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Just the tables: no heading, no notes, no reading.")
]
Dtype = Annotated[
    str,
    typer.Option(
        "--dtype", metavar="float64|float32", help="Calculate in this precision, to see its effect."
    ),
]
LossName = Annotated[
    str | None,
    typer.Option(
        "--loss",
        metavar="bce|ce|mse|sum|upstream",
        help="The loss; goes before the config's. Else the config's, else bce.",
        show_default=False,
    ),
]
Reduction = Annotated[
    str | None,
    typer.Option(
        "--reduction",
        metavar="sum|mean",
        help="Sum the loss over the cells, or take the mean. Else the config's, else sum.",
        show_default=False,
    ),
]
All = Annotated[bool, typer.Option("--all", help="Show the givens and the forward rows as well.")]
Width = Annotated[
    int | None,
    typer.Option(
        "--width",
        metavar="COLUMNS",
        help="How wide the screen is. Else COLUMNS, else the terminal's width, else 80.",
        show_default=False,
    ),
]
Color = Annotated[
    str | None,
    typer.Option(
        "--color",
        metavar="auto|always|never",
        help="When to use colour. Else NO_COLOR or FORCE_COLOR, else in a terminal.",
        show_default=False,
    ),
]
Ascii = Annotated[bool, typer.Option("--ascii", help="Write formulas and tables in ASCII: Q*K^T, sqrt d_k.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of a fault.")]
