"""What check and grade share: the options that say what is due, how exact it must be, and what it earns."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from attncli.commands.options import MOST_DECIMALS
from attncli.errors import AttnError
from attncli.homework.policy import FOLLOW_THROUGH, Policy, Tolerance
from attncli.language import N_, _, either

if TYPE_CHECKING:
    from collections.abc import Collection


HINTS = ("none", "cell", "mistake")

Rows = Annotated[
    str | None,
    typer.Option(
        "--rows",
        metavar="SYMBOLS",
        help=N_("The rows that are due: --rows S,A,dWq. One left blank earns nothing. Else those answered."),
        show_default=False,
    ),
]
Decimals = Annotated[
    int | None,
    typer.Option(
        "--decimals",
        "-d",
        metavar="N",
        help=N_(
            "An answer is right to within half a unit of this decimal, and must show that many."
            " Else half a unit of the last decimal that the student wrote."
        ),
        show_default=False,
    ),
]
Significant = Annotated[
    int | None,
    typer.Option(
        "--significant",
        metavar="N",
        help=N_("An answer is right to within half a unit of this significant digit."),
        show_default=False,
    ),
]
Rtol = Annotated[
    float | None,
    typer.Option(
        "--rtol",
        metavar="NUMBER",
        help=N_("An answer may be off by this share of the right number."),
        show_default=False,
    ),
]
Atol = Annotated[
    float | None,
    typer.Option(
        "--atol",
        metavar="NUMBER",
        help=N_("An answer may be off by this much; with --rtol, by the sum."),
        show_default=False,
    ),
]
FollowThrough = Annotated[
    str | None,
    typer.Option(
        "--follow-through",
        metavar="|".join(FOLLOW_THROUGH),
        help=N_("What a row earns that is right only from the student's own wrong numbers. Else full."),
        show_default=False,
    ),
]
Hints = Annotated[
    str,
    typer.Option(
        "--hint",
        metavar="|".join(HINTS),
        help=N_("How much a student is told: the verdicts; also which cells; also what seems to be wrong."),
    ),
]


@dataclass(frozen=True)
class Judging:
    """How the command line wants sheets to be judged; None: it does not say."""

    rows: str | None = None
    decimals: int | None = None
    significant: int | None = None
    rtol: float | None = None
    atol: float | None = None
    follow_through: str | None = None

    def check(self) -> None:
        """Refuse values that there are not, and tolerances that do not go together."""
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
            if digits is not None and not least <= digits <= MOST_DECIMALS:
                raise AttnError(
                    _(
                        "{option} is {value}; expected a whole number from {least} to {most}",
                        option=name,
                        value=digits,
                        least=least,
                        most=MOST_DECIMALS,
                    )
                )
        for name, size in (("--rtol", self.rtol), ("--atol", self.atol)):
            if size is not None and not (math.isfinite(size) and size >= 0):
                raise AttnError(
                    _("{option} is {value:g}; expected a number from 0 up", option=name, value=size),
                    hint=_("like 0.001"),
                )
        check_word("--follow-through", self.follow_through, FOLLOW_THROUGH)

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
        return policy if self.rows is None else replace(policy, due=due_rows(self.rows, symbols))


def check_hint(word: str) -> None:
    """Refuse a ``--hint`` that there is not."""
    check_word("--hint", word, HINTS)


def check_word(option: str, word: str | None, known: Collection[str]) -> None:
    """Refuse a word that is not one of a few."""
    if word is not None and word not in known:
        raise AttnError(
            _("{option} is {word!r}; expected {known}", option=option, word=word, known=either(known))
        )


def due_rows(text: str, symbols: Collection[str]) -> tuple[str, ...]:
    """Read ``S,A,dWq``; raises AttnError where a name is none of the rows."""
    from attncli.report import not_on_page

    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise AttnError(_("--rows names no row"), hint=_("like --rows S,A,dWq"))
    for name in names:
        if name not in symbols:
            raise not_on_page(name, tuple(symbols), "")
    return names
