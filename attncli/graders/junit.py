"""JUnit XML: of a course a suite for each sheet, a test case for each row; of code one for each ability."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from attncli.files import open_text
from attncli.graders.feedback import cells_line, plain, remarks, unreadable_lines
from attncli.graders.records import Written, is_unreadable, records, student_of, student_view
from attncli.homework.marks import Verdict
from attncli.language import _
from attncli.untrusted import in_markup

if TYPE_CHECKING:
    from attncli.code.report import Report
    from attncli.graders.records import Course, Record

    Case: TypeAlias = tuple[str, str, str]  # its name, the element that says why it did not pass, that as XML


LARGEST = 29_000_000  # bytes of a file: GitLab takes 30 MB
START, END = '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites{}>\n', "</testsuites>\n"
COUNTED = ("tests", "failures", "errors")  # of all suites: Jenkins refuses a file that counts more there
OF_SUITE = (*COUNTED, "skipped")
ELEMENTS = {"wrong": "failure", "unreadable": "error", "blank": "skipped"}
OF_CODE = {"wrong": "failure", "failed": "error", "not-taken": "skipped"}
TOTALS = {"failure": "failures", "error": "errors", "skipped": "skipped"}


@dataclass
class Suites:
    """The suites of one file as text, their size in bytes, and their totals."""

    suites: list[str] = field(default_factory=list)
    size: int = 0
    totals: Counter[str] = field(default_factory=Counter)


def write_junit(results: Path, path: Path, course: Course) -> Written:
    """Write junit.xml, and junit-2.xml and so on where one file would be too large."""
    names = (path.with_name(f"{path.name}{'' if n == 1 else f'-{n}'}.xml") for n in count(1))
    paths = []
    for file, name in zip(files(results, course), names, strict=False):
        with open_text(name) as stream:
            stream.write(START.format(counts(file.totals, COUNTED)))
            stream.writelines(file.suites)
            stream.write(END)
        paths.append(name)
    # What a larger course has left would be read as part of this one.
    for name in names:
        if not name.is_file():
            break
        name.unlink()
    return Written(tuple(paths))


def files(results: Path, course: Course) -> Iterator[Suites]:
    """Yield what goes into each file; an empty course has one, too."""
    file = Suites()
    for record in records(results):
        view = student_view(record, course.hint, reveal=course.reveal)
        # Readers drop repeated names, so those of a student with two sheets say which it is.
        twice = student_of(record) in course.duplicates
        name = f"{student_of(view)} ({view['file']})" if twice else student_of(view)
        suite, totals = testsuite(name, testcases(view))
        size = len(suite.encode())
        if file.suites and file.size + size > LARGEST:
            yield file
            file = Suites()
        file.suites.append(suite)
        file.size += size
        file.totals += totals
    yield file


def testsuite(suite: str, cases: Iterable[Case]) -> tuple[str, Counter[str]]:
    """Return one sheet, or one report about code, as a suite, and count what is in it."""
    totals = Counter[str]()
    lines = []
    for name, element, body in cases:
        totals["tests"] += 1
        if element:
            totals[TOTALS[element]] += 1
        start = f'<testcase classname="{in_markup(suite)}" name="{in_markup(name)}" time="0"'
        lines.append(f"{start}>{body}</testcase>\n" if body else f"{start}/>\n")
    start = f'<testsuite name="{in_markup(suite)}"{counts(totals, OF_SUITE)}>\n'
    return f"{start}{''.join(lines)}</testsuite>\n", totals


def testcases(view: Record) -> Iterator[Case]:
    """Yield each test case's name, the element that says why it did not pass (if so), and that as XML."""
    if is_unreadable(view):
        message = _(Verdict.UNREADABLE.word)
        yield view["file"], "error", xml("error", "unreadable", message, unreadable_lines())
    for row in view["rows"]:
        element = ELEMENTS.get(row["verdict"], "")
        if element == "skipped" and row["points"]:
            element = "failure"  # begun and not finished, which readers would let pass as skipped
        kind = row["mistakes"][0]["id"] if row["mistakes"] else row["verdict"]
        message = _(Verdict(row["verdict"]).word) + (f" ({cells_line(row)})" if cells_line(row) else "")
        body = xml(element, kind, message, plain(remarks(row, view))) if element else ""
        yield row["symbol"], element, body


def report_junit(report: Report) -> str:
    """Return what was found out about somebody's code as a whole file."""
    suite, totals = testsuite(f"{report.file}:{report.name}", abilities(report))
    return START.format(counts(totals, COUNTED)) + suite + END


def abilities(report: Report) -> Iterator[Case]:
    """Yield a test case for each ability; one that fails is of the kind of the mistake that explains it."""
    for ability, texts in zip(report.abilities, report.table[1:], strict=True):
        element = OF_CODE.get(report.judged(ability), "")
        kind, lines = ability.verdict, [ability.says] if ability.says else []
        if element == "failure":
            kind = report.mistakes[0].id if report.mistakes else kind
            lines += [line.text for line in report.findings]
        message = ", ".join(filter(None, texts))
        yield ability.name, element, xml(element, kind, message, lines) if element else ""


def xml(element: str, kind: str, message: str, lines: list[str]) -> str:
    """Return the element that says why a test case did not pass."""
    if element == "skipped":
        return f'<skipped message="{in_markup(message)}"/>'
    text = "\n".join(in_markup(line, quoted=False) for line in lines)
    return f'<{element} message="{in_markup(message)}" type="{in_markup(kind)}">{text}</{element}>'


def counts(totals: Counter[str], names: tuple[str, ...]) -> str:
    """Return these totals as attributes."""
    return "".join(f' {name}="{totals[name]}"' for name in names) + ' time="0"'
