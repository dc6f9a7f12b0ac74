"""What a student is told about a sheet, as pieces of text that each format sets in its own way."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from attncli.graders.records import GOOD, is_unreadable, late_penalty
from attncli.homework.marks import Verdict, command_name, points_text
from attncli.language import _, plural

if TYPE_CHECKING:
    from attncli.graders.records import Record


SLIP = "slip-"  # the formula was right: the hand slipped
MOST_CELLS = 8  # wrong cells that are named one by one
LONGEST = 40  # characters of what stands in a cell
Block: TypeAlias = tuple[str, tuple[str, ...]]  # its kind, which says how a format sets it, and its texts


def score_line(view: Record) -> str:
    """``Score: 17.5 of 18``."""
    return _("Score: {score}", score=out_of(view["score"], view["max_score"]))


def points_line(row: Record) -> str:
    """``0.89 of 1``."""
    return out_of(row["points"], row["max_points"])


def out_of(earned: float, most: float | None) -> str:
    """``17.5 of 18``; only what was earned where nobody knows what there was."""
    if most is None:
        return points_text(earned)
    return _("{score} of {most}", score=points_text(earned), most=points_text(most))


def late_line(view: Record) -> str:
    """Return what being late has cost; nothing where it has not."""
    penalty = late_penalty(view)
    return _("Handed in late: {points} taken off.", points=points_text(penalty)) if penalty else ""


def unreadable_lines() -> list[str]:
    """Return what there is to say about a sheet that could not be read."""
    return [
        _("This sheet could not be read, so nothing in it was marked."),
        _(
            "Run {command}: it says where and why. Mend the sheet and hand it in again.",
            command="attncli check SHEET",
        ),
    ]


def opening(view: Record) -> list[str]:
    """Return what there is to say about the whole sheet, before the rows."""
    said = unreadable_lines() if is_unreadable(view) else [late_line(view)]
    return [line for line in (*said, *view.get("notes", ())) if line]


def cells_line(row: Record) -> str:
    """``8 of 9``: how many cells are right, where a student may know and they can be compared one by one."""
    if "right" not in row or not row["cells"] or row.get("says"):
        return ""
    return _("{right} of {cells}", right=row["right"], cells=row["cells"])


def remarks(row: Record, view: Record) -> list[Block]:
    """Return all there is to say about a row of a student's view, in order; nothing if it is right."""
    if row["verdict"] in GOOD:
        return []
    said: list[Block] = []
    if row.get("says"):  # of the row as a whole
        said.append(("text", (row["says"],)))
    if wrong := row["wrong_cells"]:
        hidden = len(wrong) - MOST_CELLS
        more = [plural("and {n} more", "and {n} more", hidden)] if hidden > 0 else []
        said.append(("cells", (*map(cell_line, wrong[:MOST_CELLS]), *more)))
    if len(row["mistakes"]) == 1:
        said.append(("text", (_("This is what you seem to have done:"),)))
    elif row["mistakes"]:
        said.append(("text", (_("Any of these would explain it, the likeliest first:"),)))
    for mistake in row["mistakes"]:
        said += cause(mistake, row["symbol"])
    if wrong and not view["config"].startswith("<"):  # that is a problem without a name
        command = f"attncli explain {shlex.quote(wrong[0]['cell'])} -c {command_name(view['config'])}"
        lying = ["--set", "layout=columns"] if "layout" in view else []
        said.append(("look", (" ".join([command, *lying]),)))
    return said


def cell_line(cell: Record) -> str:
    """``A[wind,side]: you wrote 0.41``, and what is right where that is revealed."""
    yours = cell["yours"]
    yours = yours if len(yours) <= LONGEST else yours[: LONGEST - 1] + "…"
    if "expected" in cell:
        right = cell["expected"]
        return _("{cell}: you wrote {yours}; it is {right}", cell=cell["cell"], yours=yours, right=right)
    return _("{cell}: you wrote {yours}", cell=cell["cell"], yours=yours)


def cause(finding: Record, symbol: str) -> Iterator[Block]:
    """Yield the formula of a mistake and a sentence: also where it was made, if not where it shows."""
    formula, says = finding["formula"], finding["says"]
    if not finding["id"].startswith(SLIP):
        made = formula.partition(" = ")[0]
        if made != symbol:
            says = f"{says} {_('This was done in {symbol}.', symbol=made)}"
        if formula:
            yield "formula", (formula,)
    yield "cause", (says,)


def plain(said: Iterable[Block]) -> list[str]:
    """Return the remarks as lines of plain text."""
    lines = []
    for kind, texts in said:
        if kind == "look":
            lines.append(_("To see where it comes from: {command}", command=texts[0]))
        else:
            indent = "  " if kind in {"formula", "cause"} else ""
            lines += [indent + text for text in texts]
    return [line for line in lines if line.strip()]


def row_line(row: Record) -> str:
    """``✗ wrong``: the verdict on a row or on a sheet."""
    verdict = Verdict(row["verdict"])
    return f"{verdict.sign} {_(verdict.word)}"


def row_lines(row: Record, view: Record) -> list[str]:
    """Return the verdict on a row and the remarks, as lines of plain text."""
    return [row_line(row), *plain(remarks(row, view))]
