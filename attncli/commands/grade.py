"""``attncli grade``: a course's worth of sheets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attncli import __version__
from attncli.blocks.threads import cores
from attncli.commands import marking_options as marking
from attncli.commands import options
from attncli.commands.environment import Environment
from attncli.commands.options import load_problem, with_loss
from attncli.course.course import Plan
from attncli.course.grader import Grader, KeyEach, OneKey
from attncli.course.roster import read_roster
from attncli.course.rubric import Rubric, read_rubric
from attncli.course.sheets import configs_by_student, find_sheets
from attncli.errors import AttnError, ExitCode
from attncli.graders import FORMATS
from attncli.graders.records import Course
from attncli.homework.marks import Hint
from attncli.language import N_, _, either
from attncli.problem.sources import DEFAULT
from attncli.report import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime

    from attncli.commands.marking_options import Judging
    from attncli.course.grader import Keys
    from attncli.course.late import Late
    from attncli.course.roster import Roster
    from attncli.course.sheets import Skipped


HELP = N_("""Mark every sheet of a folder, at any depth, and write the results and a gradebook.

A sheet is a file that ends in .yaml, .yml or .json. The results go to DIR: results.jsonl with one line
a sheet, gradebook.csv, and what --format names. Interrupted, or killed, it goes on where it was when it
is started again. The exit code is 0 also where answers are wrong, for that is what courses are; it is 3
where sheets could not be read (they are in the results with the reason), 2 where the config or the
rubric is no good.

\b
Examples:
  attncli grade sheets article --out graded      one problem for all
  attncli grade sheets --configs each -j 0       each/B20DCCN001.yaml, …
  attncli grade sheets hw1.yaml --rubric rubric.yaml
  attncli grade sheets hw1.yaml --roster class.csv --format canvas
  attncli grade sheets hw1.yaml --out again --against graded/results.jsonl

\b
A rubric is YAML; any of its keys may be left out:
  rows: {S: 2, A: 3, dWq: 5}      due rows and their points; or a list: [S, A]
  ignore: [dP]                    rows that do not count
  follow_through: half            full, half, none or a share: what a row
                                  earns that follows from a wrong one
  tolerance: {decimals: 4}        auto, {significant: 3}, {rtol: 1e-3, atol: 0}
  mistakes: {scale-missing: 0.5}  the share that a row keeps with this mistake
  late:
    due: 2026-03-01T23:59:00+07:00
    penalty: 0.1                  the share of the score that each day costs
    per: day                      or hour
    grace: 15 minutes             costs nothing up to here
    most: 0.5                     never costs more than this
    by: file                      the file's time; or {column: submitted}, a
                                  column of the roster

\b
A roster is CSV whose header names its columns: student (or id), name,
last name, first name, email, id number, section, and what late.by names.""")
Folder = Annotated[
    str, typer.Argument(metavar="FOLDER", show_default=False, help=N_("The folder of the sheets."))
]
Out = Annotated[
    str,
    typer.Option("--out", "-o", metavar="DIR", help=N_("The folder for the results; it is made if need be.")),
]
Configs = Annotated[
    str | None,
    typer.Option(
        "--configs",
        metavar="DIR",
        help=N_("A config for each student, named after them, instead of CONFIG: DIR/B20DCCN001.yaml"),
        show_default=False,
    ),
]
RubricFile = Annotated[
    str | None,
    typer.Option(
        "--rubric",
        metavar="FILE",
        help=N_("What is due and what it earns, as above; the options here go before it."),
        show_default=False,
    ),
]
RosterFile = Annotated[
    str | None,
    typer.Option(
        "--roster",
        metavar="FILE",
        help=N_("Who the students are, as CSV: for the gradebooks, and for when they handed in."),
        show_default=False,
    ),
]
Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        "-f",
        metavar="NAME",
        help=N_(
            "Write for a grader as well: gradescope, junit, nbgrader, otter, canvas, moodle,"
            " github-classroom, prairielearn, markdown or html. May be repeated."
        ),
        show_default=False,
    ),
]
Assignment = Annotated[
    str | None,
    typer.Option(
        "--assignment",
        metavar="NAME",
        help=N_("What the graders call it. Else the config's name."),
        show_default=False,
    ),
]
Reveal = Annotated[
    bool, typer.Option("--reveal", help=N_("Show students the right values in these formats."))
]
Jobs = Annotated[
    int, typer.Option("--jobs", "-j", metavar="N", help=N_("How many processes mark at once; 0: one a core."))
]
Against = Annotated[
    str | None,
    typer.Option(
        "--against",
        metavar="FILE",
        help=N_("An older results.jsonl: show whose score changed, and write changes.csv."),
        show_default=False,
    ),
]
MOST_JOBS = 256


def grade(
    context: typer.Context,
    folder: Folder,
    config: options.Config = None,
    *,
    config_option: options.ConfigOption = None,
    out_folder: Out = "graded",
    configs: Configs = None,
    rubric: RubricFile = None,
    roster: RosterFile = None,
    rows: marking.Rows = None,
    decimals: marking.Decimals = None,
    significant: marking.Significant = None,
    rtol: marking.Rtol = None,
    atol: marking.Atol = None,
    follow_through: marking.FollowThrough = None,
    style: Formats = None,
    assignment: Assignment = None,
    hint: marking.Hints = "mistake",
    reveal: Reveal = False,
    jobs: Jobs = 1,
    against: Against = None,
    loss: options.LossName = None,
    reduction: options.Reduction = None,
    changes: options.Set = None,
    json: Annotated[bool, typer.Option("--json", help=N_("The summary as JSON, for scripts."))] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help=N_("No summary, no notes, no progress: just the files."))
    ] = False,
    lang: options.Lang = None,
    width: options.Width = None,
    color: options.Color = None,
    ascii_only: options.Ascii = False,
    debug: options.Debug = False,
) -> None:
    """Parse, mark, write, show."""
    environment = context.ensure_object(Environment)
    environment.update(width, color, lang, ascii_only=ascii_only, debug=debug)
    judging = marking.Judging(rows, decimals, significant, rtol, atol, follow_through)
    judging.check()
    marking.check_hint(hint)

    asked = Asked(
        folder=folder,
        config=config,
        config_option=config_option,
        configs=configs,
        out=out_folder,
        changes=changes or [],
        loss=loss,
        reduction=reduction,
        judging=judging,
        rubric=rubric,
        roster=roster,
        formats=tuple(dict.fromkeys(style or ())),
        assignment=assignment,
        hint=hint,
        reveal=reveal,
        jobs=jobs,
        against=against,
        quiet=quiet,
    )
    plan, skipped = plan_of(asked, environment)
    from attncli.course.course import grade as grade_course

    note = (lambda _text: None) if quiet else environment.note
    try:
        with progress(environment, plan, quiet=quiet) as tell:
            graded = grade_course(plan, tell, note)
    except KeyboardInterrupt:
        note(_("what is done is kept: the same command goes on from here"))
        raise
    for text in graded.notes:
        note(text)
    out = environment.out
    if json:
        from attncli.course.course import report
        from attncli.export.data import json_text

        out.write(json_text(report(plan, graded, skipped), ascii_only=out.ascii_only))
    elif not quiet:
        from attncli.show.grade import course

        for text in course(plan, graded, skipped, out):
            out.write(text)
    if graded.summary.unreadable:
        raise typer.Exit(ExitCode.UNREADABLE)


def progress(
    environment: Environment, plan: Plan, *, quiet: bool
) -> AbstractContextManager[Callable[[int], None]]:
    """Return what shows how far the marking has come: a bar, on a terminal and nowhere else."""
    from contextlib import nullcontext

    if quiet or not environment.err.stream.isatty():
        return nullcontext(lambda _done: None)
    from attncli.show.course_progress import progress_bar

    return progress_bar(environment.err, len(plan.files))


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
    grader = Grader(folder, keys, policy, late, times_of(late, roster), __version__)
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
