"""PrairieLearn: the results of an external grader, one file a sheet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attncli.graders.feedback import opening, plain, remarks, row_line, score_line
from attncli.graders.records import each_sheet, lost, share

if TYPE_CHECKING:
    from pathlib import Path

    from attncli.graders.records import Course, Record, Written


def write(results: Path, out: Path, course: Course) -> Written:
    """Write the results of each sheet into out/prairielearn."""
    return each_sheet(results, out / "prairielearn", ".json", course, render)


def render(view: Record) -> str:
    """Write one sheet's results."""
    results = {
        "gradable": not lost(view),
        "score": share(view),
        "message": score_line(view),
        "output": "\n".join(opening(view)),
        "tests": [test(row, view) for row in view["rows"]],
    }
    return json.dumps(results, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def test(row: Record, view: Record) -> dict[str, Any]:
    """Return one row as a test."""
    said = remarks(row, view)
    return {
        "name": row["symbol"],
        "description": row_line(row),
        "points": row["points"],
        "max_points": row["max_points"],
        "message": said.causes[0].says if said.causes else said.says,
        "output": "\n".join(plain(said)),
    }
