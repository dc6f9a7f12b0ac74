"""What a format is told about a course besides its results, and what it tells of its work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from attncli.homework.marks import Hint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


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
