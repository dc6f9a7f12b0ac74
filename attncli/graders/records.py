"""The lines of results.jsonl, one at a time, and what of each a student may see."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from attncli.errors import AttnError, Where
from attncli.files import make_folder, write_whole
from attncli.homework.marks import Hint, Verdict
from attncli.language import _
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


Record = dict[str, Any]

# What is not named here never reaches a student.
OF_SHEET = ("schema", "student", "config", "verdict", "score", "max_score", "notes", "file", "late")
OF_ROW = ("symbol", "verdict", "cells", "points", "max_points", "tolerance", "says")
OF_CELL = ("cell", "index", "yours")
OF_FINDING = ("id", "formula", "says")
GOOD = (Verdict.CORRECT, Verdict.FOLLOW_THROUGH)
LONGEST_NAME = 200  # bytes: most file systems take 255
KEPT = 40  # characters of a longer one


def records(results: Path) -> Iterator[Record]:
    """Yield the record of one sheet after the other, as the teacher has it.

    Raises AttnError where the file cannot be read, or a line is not such a record.
    """
    try:
        with results.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                yield parsed(line, Where(str(results), number, 1))
    except OSError as error:
        message = _("{file} cannot be read: {reason}", file=str(results), reason=_(error.strerror or ""))
        raise AttnError(message) from None


def parsed(line: bytes, where: Where) -> Record:
    """Read one line; every number in it is finite."""
    try:
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


def who(record: Record) -> str:
    """Name whose sheet it is: by its file where it does not say."""
    return str(record.get("student") or PurePosixPath(record["file"]).stem)


def lost(record: Record) -> bool:
    """Whether the whole sheet could not be read, not just a row of it."""
    return record["verdict"] == Verdict.UNREADABLE and not record["rows"]


def raw_score(record: Record) -> float:
    """Return the points before anything was taken off for being late."""
    late = record.get("late")
    return float(late["raw_score"] if late else record["score"])


def share(record: Record) -> float:
    """Return the score as a share of what there was: 0 to 1."""
    most = record["max_score"]
    return round(min(max(record["score"] / most, 0.0), 1.0), 4) if most else 0.0


def student_view(record: Record, hint: Hint, *, reveal: bool) -> Record:
    """Return what a student may see of a sheet's record; its texts take effect nowhere.

    Without ``reveal`` it holds no right value, no key and no right shape; ``hint`` says how much
    there is besides the verdicts.
    """
    view = record
    if not reveal:
        view = {**picked(record, OF_SHEET), "rows": [row_view(row, hint) for row in record["rows"]]}
    return {name: sanitize_all(value) for name, value in view.items()}


def row_view(row: Record, hint: Hint) -> Record:
    """Return what a student may see of one row."""
    which = hint is not Hint.NONE
    view = picked(row, (*OF_ROW, "right") if which else OF_ROW)
    view["wrong_cells"] = [picked(cell, OF_CELL) for cell in row["wrong_cells"] if which]
    view["mistakes"] = [picked(one, OF_FINDING) for one in row["mistakes"] if hint is Hint.MISTAKE]
    return view


def picked(record: Mapping[str, Any], names: tuple[str, ...]) -> Record:
    """Return these fields of a record, as far as it has them."""
    return {name: record[name] for name in names if name in record}


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


@dataclass(frozen=True)
class Course:
    """What the graders' formats need to know.

    ``points``: what each row can earn, where a rubric says so. ``due``: the deadline (ISO 8601).
    ``people``: the roster, by student. ``duplicates``: the students with more than one sheet.
    ``hint`` is how much students are told, ``reveal`` whether that includes the right values.
    """

    assignment: str
    points: Mapping[str, float] = field(default_factory=dict)
    due: str | None = None
    people: Mapping[str, Person] = field(default_factory=dict)
    duplicates: frozenset[str] = frozenset()
    hint: Hint = Hint.MISTAKE
    reveal: bool = False

    def person(self, student: str) -> Person:
        """Return who a student is, as far as the roster knows."""
        return self.people.get(student, Person())


@dataclass(frozen=True)
class Written:
    """The files of a format, or the folder of those that have one a sheet; and what is to be said."""

    paths: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def each_sheet(
    results: Path, folder: Path, ending: str, course: Course, render: Callable[[Record], str]
) -> Written:
    """Write one file a sheet, of what its student may see, at the sheet's place below ``folder``."""
    make_folder(folder)
    for record in records(results):
        path = folder / place(record["file"], ending)
        make_folder(path.parent)
        write_whole(path, render(student_view(record, course.hint, reveal=course.reveal)), force=True)
    return Written((folder,))


def place(file: str, ending: str) -> Path:
    """Return the place of a sheet's file: ``a/b.yaml`` → ``a/b.yaml.json``, so that no two are the same.

    Raises AttnError where the sheet's own path leads out of its folder.
    """
    path = PurePosixPath(file)
    if path.is_absolute() or not path.parts or ".." in path.parts:
        raise AttnError(_("{path!r} leads out of the folder", path=file), hint=_("grade the folder again"))
    *folders, name = path.parts
    return Path(*(apart(folder, ending) for folder in folders), shortened(name) + ending)


def apart(folder: str, ending: str) -> str:
    """Name a folder so that no sheet's file has its name: ``b.yaml.json`` may be one beside ``b.yaml``."""
    return shortened(folder, most=0) if folder.endswith(ending) else folder


def shortened(name: str, most: int = LONGEST_NAME) -> str:
    """Keep a name of up to ``most`` bytes; tell longer ones apart by a hash."""
    data = name.encode("utf-8", "surrogatepass")
    return name if len(data) <= most else f"{name[:KEPT]}-{sha256(data).hexdigest()[:16]}"
