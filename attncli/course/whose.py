"""Whose each sheet is: students with several, names that contradict the file's, students nobody expected."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from attncli.course.summary import UNREADABLE
from attncli.homework.student import folded
from attncli.language import _

if TYPE_CHECKING:
    from attncli.course.summary import Summary


DIGIT = re.compile(r"\d")
ENOUGH = 3  # digits that make a name look like an id, not like hw12


class OnDuplicate(StrEnum):
    """Which of a student's sheets a gradebook takes; by ``report`` the one that has the id in its name."""

    REPORT = "report"
    NEWEST = "newest"
    BEST = "best"


@dataclass(frozen=True)
class Several:
    """The sheets of one student, all of them marked; ``booked``: the file that a gradebook takes, if any."""

    student: str
    files: tuple[str, ...]
    booked: str | None
    reason: str = ""  # why none is


@dataclass(frozen=True)
class Misnamed:
    """A sheet that says one student, and whose file or folder is named after another.

    ``known``: that one is in the roster, or another sheet is theirs; else it only looks like an id.
    """

    file: str
    student: str
    named: str
    known: bool

    def __str__(self) -> str:
        """Say both names."""
        said = {"student": self.student, "other": self.named}
        if self.known:
            return _("it says {student}, and is named after another student: {other}", **said)
        return _("it says {student}, and is named {other}", **said)


@dataclass(frozen=True)
class Owners:
    """What is to be said of whose the sheets of a course are. ``outsiders``: student and file."""

    several: tuple[Several, ...] = ()
    misnamed: tuple[Misnamed, ...] = ()
    outsiders: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, found: Summary, people: Collection[str], rule: OnDuplicate, folder: Path) -> Owners:
        """Look through a course; ``people`` are those of the roster, ``folder`` is that of the sheets."""

        def readable() -> Iterator[tuple[str, str]]:
            sheets = zip(found.students, found.files, found.scores, strict=True)
            return ((student, file) for student, file, score in sheets if score != UNREADABLE)

        roster = {folded(student) for student in people}
        known = roster or {folded(who) for who, file in readable() if folded(who) != folded(parts(file)[-1])}
        misnamed = tuple(one for sheet in readable() if (one := misnamed_sheet(*sheet, known)))
        contradicted = {one.file for one in misnamed}
        scores = dict(zip(found.files, found.scores, strict=True)) if rule is OnDuplicate.BEST else {}
        several = []
        for student, files in found.duplicates.items():
            if rule is OnDuplicate.REPORT:
                booked, reason = bearing(student, [file for file in files if file not in contradicted])
            elif rule is OnDuplicate.NEWEST:
                booked, reason = newest(files, folder)
            else:
                # of equal ones not the one that is named after somebody else
                booked, reason = max(files, key=lambda file: (scores[file], file not in contradicted)), ""
            several.append(Several(student, tuple(files), booked, reason))
        outside = [sheet for sheet in readable() if roster and folded(sheet[0]) not in roster]
        return cls(tuple(several), misnamed, tuple(outside))

    @property
    def booked(self) -> frozenset[str]:
        """The sheets that gradebooks take of the students with several."""
        return frozenset(one.booked for one in self.several if one.booked is not None)

    def to_dict(self) -> dict[str, Any]:
        """Return the part of ``grade --json`` about whose the sheets are."""
        return {
            "duplicates": [
                {"student": one.student, "files": list(one.files), "booked": one.booked}
                for one in self.several
            ],
            "misnamed": [asdict(one) for one in self.misnamed],
            "outsiders": [{"student": student, "file": file} for student, file in self.outsiders],
        }


def bearing(student: str, files: Sequence[str]) -> tuple[str | None, str]:
    """Return the one file that is named after the student, or lies in a folder that is; or why none is."""
    own = folded(student)
    whole = [file for file in files if own in map(folded, parts(file))]
    found = whole or [file for file in files if any(own in ids_in(part) for part in parts(file))]
    if len(found) == 1:
        return found[0], ""
    return None, _("several are named after the student") if found else _("none is named after the student")


def newest(files: Sequence[str], folder: Path) -> tuple[str | None, str]:
    """Return the file that was changed last; or why there is none. One that is gone counts as oldest."""
    times = dict.fromkeys(files, 0.0)
    for file in files:
        with suppress(OSError, ValueError):
            times[file] = (folder / file).lstat().st_mtime
    found = [file for file in files if times[file] == max(times.values())]
    return (found[0], "") if len(found) == 1 else (None, _("the newest are of the same time"))


def misnamed_sheet(student: str, file: str, known: Collection[str]) -> Misnamed | None:
    """Return how a sheet contradicts its own name; None: it does not, or is named after nobody.

    Learning platforms name files in ways of their own (``nguyenvana_12345_678_hw1.yaml``), so the name must
    hold the id of another student, or look as the student's own does.
    """
    own, names = folded(student), parts(file)
    for part in reversed(names):
        ids = ids_in(part)
        # Of the words of a name only one with a digit is an id.
        others = [text for one, text in ids.items() if one in known and (text == part or DIGIT.search(one))]
        if own not in ids and others:
            return Misnamed(file, student, others[0], known=True)
    if any(own in ids_in(part) for part in names):
        return None
    for part in reversed(names):
        # A folder may be called 20260301, and a student 20201234.
        form = looks(part)
        if form and form == looks(student) and (part is names[-1] or "a" in form):
            return Misnamed(file, student, part, known=False)
    return None


def parts(file: str) -> tuple[str, ...]:
    """Return the folders of a sheet, and its own name without the ending."""
    path = PurePosixPath(file)
    return (*path.parts[:-1], path.stem)


def ids_in(part: str) -> dict[str, str]:
    """Return what may be an id in the name of a file or folder, folded and as it stands there."""
    texts = (part, *re.split(r"[\s_]+", part), *re.split(r"[\W_]+", part))
    return {folded(text): text for text in reversed(texts) if text}


def looks(name: str) -> str:
    """Return the form of an id: ``a99aaaa999`` for B20DCCN001; empty where it has too few digits for one."""
    form = "".join("9" if sign.isdigit() else "a" if sign.isalpha() else sign for sign in folded(name))
    return form if form.count("9") >= ENOUGH else ""
