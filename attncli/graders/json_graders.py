"""Graders that read JSON, a file for each sheet: Gradescope, PrairieLearn and GitHub Classroom."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from attncli.graders.feedback import (
    late_line,
    opening,
    plain,
    remarks,
    row_line,
    row_lines,
    score_line,
    unreadable_lines,
)
from attncli.graders.records import GOOD, is_unreadable, late_penalty, share
from attncli.homework.marks import command_name

if TYPE_CHECKING:
    from attncli.graders.records import Record


def gradescope_json(view: Record) -> str:
    """Return Gradescope's ``results.json``."""
    return json_text(
        {
            "score": view["score"],
            "output": "\n".join([score_line(view), *opening(view)]),
            "output_format": "text",
            "test_output_format": "text",
            "test_name_format": "text",
            "visibility": "visible",
            "extra_data": {"file": view["file"], "verdict": view["verdict"]},
            "tests": [
                {
                    "score": row["points"],
                    "max_score": row["max_points"],
                    "status": "passed" if row["verdict"] in GOOD else "failed",
                    "name": row["symbol"],
                    "number": str(number),
                    "output": "\n".join(row_lines(row, view)),
                    "tags": [row["verdict"], *(mistake["id"] for mistake in row["mistakes"])],
                }
                for number, row in enumerate(view["rows"], 1)
            ],
        }
    )


def prairielearn_json(view: Record) -> str:
    """Return the results of PrairieLearn's external grader."""
    return json_text(
        {
            "gradable": not is_unreadable(view),
            "score": share(view),
            "message": score_line(view),
            "output": "\n".join(opening(view)),
            "tests": [prairielearn_test(row, view) for row in view["rows"]],
        }
    )


def prairielearn_test(row: Record, view: Record) -> dict[str, Any]:
    """Return one row as a test."""
    said = remarks(row, view)
    causes = [texts[0] for kind, texts in said if kind == "cause"]
    return {
        "name": row["symbol"],
        "description": row_line(row),
        "points": row["points"],
        "max_points": row["max_points"],
        "message": causes[0] if causes else row.get("says", ""),
        "output": "\n".join(plain(said)),
    }


def json_text(results: dict[str, Any]) -> str:
    """Write JSON to be read by people as well."""
    return json.dumps(results, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def github_classroom_text(view: Record) -> str:
    """Return GitHub Classroom's step output ``result``: JSON in base64.

    The score is the sum of the tests', so being late is a test as well.
    """
    status = {"correct": "pass", "follow-through": "pass", "unreadable": "error"}
    tests = [
        (row["symbol"], status.get(row["verdict"], "fail"), row["points"], row_lines(row, view))
        for row in view["rows"]
    ]
    if is_unreadable(view):
        tests.append((view["file"], "error", 0.0, unreadable_lines()))
    if penalty := late_penalty(view):
        tests.append(("late", "fail", -penalty, [late_line(view)]))
    problem = view["config"] and command_name(view["config"])
    result = {
        "version": 1,
        "status": "error" if is_unreadable(view) else "pass" if view["verdict"] in GOOD else "fail",
        "max_score": view.get("max_score") or 0.0,
        "tests": [
            {
                "name": name,
                "status": outcome,
                "score": score,
                "message": "\n".join(lines),
                "test_code": f"attncli check {view['file']} {problem or ''}".rstrip(),
                "filename": view["file"],
                "line_no": 0,
                "duration": 0,
            }
            for name, outcome, score, lines in tests
        ],
    }
    return b64encode(json.dumps(result, allow_nan=False).encode()).decode("ascii") + "\n"
