"""Grading a course: every sheet marked, then the results, the gradebook and the graders' formats written."""

from __future__ import annotations

import hashlib
import json
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from attncli import __version__, language
from attncli.course.gradebook import write_gradebook
from attncli.course.grader import KeyEach, digest
from attncli.course.processes import result_lines
from attncli.course.regrade import Changes, changes_between
from attncli.course.resume import (
    PARTIAL,
    RESULTS,
    finish,
    grow,
    header,
    open_partial,
    partial_records,
    resume,
)
from attncli.course.summary import Summary
from attncli.files import make_folder
from attncli.graders import write
from attncli.graders.records import records
from attncli.language import _, plural
from attncli.result import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from attncli.course.grader import Grader
    from attncli.course.sheets import Skipped
    from attncli.graders.records import Course


GRADEBOOK, CHANGES = "gradebook.csv", "changes.csv"
BEFORE = f".{RESULTS}.before"


@dataclass(frozen=True)
class Plan:
    """What is to be graded, how, and where the results go.

    ``files`` are the sheets within the grader's folder, sorted. ``against``: older results to compare with.
    """

    grader: Grader
    files: tuple[str, ...]
    out: Path
    course: Course
    formats: tuple[str, ...] = ()
    jobs: int = 1
    against: Path | None = None


@dataclass(frozen=True)
class Graded:
    """A graded course: its summary, what has changed since, the files written, and notes for the teacher."""

    summary: Summary
    changes: Changes | None
    written: tuple[Path, ...]
    notes: tuple[str, ...]


def grade(plan: Plan, tell: Callable[[int], None], note: Callable[[str], None]) -> Graded:
    """Grade a course; ``tell`` is called with how many more sheets are done.

    What an interrupted run has left is taken over where it still holds. The old results stand until the
    new ones are complete; the rest is written after them. Raises AttnError where something cannot be
    written, or is no results to compare with.
    """
    make_folder(plan.out)
    partial, results = plan.out / PARTIAL, plan.out / RESULTS
    with open_partial(partial) as stream:
        done, thrown_away = resume(
            partial, stream, header(depends_on(plan.grader)), plan.files, plan.grader.still
        )
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
        old = older_results(plan, resumed=done > 0)
        tell(done)
        grow(partial, stream, result_lines(plan.grader, plan.files[done:], plan.jobs), tell)
        changes = None
        if old is not None:
            changes = Changes()
            changes.write(changes_between(old, partial_records(partial)), plan.out / CHANGES)
        finish(partial, results)
        graded = write_rest(plan, results, changes)
        for path in (partial, plan.out / BEFORE):
            path.unlink(missing_ok=True)
    return graded


def write_rest(plan: Plan, results: Path, changes: Changes | None) -> Graded:
    """Write all that is made from the results: the gradebook and the graders' formats."""
    only = plan.grader.keys.only
    summary = Summary.of(records(results), None if only is None else only.symbols)
    paths = [results, plan.out / GRADEBOOK, *([plan.out / CHANGES] if changes else [])]
    write_gradebook(results, plan.out / GRADEBOOK, summary.symbols, summary.with_duplicates)
    course = replace(plan.course, duplicates=summary.with_duplicates)
    notes: list[str] = []
    for name in plan.formats:
        made = write(name, results, plan.out, course)
        paths += made.paths
        notes += made.notes
    return Graded(summary, changes, tuple(paths), tuple(notes))


def older_results(plan: Plan, *, resumed: bool) -> Path | None:
    """Return the results to compare with: a copy, where they are the ones that will be replaced."""
    old, copy = plan.against, plan.out / BEFORE
    if old is None:
        return None
    next(records(old), None)
    with suppress(OSError):
        if old.samefile(plan.out / RESULTS):
            if not (resumed and copy.exists()):
                shutil.copyfile(old, copy)
            return copy
    return old


def depends_on(grader: Grader) -> dict[str, object]:
    """Return all that a sheet's line depends on, besides the sheet and its time."""
    only = grader.keys.only
    policy = asdict(grader.policy) | {"ignored": sorted(grader.policy.ignored)}
    about: dict[str, Any] = {
        "attncli": __version__,
        "schema": SCHEMA,
        "language": language.active(),
        "policy": policy,
        "late": grader.late and asdict(grader.late),
        "times": grader.times,
    }
    if only is not None:
        problem = only.problem
        about |= {"config": only.name, "key": only.digest, "tokens": [problem.tokens, problem.context_tokens]}
    elif isinstance(grader.keys, KeyEach):
        keys = grader.keys
        about |= {"configs": list(config_digests(keys)), "changes": [keys.changes, keys.loss, keys.reduction]}
    text = json.dumps(about, sort_keys=True, default=str)
    return {"attncli": __version__, "key": only and only.digest, "depends_on": digest(text.encode())}


def config_digests(keys: KeyEach) -> Iterator[tuple[str, str]]:
    """Yield the digest of every file in the folders of the configs: they may name files beside them."""
    for folder in sorted({path.parent for path in keys.configs.values()}):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                with path.open("rb") as stream:
                    yield str(path), hashlib.file_digest(stream, "sha256").hexdigest()


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
