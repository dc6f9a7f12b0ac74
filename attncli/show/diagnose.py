"""The screen of ``diagnose``: the verdict, then each cause with what it hides and how to change it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.padding import Padding

from attncli.diagnose.repairs import decimals_text
from attncli.language import N_, _, plural
from attncli.show.listing import Line, Listing
from attncli.show.terminal import INDENT, Words

if TYPE_CHECKING:
    from attncli.diagnose.diagnosis import Diagnosis, Weakness

KINDS = ("hidden", "alike", "faint")
HEADINGS = {
    ("hidden", True): N_("Undetectable: this mistake still gives the right numbers."),
    ("hidden", False): N_("Undetectable at {places}."),
    ("alike", True): N_("Cannot be told apart: these mistakes give the same numbers."),
    ("alike", False): N_("Cannot be told apart at {places}."),
    ("faint", True): N_("Uninformative."),
    ("faint", False): N_("Uninformative at {places}."),
}


def screen(diagnosis: Diagnosis, *, quiet: bool = False) -> Iterator[RenderableType]:
    """Yield the verdict, and unless ``quiet`` what explains it."""
    place = _("{config}, at {places}", config=diagnosis.config, places=decimals_text(diagnosis.decimals))
    yield Words(f"{place}: {verdict(diagnosis)}")
    if quiet:
        return
    causes: dict[tuple[str, str], list[Weakness]] = {}
    for weakness in diagnosis.weaknesses:
        causes.setdefault((weakness.why, weakness.how), []).append(weakness)
    for (why, how), weaknesses in causes.items():
        yield ""
        yield Words(title(why), "bold")
        if how:
            yield Words(_("To fix it: {how}", how=how), indent=INDENT, hanging=2 * INDENT)
        yield from listed(weaknesses, diagnosis.decimals)
    yield from remarks(diagnosis)


def verdict(diagnosis: Diagnosis) -> str:
    """Say in one sentence what was found."""
    counts = [
        plural(
            "{n} mistake cannot be detected", "{n} mistakes cannot be detected", diagnosis.count("hidden")
        ),
        plural(
            "{n} group of mistakes cannot be told apart",
            "{n} groups of mistakes cannot be told apart",
            diagnosis.count("alike"),
        ),
        plural("{n} quantity is uninformative", "{n} quantities are uninformative", diagnosis.count("faint")),
    ]
    found = [text for kind, text in zip(KINDS, counts, strict=True) if diagnosis.count(kind)]
    if found:
        return ", ".join(found)
    if diagnosis.always:
        return plural(
            "nothing to change: the {n} mistake can be detected",
            "nothing to change: all {n} mistakes can be detected",
            diagnosis.mistakes,
        )
    return plural(
        "nothing to change: the {n} mistake can be detected and told apart",
        "nothing to change: all {n} mistakes can be detected and told apart",
        diagnosis.mistakes,
    )


def title(why: str) -> str:
    """Say why, or that it is not known."""
    return _("Because {why}:", why=why) if why else _("No single number or size explains these:")


def listed(weaknesses: Sequence[Weakness], decimals: int) -> Iterator[RenderableType]:
    """Yield what one cause hides, under a heading for each kind of blind spot."""
    for (kind, exact), heading in HEADINGS.items():
        spots = [one.spot for one in weaknesses if (one.spot.kind, one.exact) == (kind, exact)]
        if not spots:
            continue
        yield Words(_(heading, places=decimals_text(decimals)), indent=INDENT)
        pairs: list[tuple[str, str]] = []
        if kind == "faint":
            said: dict[str, list[str]] = {}
            for spot in spots:
                said.setdefault(spot.says, []).extend(spot.rows)
            pairs = [(", ".join(rows), says) for says, rows in said.items()]
        for spot in spots if kind != "faint" else ():
            if pairs and kind == "alike":
                pairs.append(("", ""))
            pairs += [(name.id, ", ".join(name.formulas)) for name in spot.names]
        yield Padding(Listing(("", ""), [*map(Line, pairs)], wrapped=(1,)), (0, 0, 0, 2 * INDENT))


def remarks(diagnosis: Diagnosis) -> Iterator[RenderableType]:
    """Yield what no change of the numbers helps against."""
    if diagnosis.always or diagnosis.outside:
        yield ""
    for group in diagnosis.always:
        names = ", ".join(dict.fromkeys(f"{name.id} ({name.symbol})" for name in group.names))
        line = _("On every problem of this kind these give the same numbers: {names}.", names=names)
        missing = [row for row in group.rows[:-1] if row not in diagnosis.rows]  # the last holds both
        if missing:
            told = _("They can be told apart if the students also hand in {rows}.", rows=", ".join(missing))
            line = f"{line} {told}"
        yield Words(line)
    if diagnosis.outside:
        yield Words(
            plural(
                "{n} more mistake is made where none of these quantities would show it.",
                "{n} more mistakes are made where none of these quantities would show them.",
                diagnosis.outside,
            ),
        )
