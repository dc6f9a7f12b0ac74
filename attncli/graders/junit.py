"""JUnit XML for the whole course: a suite a sheet, a test case a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.files import fresh
from attncli.graders.feedback import WORDS, cells_line, lost_lines, plain, remarks
from attncli.graders.records import Written, lost, records, student_view, who
from attncli.language import _
from attncli.untrusted import in_markup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from attncli.graders.records import Course, Record


LARGEST = 29_000_000  # bytes of a file: GitLab takes 30 MB
COUNTED = ("tests", "failures", "errors", "skipped")
ELEMENTS = {"wrong": "failure", "unreadable": "error", "blank": "skipped"}
TOTALS = {"failure": "failures", "error": "errors", "skipped": "skipped"}


class Suites:
    """The suites of one file, as text, and their totals."""

    def __init__(self) -> None:
        self.suites: list[str] = []
        self.size = 0
        self.totals = dict.fromkeys(COUNTED, 0)

    def add(self, suite: str, size: int, totals: dict[str, int]) -> None:
        """Take one more suite in."""
        self.suites.append(suite)
        self.size += size
        for name in COUNTED:
            self.totals[name] += totals[name]

    def write(self, path: Path) -> Path:
        """Write them as a file."""
        with fresh(path) as stream:
            stream.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites{counts(self.totals)}>\n')
            stream.writelines(self.suites)
            stream.write("</testsuites>\n")
        return path


def write(results: Path, out: Path, course: Course) -> Written:
    """Write out/junit.xml, and junit-2.xml and so on where one file would be too large."""
    paths: list[Path] = []
    suites = Suites()
    for record in records(results):
        view = student_view(record, course.hint, reveal=course.reveal)
        # Repeated names are dropped by those who read this: the sheets of one student bear their files'.
        twice = who(record) in course.duplicates
        suite, totals = testsuite(view, f"{who(view)} ({view['file']})" if twice else who(view))
        size = len(suite.encode())
        if suites.suites and suites.size + size > LARGEST:
            paths.append(suites.write(out / numbered(len(paths) + 1)))
            suites = Suites()
        suites.add(suite, size, totals)
    paths.append(suites.write(out / numbered(len(paths) + 1)))
    remove_older(out, len(paths) + 1)
    return Written(tuple(paths))


def numbered(number: int) -> str:
    """Name the files: junit.xml, junit-2.xml."""
    return "junit.xml" if number == 1 else f"junit-{number}.xml"


def remove_older(out: Path, number: int) -> None:
    """Remove what a larger course has left: it would be read as part of this one."""
    while (path := out / numbered(number)).is_file():
        path.unlink()
        number += 1


def testsuite(view: Record, student: str) -> tuple[str, dict[str, int]]:
    """Write one sheet as a suite, and count what is in it."""
    totals = dict.fromkeys(COUNTED, 0)
    lines = []
    for name, element, body in testcases(view):
        totals["tests"] += 1
        if element:
            totals[TOTALS[element]] += 1
        start = f'<testcase classname="{in_markup(student)}" name="{in_markup(name)}" time="0"'
        lines.append(f"{start}>{body}</testcase>\n" if body else f"{start}/>\n")
    suite = f'<testsuite name="{in_markup(student)}"{counts(totals)}>\n{"".join(lines)}</testsuite>\n'
    return suite, totals


def testcases(view: Record) -> Iterator[tuple[str, str, str]]:
    """Yield each test case's name, what it ends in (nothing: it passes), and that as XML."""
    if lost(view):
        yield view["file"], "error", ending("error", "unreadable", _(WORDS["unreadable"]), lost_lines())
    for row in view["rows"]:
        element = ELEMENTS.get(row["verdict"], "")
        said = remarks(row, view)
        kind = row["mistakes"][0]["id"] if row["mistakes"] else row["verdict"]
        message = _(WORDS[row["verdict"]]) + (f" ({cells_line(row)})" if cells_line(row) else "")
        yield row["symbol"], element, ending(element, kind, message, plain(said)) if element else ""


def ending(element: str, kind: str, message: str, lines: list[str]) -> str:
    """Write why a test case did not pass."""
    if element == "skipped":
        return f'<skipped message="{in_markup(message)}"/>'
    text = "\n".join(in_markup(line, quoted=False) for line in lines)
    return f'<{element} message="{in_markup(message)}" type="{in_markup(kind)}">{text}</{element}>'


def counts(totals: dict[str, int]) -> str:
    """Write totals as attributes."""
    return "".join(f' {name}="{totals[name]}"' for name in COUNTED) + ' time="0"'
