"""GitHub Classroom: the step output ``result``, base64 of JSON, one file a sheet."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from attncli.graders.feedback import late_line, lost_lines, plain, remarks, row_line
from attncli.graders.records import GOOD, each_sheet, lost, raw_score
from attncli.homework.marks import rounded

if TYPE_CHECKING:
    from pathlib import Path

    from attncli.graders.records import Course, Record, Written


def write(results: Path, out: Path, course: Course) -> Written:
    """Write the result of each sheet into out/github-classroom."""
    return each_sheet(results, out / "github-classroom", ".txt", course, render)


def render(view: Record) -> str:
    """Write one sheet's result; the score is the sum of its tests, so lateness is a test as well."""
    tests = [
        test(view, row["symbol"], status(row), row["points"], [row_line(row), *plain(remarks(row, view))])
        for row in view["rows"]
    ]
    if lost(view):
        tests.append(test(view, view["file"], "error", 0.0, lost_lines()))
    taken_off = rounded(raw_score(view) - view["score"])
    if taken_off:
        tests.append(test(view, "late", "fail", -taken_off, [late_line(view)]))
    result = {
        "version": 1,
        "status": "error" if lost(view) else "pass" if view["verdict"] in GOOD else "fail",
        "max_score": view.get("max_score") or 0.0,
        "tests": tests,
    }
    return b64encode(json.dumps(result, allow_nan=False).encode()).decode("ascii") + "\n"


def status(row: Record) -> str:
    """Return what became of a row in GitHub's words."""
    if row["verdict"] in GOOD:
        return "pass"
    return "error" if row["verdict"] == "unreadable" else "fail"


def test(view: Record, name: str, status: str, score: float, message: list[str]) -> dict[str, Any]:
    """Return one test."""
    return {
        "name": name,
        "status": status,
        "score": score,
        "message": "\n".join(message),
        "test_code": f"attncli check {view['file']} {view['config']}",
        "filename": view["file"],
        "line_no": 0,
        "duration": 0,
    }
