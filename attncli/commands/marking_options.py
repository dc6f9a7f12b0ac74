"""What check and grade share: the options that say what is due, how exact it must be, and what it earns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Annotated

import typer

from attncli.choices import LAYOUTS, MOST_DECIMALS
from attncli.commands.options import check_number, option, symbols_in
from attncli.errors import AttnError
from attncli.homework.policy import FOLLOW_THROUGH, Hint, Policy, Tolerance
from attncli.language import N_, _
from attncli.report import not_on_page, one_of

SHEET_LAYOUTS = (*LAYOUTS, "auto")
HintLevel = Annotated[
    str,
    typer.Option(
        "--hint",
        metavar="|".join(Hint),
        help=N_(
            "How much students are told: the verdicts, also which cells, or also what seems to be wrong."
        ),
    ),
]


@dataclass(frozen=True)
class Judging:
    """How the command line wants sheets to be judged; None: it does not say."""

    rows: str | None = option(
        "--rows",
        "SYMBOLS",
        N_(
            "The quantities that are due: --rows S,A,dWq. One left blank earns nothing."
            " Default: those that are answered."
        ),
    )
    decimals: int | None = option(
        "--decimals -d",
        "N",
        N_(
            "An answer is right to within half a unit of this decimal, and must show that many."
            " Default: half a unit of the last decimal that the student wrote."
        ),
    )
    significant: int | None = option(
        "--significant", "N", N_("An answer is right to within half a unit of this significant digit.")
    )
    rtol: float | None = option(
        "--rtol", "NUMBER", N_("Relative tolerance: an answer may be off by this share of the right number.")
    )
    atol: float | None = option(
        "--atol", "NUMBER", N_("Absolute tolerance: an answer may be off by this much; added to --rtol's.")
    )
    follow_through: str | None = option(
        "--follow-through",
        FOLLOW_THROUGH,
        N_("What a quantity earns that is right only for the student's own wrong numbers. Default: full."),
    )

    layout: str | None = option(
        "--layout",
        SHEET_LAYOUTS,
        N_(
            "How the sheets' matrices lie: a token is a row or a column, or (auto) as the sheet fits."
            " Default: as in the problem."
        ),
    )

    def check(self) -> None:
        """Refuse values that are not allowed, and tolerances that do not go together."""
        ways = {
            "--decimals": self.decimals,
            "--significant": self.significant,
            "--rtol/--atol": self.rtol if self.atol is None else self.atol,
        }
        given = [name for name, value in ways.items() if value is not None]
        if len(given) > 1:
            raise AttnError(
                _("{options} do not go together", options=", ".join(given)), hint=_("keep one of them")
            )
        for name, digits, least in (("--decimals", self.decimals, 0), ("--significant", self.significant, 1)):
            if digits is not None:
                check_number(name, digits, least, MOST_DECIMALS)
        Tolerance(rtol=self.rtol, atol=self.atol).check("--")
        if self.follow_through is not None:
            one_of("--follow-through", self.follow_through, FOLLOW_THROUGH)
        if self.layout is not None:
            one_of("--layout", self.layout, SHEET_LAYOUTS)

    def policy(self, symbols: Collection[str], base: Policy | None = None) -> Policy:
        """Return what is asked: the options', and where they say nothing, what ``base`` has.

        ``symbols`` are the rows that can be answered. Raises AttnError where --rows names another.
        """
        policy = base or Policy()
        tolerance = Tolerance(self.decimals, self.significant, self.rtol, self.atol)
        if tolerance != Tolerance():
            policy = replace(policy, tolerance=tolerance)
        if self.follow_through is not None:
            policy = replace(policy, follow_through=FOLLOW_THROUGH[self.follow_through])
        if self.layout is not None:
            policy = replace(policy, layout=self.layout)
        return policy if self.rows is None else replace(policy, due=due_rows(self.rows, symbols))


def due_rows(text: str | None, symbols: Collection[str]) -> tuple[str, ...] | None:
    """Read ``--rows S,A,dWq``; raises AttnError where a name is none of the rows that can be answered."""
    due = symbols_in("--rows", text, "S,A,dWq")
    for name in due or ():
        if name not in symbols:
            raise not_on_page(name, symbols)
    return None if due is None else tuple(due)
