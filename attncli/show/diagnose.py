"""The screen of ``diagnose``: the verdict, then each cause with what it hides and how to change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from attncli.diagnose.repairs import decimals_text
from attncli.language import N_, _, plural
from attncli.show.listing import paragraph, printed
from attncli.show.terminal import columns_of
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from attncli.diagnose.diagnosis import Diagnosis, Finding
    from attncli.show.terminal import Terminal


INDENT, STEP = "  ", "    "
GAP, WIDE = 2, 26  # columns between a mistake's name and its formula, and of both
KINDS = ("hidden", "alike", "faint")
HEADINGS = {
    ("hidden", True): N_("Undetectable: this mistake still gives the right numbers."),
    ("hidden", False): N_("Undetectable at {places}."),
    ("alike", True): N_("Cannot be told apart: these mistakes give the same numbers."),
    ("alike", False): N_("Cannot be told apart at {places}."),
    ("faint", True): N_("Says little."),
    ("faint", False): N_("Says little at {places}."),
}


def screen(diagnosis: Diagnosis, terminal: Terminal, *, quiet: bool = False) -> Iterator[str]:
    """Yield everything as text; ``quiet``: the verdict alone."""
    place = _("{config}, at {places}", config=diagnosis.config, places=decimals_text(diagnosis.decimals))
    yield paragraph(terminal, f"{place}: {verdict(diagnosis)}")
    if quiet:
        return
    causes: dict[tuple[str, str], list[Finding]] = {}
    for finding in diagnosis.findings:
        causes.setdefault((finding.why, finding.how), []).append(finding)
    for (why, how), findings in causes.items():
        yield "\n"
        yield printed(terminal, [Text(terminal.fit(sanitize(title(why))), "bold")])
        if how:
            yield paragraph(terminal, INDENT + _("To fix it: {how}", how=how), indent=STEP)
        yield from listed(findings, diagnosis.decimals, terminal)
    yield from remarks(diagnosis, terminal)


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
        plural("{n} quantity says little", "{n} quantities say little", diagnosis.count("faint")),
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


def listed(findings: Sequence[Finding], decimals: int, terminal: Terminal) -> Iterator[str]:
    """Yield what one cause hides, under a heading for each kind of blind spot."""
    for (kind, exact), heading in HEADINGS.items():
        spots = [finding.spot for finding in findings if (finding.spot.kind, finding.exact) == (kind, exact)]
        if not spots:
            continue
        yield paragraph(terminal, INDENT + _(heading, places=decimals_text(decimals)), indent=INDENT)
        if kind == "faint":
            said: dict[str, list[str]] = {}
            for spot in spots:
                said.setdefault(spot.says, []).extend(spot.rows)
            yield from columns([(", ".join(rows), says) for says, rows in said.items()], terminal)
        for i, spot in enumerate(spots if kind != "faint" else ()):
            yield from "\n" if i and kind == "alike" else ""
            yield from columns([(name.id, ", ".join(name.formulas)) for name in spot.names], terminal)


def columns(lines: Sequence[tuple[str, str]], terminal: Terminal) -> Iterator[str]:
    """Yield pairs of words side by side, and below each other where there is no room for that."""
    for left, right in lines:
        blanks = " " * max(GAP, WIDE - columns_of(left))
        yield paragraph(terminal, f"{STEP}{left}{blanks}{right}", indent=STEP + INDENT)


def remarks(diagnosis: Diagnosis, terminal: Terminal) -> Iterator[str]:
    """Yield what no change of the numbers helps against."""
    if diagnosis.always or diagnosis.outside:
        yield "\n"
    for group in diagnosis.always:
        names = ", ".join(dict.fromkeys(f"{name.id} ({name.symbol})" for name in group.names))
        line = _("On every problem of this kind these give the same numbers: {names}.", names=names)
        missing = [row for row in group.rows[:-1] if row not in diagnosis.rows]  # the last holds both
        if missing:
            told = _("They can be told apart if the students also hand in {rows}.", rows=", ".join(missing))
            line = f"{line} {told}"
        yield paragraph(terminal, line)
    if diagnosis.outside:
        yield paragraph(
            terminal,
            plural(
                "{n} more mistake is made where none of these quantities would show it.",
                "{n} more mistakes are made where none of these quantities would show them.",
                diagnosis.outside,
            ),
        )
