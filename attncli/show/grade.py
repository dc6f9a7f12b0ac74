"""The screen of ``grade``: how a course did, what was hard, and what a teacher should look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType

from attncli.course.summary import BINS
from attncli.homework.marks import Verdict
from attncli.language import _, plural
from attncli.show.listing import Line, Listing
from attncli.show.terminal import INDENT, Words

if TYPE_CHECKING:
    from attncli.course.course import Graded, Plan
    from attncli.course.regrade import Change, Changes
    from attncli.course.sheets import Skipped
    from attncli.course.summary import Summary
    from attncli.course.whose import Owners


BAR = 30  # columns for the tallest bar
MOST = 10  # mistakes, groups, sheets that are named one by one
NAMES = 8  # students named in one sentence


def screen(plan: Plan, graded: Graded, skipped: Sequence[Skipped]) -> Iterator[RenderableType]:
    """Yield the summary of a course, one part after the other."""
    found = graded.summary
    yield Words(heading(plan, found), hanging=INDENT)
    if found.marked:
        yield ""
        yield histogram(found)
        mean, median = found.mean or 0.0, found.median or 0.0
        middle = _("mean {mean:.1f} %, median {median:.1f} %", mean=mean, median=median)
        yield Words(middle, hanging=INDENT)
    if found.rows:
        yield ""
        yield rows(found)
        yield Words(hardest(found), hanging=INDENT)
    if found.mistakes:
        yield ""
        yield mistakes(found)
    missing = found.missing(plan.course.people)
    gone = set(graded.removed)
    left = [str(path) for path in graded.stale if path not in gone]
    parts = (
        (_("The same wrong numbers:"), list(same_wrong(found))),
        (_("Could not be read:"), list(unreadable(found))),
        (_("Students with several sheets (each marked separately):"), duplicates(graded.owners)),
        (_("Named after somebody else:"), few([f"{one.file}: {one}" for one in graded.owners.misnamed])),
        (_("Not in the roster:"), few([f"{who}: {file}" for who, file in graded.owners.outsiders])),
        (_("In the roster, and no sheet:"), [named(missing)] if missing else []),
        (_("Skipped files:"), few([f"{one.file}: {one.reason}" for one in skipped])),
        (_("Left by an earlier run (--clean removes them):"), few(left)),
        (_("Left by an earlier run, and removed:"), few(list(map(str, graded.removed)))),
    )
    for title, sentences in parts:
        if sentences:
            yield ""
            yield Words(title)
            for text in sentences:
                yield Words(text, indent=INDENT, hanging=2 * INDENT)
    if graded.changes:
        yield ""
        yield from changed(graded.changes)
    yield ""
    paths = ", ".join(map(str, graded.written))
    yield Words(_("Written: {paths}", paths=paths), hanging=INDENT)


def heading(plan: Plan, found: Summary) -> str:
    """Say which course this is, and how many sheets there were."""
    sheets = plural("{n:,} sheet", "{n:,} sheets", len(found.files))
    late = plural(", {n:,} of them late", ", {n:,} of them late", found.late) if found.late else ""
    return f"{plan.course.assignment}: {sheets}{late}"


def histogram(found: Summary) -> Listing:
    """Draw how many sheets have which score."""
    counts = found.distribution
    step, tallest = 100 // BINS, max(counts)
    lines = []
    for i, count in reversed([*enumerate(counts)]):
        upper = 100 if i == BINS - 1 else (i + 1) * step - 1
        bar = "█" * max(round(BAR * count / tallest), 1 if count else 0)
        lines.append(Line((f"{i * step}–{upper} %", f"{count:,}", bar)))
    return Listing((_("score"), _("sheets"), ""), lines, right=(0, 1), bar=2)


def rows(found: Summary) -> Listing:
    """Write what became of each row."""
    verdicts = (_("correct"), _("follows"), _("blank"), _("unreadable"), _("wrong"))
    titles = (_("quantity"), *verdicts, _("points"))
    lines = []
    for symbol in found.symbols:
        count = found.rows[symbol]
        numbers = [f"{count.verdicts[verdict]:,}" if count.verdicts[verdict] else "" for verdict in Verdict]
        lines.append(Line((symbol, *numbers, f"{100 * count.share:.0f} %")))
    return Listing(titles, lines, right=range(1, len(titles)))


def hardest(found: Summary) -> str:
    """Say which row was hard."""
    symbol = found.hardest
    if symbol is None:
        return _("Every quantity earned all of its points.")
    share = 100 * found.rows[symbol].share
    return _(
        "The hardest quantity: {symbol}, which earned {share:.0f} % of its points.",
        symbol=symbol,
        share=share,
    )


def mistakes(found: Summary) -> Listing:
    """Write the mistakes that were made most often."""
    lines = [
        Line((id_, f"{count:,}", found.formulas[id_])) for id_, count in found.mistakes.most_common(MOST)
    ]
    return Listing((_("mistake"), _("sheets"), _("what was done")), lines, right=(1,), wrapped=(2,))


def same_wrong(found: Summary) -> Iterator[str]:
    """Say which students share wrong numbers, and where."""
    groups = found.same_wrong
    for same in groups[:MOST]:
        students = [found.students[sheet] for sheet in same.sheets]
        text = plural(
            "{students}: {n} cell in {rows}",
            "{students}: {n} cells in {rows}",
            same.cells,
            students=named(students),
            rows=", ".join(same.rows),
        )
        if same.explained:
            text += " " + _("(a mistake explains them: whoever makes it gets these numbers)")
        elif same.slip:
            text += " " + _("(a slip explains them: whoever makes the same one gets these numbers)")
        yield text
    yield from more(len(groups) - MOST)


def unreadable(found: Summary) -> Iterator[str]:
    """Say which sheets could not be read, and why."""
    for file, reason in found.reasons[:MOST]:
        yield reason if reason.startswith(file) else f"{file}: {reason}"
    yield from more(found.unreadable - MOST)


def duplicates(owners: Owners) -> list[str]:
    """Say who has more than one sheet, and which of them gradebooks take."""
    sentences = []
    for one in owners.several:
        booked = one.booked and _("booked: {file}", file=one.booked)
        why = booked or _("none is booked: {reason}", reason=one.reason)
        sentences.append(f"{one.student}: {named(one.files)}; {why}")
    return few(sentences)


def changed(changes: Changes) -> Iterator[RenderableType]:
    """Say whose score changed, and where."""
    if not changes.changed:
        yield Words(_("No score has changed."))
        return
    yield Words(plural("{n:,} sheet has changed:", "{n:,} sheets have changed:", changes.changed))
    titles = (_("file"), _("before"), _("after"), _("change"), _("quantities"))
    lines = [Line(cells_of(change)) for change in changes.first]
    yield Listing(titles, lines, right=(1, 2, 3))
    for text in more(changes.changed - len(changes.first)):
        yield Words(text)


def cells_of(change: Change) -> tuple[str, ...]:
    """Write one changed sheet."""
    before, after = ("–" if score is None else f"{score:g}" for score in (change.before, change.after))
    by = "" if change.by is None else f"{change.by:+g}"
    return (change.file, before, after, by, change.in_rows)


def named(names: Sequence[str]) -> str:
    """Name some, and count the others."""
    return ", ".join([*names[:NAMES], *more(len(names) - NAMES)])


def few(sentences: Sequence[str]) -> list[str]:
    """Keep the first of many sentences, and count the others."""
    return [*sentences[:MOST], *more(len(sentences) - MOST)]


def more(count: int) -> Iterator[str]:
    """Say how many there are besides."""
    if count > 0:
        yield plural("… and {n:,} more", "… and {n:,} more", count)
