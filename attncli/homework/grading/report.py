"""What ``grade --json`` prints: a graded course, without its sheets, which are in results.jsonl."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attncli.record import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attncli.homework.grading.course import Graded, Plan
    from attncli.homework.grading.folder import Skipped


def report(plan: Plan, graded: Graded, skipped: Sequence[Skipped]) -> dict[str, Any]:
    """Return the summary of a course as plain data."""
    only = plan.grader.keys.only
    return {
        "schema": SCHEMA,
        "assignment": plan.course.assignment,
        "config": only and only.name,
        "key": only and only.digest,
        **graded.summary.to_dict(),
        "missing": graded.summary.missing(plan.course.people),
        "skipped": [{"file": one.file, "reason": one.reason} for one in skipped],
        **({"changes": graded.changes.to_dict()} if graded.changes else {}),
        "written": [str(path) for path in graded.written],
        "notes": list(graded.notes),
    }
