"""The lines of results.jsonl, one at a time, and what of each a student may see."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from attncli.errors import AttnError, Where
from attncli.files import make_folder, open_text, refuse_device, stat_of, unreadable
from attncli.homework.marks import Verdict, rounded, seen_by_student
from attncli.homework.policy import Hint
from attncli.homework.student import ByStudent
from attncli.language import _
from attncli.untrusted import sanitize

Record = dict[str, Any]

GOOD = (Verdict.CORRECT, Verdict.FOLLOW_THROUGH)
LONGEST_LINE = 2**26  # bytes
LONGEST_NAME = 200  # bytes: most file systems take 255
KEPT = 40  # characters of a longer one


def records(results: Path) -> Iterator[Record]:
    """Yield the record of one sheet after the other, as the teacher has it.

    Raises AttnError where the file cannot be read, or a line is not such a record.
    """
    try:
        refuse_device(results, stat_of(results), _("name a file"))
        with results.open("rb") as stream:
            lines = iter(lambda: stream.readline(LONGEST_LINE), b"")
            for number, line in enumerate(lines, 1):
                yield record_of(line, Where(str(results), number, 1))
    except OSError as error:
        raise unreadable(str(results), error) from None


def record_of(line: bytes, where: Where) -> Record:
    """Read one line, in which every number is finite. Raises AttnError where it is not a record."""
    try:
        line = line if line.startswith(b"{") else b""  # what is none may be very long
        record: Record = json.loads(line, parse_float=finite, parse_constant=finite)
        PurePosixPath(record["file"])
        return {**record, "rows": list(record["rows"]), "score": finite(record["score"])}
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise AttnError(
            _("this line is not the record of a sheet"), where, _("grade the folder again")
        ) from None


def finite(text: str | float) -> float:
    """Read a number; raises ValueError where JSON would have none."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def student_of(record: Record) -> str:
    """Return whose sheet it is: named by its file where it does not say."""
    return str(record.get("student") or PurePosixPath(record["file"]).stem)


def is_unreadable(record: Record) -> bool:
    """Whether the whole sheet could not be read, not just a row of it."""
    return record["verdict"] == Verdict.UNREADABLE and not record["rows"]


def raw_score(record: Record) -> float:
    """Return the points before anything was taken off for being late."""
    late = record.get("late")
    return float(late["raw_score"] if late else record["score"])


def late_penalty(record: Record) -> float:
    """Return the points that were taken off for being late."""
    return rounded(raw_score(record) - record["score"])


def share(record: Record) -> float:
    """Return the score as a share of what there was: 0 to 1."""
    most = record["max_score"]
    return round(min(max(record["score"] / most, 0.0), 1.0), 4) if most else 0.0


def student_view(record: Record, hint: Hint, *, reveal: bool) -> Record:
    """Return what a student may see of a sheet's record, with no control characters in its texts.

    Without ``reveal`` as much as :func:`seen_by_student` leaves. Where the teacher's config lies it never
    says.
    """
    view = seen_by_student(record, hint)
    view = {**record, "config": view["config"]} if reveal else view
    return {name: sanitize_all(value) for name, value in view.items()}


def sanitize_all(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Write out the control characters of every text in a record."""
    if isinstance(value, str):
        return sanitize(value)
    if isinstance(value, list):
        return [sanitize_all(item) for item in value]
    if isinstance(value, dict):
        return {sanitize(name): sanitize_all(item) for name, item in value.items()}
    return value


@dataclass(frozen=True)
class Person:
    """A student as the roster has them; what it does not say is empty."""

    name: str = ""
    last_name: str = ""
    first_name: str = ""
    email: str = ""
    id_number: str = ""
    section: str = ""
    login: str = ""


@dataclass(frozen=True)
class Course:
    """What the graders' formats need to know.

    ``points``: what each row can earn, where a rubric says so. ``due``: the deadline (ISO 8601).
    ``people``: the roster, by student. ``duplicates``: the students with more than one sheet, ``booked``
    the files of those of their sheets that a gradebook may take. ``submitted`` tells when a record's sheet
    came in (ISO 8601), if anything does.
    ``hint`` is how much students are told, ``reveal`` whether that includes the right values.
    """

    assignment: str
    points: Mapping[str, float] = field(default_factory=dict)
    due: str | None = None
    people: Mapping[str, Person] = field(default_factory=dict)
    duplicates: frozenset[str] = frozenset()
    booked: frozenset[str] = frozenset()
    submitted: Callable[[Record], str | None] = lambda _record: None
    hint: Hint = Hint.MISTAKE
    reveal: bool = False

    def __post_init__(self) -> None:
        """Find people however their ids are written."""
        object.__setattr__(self, "people", ByStudent(self.people))

    def spelled(self, student: str) -> str:
        """Return a student's id as the roster writes it."""
        return self.people.spelled(student) if isinstance(self.people, ByStudent) else student

    def person(self, student: str) -> Person:
        """Return who a student is, as far as the roster knows."""
        return self.people.get(student, Person())


@dataclass(frozen=True)
class Written:
    """What a format has written: its files, or the folder of its files; ``notes`` say what was left out."""

    paths: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def write_each(
    ending: str, render: Callable[[Record], str], results: Path, folder: Path, course: Course
) -> Written:
    """Write a file for each sheet below ``folder``; ``render`` is given what the student may see."""
    make_folder(folder)
    for record in records(results):
        path = folder / file_path(record["file"], ending)
        with open_text(path) as stream:
            stream.write(render(student_view(record, course.hint, reveal=course.reveal)))
    return Written((folder,))


def file_path(sheet: str, ending: str) -> Path:
    """Return the path of a sheet's file: ``a/b.yaml`` → ``a/b.yaml.json``, so that no two are the same.

    Raises AttnError where the sheet's own path leads out of its folder.
    """
    path = PurePosixPath(sheet)
    if path.is_absolute() or not path.parts or ".." in path.parts:
        raise AttnError(_("{path!r} leads out of the folder", path=sheet), hint=_("grade the folder again"))
    *folders, name = path.parts
    # Beside b.yaml there may be a folder b.yaml.json: it must not have the name of the sheet's file.
    return Path(
        *(short_name(folder, most=0) if folder.endswith(ending) else folder for folder in folders),
        short_name(name) + ending,
    )


def short_name(name: str, most: int = LONGEST_NAME) -> str:
    """Return a name of up to ``most`` bytes as it is, a longer one cut short and told apart by a hash."""
    data = name.encode("utf-8", "surrogatepass")
    return name if len(data) <= most else f"{name[:KEPT]}-{sha256(data).hexdigest()[:16]}"
