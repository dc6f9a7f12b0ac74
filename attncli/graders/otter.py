"""otter-grader: the CSV of its final grades, one line a sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.graders.gradebooks import write_table
from attncli.graders.records import Written, lost, records, share
from attncli.homework.marks import Verdict, rounded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from attncli.graders.records import Course


def write(results: Path, out: Path, course: Course) -> Written:
    """Write out/otter.csv; a sheet is named by its whole path, as two may have the same name."""
    points = dict(course.points) or most_points(results)
    questions = sorted(points)
    header = ["file", *questions, "total_points_earned", "percent_correct", "grading_status"]
    path = out / "otter.csv"
    write_table(path, header, lines(results, questions, points))
    return Written((path,))


def most_points(results: Path) -> dict[str, float]:
    """Return what each row that some sheet answers can earn; names that are no row's have no cells."""
    points: dict[str, float] = {}
    for record in records(results):
        for row in record["rows"]:
            if row["cells"] or row["verdict"] != Verdict.UNREADABLE:
                points[row["symbol"]] = max(row["max_points"], points.get(row["symbol"], 0.0))
    return points


def lines(results: Path, questions: Sequence[str], points: Mapping[str, float]) -> Iterator[Sequence[object]]:
    """Yield what the questions are worth, then each sheet."""
    total = rounded(sum(points.values()))
    yield ["points-per-question", *(points[name] for name in questions), total, "", ""]
    for record in records(results):
        earned = {row["symbol"]: row["points"] for row in record["rows"]}
        status = "Unreadable" if lost(record) else "Completed"
        cells = [earned.get(name, 0.0) for name in questions]
        yield [record["file"], *cells, record["score"], share(record), status]
