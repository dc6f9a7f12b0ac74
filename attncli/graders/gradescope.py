"""Gradescope: results.json, one a sheet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attncli.graders.feedback import opening, plain, remarks, row_line, score_line
from attncli.graders.records import GOOD, each_sheet

if TYPE_CHECKING:
    from pathlib import Path

    from attncli.graders.records import Course, Record, Written


def write(results: Path, out: Path, course: Course) -> Written:
    """Write a results.json for each sheet into out/gradescope."""
    return each_sheet(results, out / "gradescope", ".json", course, render)


def render(view: Record) -> str:
    """Write one sheet's results."""
    results = {
        "score": view["score"],
        "output": "\n".join([score_line(view), *opening(view)]),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "extra_data": {"file": view["file"], "verdict": view["verdict"]},
        "tests": [test(i, row, view) for i, row in enumerate(view["rows"], 1)],
    }
    return json.dumps(results, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def test(number: int, row: Record, view: Record) -> dict[str, Any]:
    """Return one row as a test."""
    return {
        "score": row["points"],
        "max_score": row["max_points"],
        "status": "passed" if row["verdict"] in GOOD else "failed",
        "name": row["symbol"],
        "number": str(number),
        "output": "\n".join([row_line(row), *plain(remarks(row, view))]),
        "tags": [row["verdict"], *(mistake["id"] for mistake in row["mistakes"])],
    }
