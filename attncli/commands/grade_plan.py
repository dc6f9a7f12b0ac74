"""From the options of ``attncli grade`` to what is to be graded; what is wrong with them is told first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from attncli.commands.output import load_problem, with_loss
from attncli.errors import AttnError
from attncli.homework.formats import FORMATS
from attncli.homework.formats.course import Course
from attncli.homework.grading.course import Plan
from attncli.homework.grading.crew import cores
from attncli.homework.grading.folder import configs_by_student, find_sheets
from attncli.homework.grading.grader import Grader, KeyEach, OneKey
from attncli.homework.grading.roster import read_roster
from attncli.homework.grading.rubric import Rubric, read_rubric
from attncli.homework.marks import Hint
from attncli.language import _, either
from attncli.problem.report import did_you_mean
from attncli.problem.sources import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from attncli.commands.environment import Environment
    from attncli.commands.marking import Judging
    from attncli.homework.grading.folder import Skipped
    from attncli.homework.grading.grader import Keys
    from attncli.homework.grading.late import Late
    from attncli.homework.grading.roster import Roster

MOST_JOBS = 256


@dataclass(frozen=True)
class Asked:
    """The command line, as it was typed."""

    folder: str
    config: str | None
    config_option: str | None
    configs: str | None
    out: str
    changes: list[str]
    loss: str | None
    reduction: str | None
    judging: Judging
    rubric: str | None
    roster: str | None
    formats: tuple[str, ...]
    assignment: str | None
    hint: str
    reveal: bool
    jobs: int
    against: str | None
    quiet: bool


def plan_of(asked: Asked, environment: Environment) -> tuple[Plan, tuple[Skipped, ...]]:
    """Read all that is needed before the first sheet; return the plan, and what is no sheet."""
    check(asked)
    folder, out = Path(asked.folder), Path(asked.out)
    files, skipped = find_sheets(folder, [path.resolve() for path in not_sheets(asked)])
    keys, name = keys_of(asked, environment)
    symbols = symbols_of(keys)
    rubric = Rubric() if asked.rubric is None else read_rubric(asked.rubric, symbols)
    roster = None if asked.roster is None else read_roster(asked.roster)
    policy = asked.judging.policy(symbols, rubric.policy)
    if policy.due is None and not asked.quiet:
        environment.note(
            _("no rows are due, so only those count that a sheet answers; --rows or a rubric says which are")
        )
    late = rubric.late
    course = Course(
        assignment=asked.assignment or name,
        points={
            symbol: policy.points.get(symbol, 1.0)
            for symbol in policy.due or ()
            if symbol not in policy.ignored
        },
        due=None if late is None else late.due.isoformat(),
        people={} if roster is None else roster.people,
        hint=Hint(asked.hint),
        reveal=asked.reveal,
    )
    grader = Grader(folder, keys, policy, late, times_of(late, roster))
    jobs = min(asked.jobs or cores(), len(files))
    against = None if asked.against is None else Path(asked.against)
    return Plan(grader, files, out, course, asked.formats, jobs, against), skipped


def check(asked: Asked) -> None:
    """Refuse what cannot be done, before any work."""
    for name in asked.formats:
        if name not in FORMATS:
            message = _("--format is {style!r}; expected {known}", style=name, known=either(FORMATS))
            raise AttnError(message, hint=did_you_mean(name, FORMATS))
    if not 0 <= asked.jobs <= MOST_JOBS:
        raise AttnError(
            _("--jobs is {jobs}; expected a whole number from 0 to {most}", jobs=asked.jobs, most=MOST_JOBS),
            hint=_("0 is one for each core"),
        )
    out, folder = Path(asked.out), Path(asked.folder)
    if out.exists() and not out.is_dir():
        raise AttnError(_("{path!r} is a file", path=asked.out), hint=_("name a folder for the results"))
    if out.resolve() == folder.resolve():
        raise AttnError(
            _("--out is the folder of the sheets"), hint=_("name another folder for the results, like graded")
        )
    if asked.configs is not None and (asked.config or asked.config_option):
        raise AttnError(_("CONFIG and --configs are both there"), hint=_("keep one of them"))


def not_sheets(asked: Asked) -> Iterator[Path]:
    """Yield what may lie within the folder and is not the students'."""
    config = asked.config or asked.config_option or DEFAULT
    named = (asked.out, config, asked.configs, asked.rubric)
    yield from (Path(path) for path in named if path is not None and path != "-")


def keys_of(asked: Asked, environment: Environment) -> tuple[Keys, str]:
    """Return what the sheets are marked against, and its name."""
    changes = with_loss(asked.changes, asked.loss, asked.reduction)
    if asked.configs is not None:
        folder = Path(asked.configs)
        found = KeyEach(configs_by_student(folder), tuple(changes), asked.loss, asked.reduction)
        return found, folder.resolve().name
    problem = load_problem(asked.config, asked.config_option, changes, environment, quiet=asked.quiet)
    name = problem.name
    return OneKey(problem, asked.loss, asked.reduction), Path(name).stem if Path(name).suffix else name


def symbols_of(keys: Keys) -> tuple[str, ...]:
    """Return the rows that can be answered: of the one page, or of the first that there is.

    Raises AttnError where no config can be used: what is wrong with the first of them.
    """
    if keys.only is not None:
        return keys.only.symbols
    errors = []
    for student in getattr(keys, "configs", ()):
        try:
            return keys.of(student, student).symbols
        except AttnError as error:
            errors.append(error)
    raise errors[0]


def times_of(late: Late | None, roster: Roster | None) -> dict[str, datetime] | None:
    """Return when each student's sheet came in, where the roster is to tell it; else None."""
    if late is None or late.column is None:
        return None
    if roster is None:
        message = _("the rubric takes the time from the column {column!r}", column=late.column[:40])
        raise AttnError(message, hint=_("name the roster that has it: --roster FILE.csv"))
    return roster.times(late.column, late.due.tzinfo)
