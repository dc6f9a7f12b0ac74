"""Grading a course: every sheet marked, then the results, the gradebook and the graders' formats written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attncli.course.gradebook import write_gradebook
from attncli.course.leftovers import leftovers, remove
from attncli.course.processes import result_lines
from attncli.course.regrade import Changes, changes_between
from attncli.course.resume import PARTIAL, RESULTS, open_partial
from attncli.course.sheets import path_text
from attncli.course.summary import Summary
from attncli.course.whose import OnDuplicate, Owners
from attncli.files import make_folder, note_read, open_result, refuse_read, remove_left, stat_of, was_read
from attncli.graders import FORMATS, write
from attncli.graders.gradebooks import some_of
from attncli.graders.records import records
from attncli.language import _, plural
from attncli.result import SCHEMA

if TYPE_CHECKING:
    from attncli.course.grader import Grader
    from attncli.course.sheets import Skipped
    from attncli.graders.records import Course, Record


GRADEBOOK, CHANGES = "gradebook.csv", "changes.csv"
BEFORE = f".{RESULTS}.before"


@dataclass(frozen=True)
class Plan:
    """What is to be graded, how, and where the results go.

    ``files`` are the sheets within the grader's folder, sorted. ``against``: older results to compare with.
    ``separator`` stands between the cells of the tables for people. ``clean``: what earlier runs have left
    and this one does not write is removed.
    """

    grader: Grader
    files: tuple[str, ...]
    out: Path
    course: Course
    formats: tuple[str, ...] = ()
    jobs: int = 1
    against: Path | None = None
    separator: str = ","
    on_duplicate: OnDuplicate = OnDuplicate.REPORT
    clean: bool = False


@dataclass(frozen=True)
class Graded:
    """A graded course: its summary, what has changed since, the files written, and notes for the teacher.

    ``stale``: files of earlier runs that this one does not write, ``removed`` those of them that are gone.
    """

    summary: Summary
    owners: Owners
    changes: Changes | None
    written: tuple[Path, ...]
    notes: tuple[str, ...]
    stale: tuple[Path, ...] = ()
    removed: tuple[Path, ...] = ()


def grade(plan: Plan, tell: Callable[[int], None], note: Callable[[str], None]) -> Graded:
    """Grade a course; ``tell`` is called with how many more sheets are done.

    What an interrupted run has left is taken over where it still holds. The old results stand until the
    new ones are complete; the rest is written after them. Raises AttnError where something cannot be
    written, or is no results to compare with.
    """
    make_folder(plan.out)
    prepare_folder(plan)
    results, before = plan.out / RESULTS, plan.out / BEFORE
    with open_partial(plan.out / PARTIAL) as partial:
        done, thrown_away = partial.resume(plan.grader, plan.files)
        if thrown_away:
            note(_("what an interrupted run has left does not fit any more: all sheets are marked again"))
        elif done:
            note(
                plural(
                    "going on where an interrupted run stopped: {n} sheet is done",
                    "going on where an interrupted run stopped: {n} sheets are done",
                    done,
                )
            )
        old = older_results(plan, before, resumed=done > 0)
        tell(done)
        for line in result_lines(plan.grader, plan.files[done:], plan.jobs):
            partial.append(line.encode())
            tell(1)
        changes = None
        if old is not None:
            changes = Changes()
            changes.write(changes_between(old, partial.records()), plan.out / CHANGES, plan.separator)
        partial.finish(results)
        graded = write_rest(plan, results, changes)
        for path in (partial.path, before):
            path.unlink(missing_ok=True)
    return graded


def prepare_folder(plan: Plan) -> None:
    """Remove what a killed run has left half written; refuse to write over what this run reads."""
    for folder in (plan.out, *(plan.out / name for name in FORMATS)):
        for inner, _folders, _files in os.walk(folder) if folder != plan.out else [(folder, (), ())]:
            remove_left(Path(inner))
    for file in plan.files:
        with suppress(OSError):
            note_read((plan.grader.folder / file).lstat())
    named = [name + ending for name in plan.formats for ending in (".csv", ".xml")]
    for path in (plan.out / name for name in (RESULTS, GRADEBOOK, CHANGES, *named)):
        refuse_read(path, stat_of(path, follow=False))


def write_rest(plan: Plan, results: Path, changes: Changes | None) -> Graded:
    """Write all that is made from the results: the gradebook and the graders' formats."""
    only = plan.grader.keys.only
    summary = Summary.of(records(results), None if only is None else only.symbols)
    paths = [results, plan.out / GRADEBOOK, *([plan.out / CHANGES] if changes else [])]
    owners = Owners.of(summary, plan.course.people, plan.on_duplicate, plan.grader.folder)
    duplicates = summary.with_duplicates
    course = replace(plan.course, duplicates=duplicates, booked=owners.booked, submitted=submitted(plan))
    remarks = {one.file: str(one) for one in owners.misnamed}
    write_gradebook(results, plan.out / GRADEBOOK, summary.symbols, course, remarks, plan.separator)
    notes = list(target_notes(plan, summary))
    for name in plan.formats:
        made = write(name, results, plan.out, course)
        paths += made.paths
        notes += made.notes
    left = leftovers(plan.out, plan.formats, summary.files, changes=changes is not None)
    # This run may have read one: a roster, say, that Canvas calls canvas.csv.
    stale = tuple(path for path in left if not was_read(stat_of(path)))
    removed = remove(stale) if plan.clean else ()
    return Graded(summary, owners, changes, tuple(paths), tuple(notes), stale, removed)


def target_notes(plan: Plan, summary: Summary) -> Iterator[str]:
    """Tell the teacher which rows nobody could be asked for, as their problem has no target."""
    if summary.untargeted:
        symbols, students = ", ".join(summary.untargeted), some_of(summary.without_target)
        if plan.grader.keys.only is not None:
            yield _("not counted, as the problem has no target: {symbols}", symbols=symbols)
        else:
            yield _(
                "not counted, as the config has no target: {symbols} of {students}",
                symbols=symbols,
                students=students,
            )


def submitted(plan: Plan) -> Callable[[Record], str | None]:
    """Return what tells when a sheet came in: the roster, else its file; None where that is gone."""
    grader = plan.grader
    odd = {path_text(file): file for file in plan.files if path_text(file) != file}
    zone = UTC if grader.late is None else grader.late.due.tzinfo

    def of(record: Record) -> str | None:
        time = (grader.times or {}).get(record["student"])
        if time is None:
            file: str = record["file"]
            with suppress(OSError):
                seconds = (grader.folder / odd.get(file, file)).lstat().st_mtime
                time = datetime.fromtimestamp(int(seconds), zone)
        return None if time is None else time.isoformat()

    return of


def older_results(plan: Plan, copy: Path, *, resumed: bool) -> Path | None:
    """Return the results to compare with: a copy, where they are the ones that will be replaced."""
    old = plan.against
    if old is None:
        return None
    next(records(old), None)
    with suppress(OSError):
        if old.samefile(plan.out / RESULTS):
            if not (resumed and copy.is_file()):
                with old.open("rb") as stream, open_result(copy) as out:
                    shutil.copyfileobj(stream, out)
            return copy
    return old


def report(plan: Plan, graded: Graded, skipped: Sequence[Skipped]) -> dict[str, Any]:
    """Return what ``grade --json`` prints."""
    only = plan.grader.keys.only
    return {
        "schema": SCHEMA,
        "assignment": plan.course.assignment,
        "config": only and only.name,
        "key": only and only.digest,
        **graded.summary.to_dict(),
        **graded.owners.to_dict(),
        "missing": graded.summary.missing(plan.course.people),
        "skipped": [{"file": one.file, "reason": one.reason} for one in skipped],
        **({"changes": graded.changes.to_dict()} if graded.changes else {}),
        "written": [str(path) for path in graded.written],
        "stale": [str(path) for path in graded.stale],
        "removed": [str(path) for path in graded.removed],
        "notes": list(graded.notes),
    }
