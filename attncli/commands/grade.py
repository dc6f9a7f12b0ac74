"""``attncli grade``: a course's worth of sheets."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from attncli.commands.environment import Environment
from attncli.commands.marking_options import HintLevel, Judging
from attncli.commands.options import ALIASES, Changes, Source, check_number, command, flag, option
from attncli.errors import AttnError, ExitCode
from attncli.files import check_folder
from attncli.homework.policy import Hint
from attncli.language import N_, _, either
from attncli.report import one_of

if TYPE_CHECKING:
    from attncli.course.course import Plan
    from attncli.course.grader import KeyEach, OneKey
    from attncli.course.sheets import Skipped


HELP = N_("""Mark every sheet of a folder, at any depth, and write the results and a gradebook.

A sheet is a file that ends in .yaml, .yml or .json. The results go to DIR: results.jsonl with one line
per sheet, gradebook.csv, and what --format names. If it is interrupted or killed, the same command goes on
where it stopped. The exit code is 0 even if answers are wrong, as in any course; it is 3 if sheets could
not be read (they are in the results, with the reason), 2 if the config or the rubric cannot be used.

\b
Examples:
  attncli grade sheets article --out graded      one problem for all
  attncli grade sheets --configs each -j 0       each/B20DCCN001.yaml, …
  attncli grade sheets hw1.yaml --rubric rubric.yaml
  attncli grade sheets hw1.yaml --roster class.csv --format canvas
  attncli grade sheets hw1.yaml --out again --against graded/results.jsonl

\b
A rubric is YAML; any of its keys may be left out:
  rows: {S: 2, A: 3, dWq: 5}      what is due, and its points; or a list: [S, A]
  ignore: [dP]                    what does not count
  follow_through: half            full, half, none or a share: what an answer
                                  earns that follows from a wrong one
  tolerance: {decimals: 4}        auto, {significant: 3}, {rtol: 1e-3, atol: 0}
  mistakes: {scale-missing: 0.5}  the share that an answer keeps with this mistake
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
MOST_JOBS = 256
DATE_ORDERS = ("dmy", "mdy")
SEPARATORS = {",": ",", ";": ";", "tab": "\t"}


@dataclass(frozen=True)
class Paths:
    """The files and folders of a course, besides that of the sheets."""

    out: str = option("--out -o", "DIR", N_("The folder for the results; created if needed."), "graded")
    configs: str | None = option(
        "--configs",
        "DIR",
        N_("A config for each student, named after them, instead of CONFIG: DIR/B20DCCN001.yaml"),
    )
    rubric: str | None = option(
        "--rubric", "FILE", N_("What is due and what it earns, as above; the options here override it.")
    )
    roster: str | None = option(
        "--roster",
        "FILE",
        N_(
            "Who the students are, as CSV, or as Canvas, Moodle or Gradescope export it: for the gradebooks,"
            " and for when they handed in."
        ),
    )

    dates: str | None = option(
        "--dates",
        DATE_ORDERS,
        N_("How the roster's dates such as 05/03/2026 are read: the day or the month first."),
    )
    clean: bool = flag(
        "--clean", N_("Remove what earlier runs have left in DIR and this one does not write.")
    )

    def check(self, folder: str, source: Source) -> None:
        """Refuse paths that do not go together."""
        if self.dates is not None:
            one_of("--dates", self.dates, DATE_ORDERS)
        if not self.out:
            raise AttnError(_("{name} is empty", name="--out"), hint=_("name a folder for the results"))
        out = Path(self.out)
        check_folder(out)
        if os.path.realpath(out) == os.path.realpath(folder):
            raise AttnError(
                _("--out is the folder of the sheets"),
                hint=_("name another folder for the results, like graded"),
            )
        if self.configs is not None and source.name is not None:
            raise AttnError(_("CONFIG and --configs are both given"), hint=_("keep one of them"))


@dataclass(frozen=True)
class Grading:
    """What is written about the sheets, for whom, and how they are worked through."""

    formats: list[str] | None = option(
        "--format -f",
        "GRADER",
        N_(
            "Write for a grader as well: gradescope, junit, nbgrader, otter, canvas, moodle,"
            " prairielearn, markdown, html or, for what still reads it, github-classroom (legacy)."
            " Can be repeated."
        ),
    )
    assignment: str | None = option(
        "--assignment", "NAME", N_("What the graders call it. Default: the config's name.")
    )
    hint: HintLevel = Hint.MISTAKE
    reveal: bool = flag("--reveal", N_("Show students the right values in these formats."))
    jobs: int = option("--jobs -j", "N", N_("How many processes mark at once; 0 is one per core."), 1)
    against: str | None = option(
        "--against", "FILE", N_("An older results.jsonl: show whose score changed, and write changes.csv.")
    )

    on_duplicate: str = option(
        "--on-duplicate",
        "report|newest|best",
        N_(
            "Which of several sheets of a student a gradebook takes: the newest, the best,"
            " or (report) the one whose file or folder is named after the student."
        ),
        "report",
    )
    separator: str = option(
        "--csv-separator",
        SEPARATORS,
        N_("What separates the cells of gradebook.csv and changes.csv; some Excels want a semicolon."),
        ",",
    )

    @property
    def named(self) -> dict[str, None]:
        """The formats by their names, each once."""
        return dict.fromkeys(ALIASES.get(name, name) for name in self.formats or ())

    def check(self) -> None:
        """Refuse values that are not allowed."""
        from attncli.course.whose import OnDuplicate
        from attncli.graders import FORMATS

        one_of("--on-duplicate", self.on_duplicate, tuple(OnDuplicate))
        one_of("--hint", self.hint, tuple(Hint))
        if self.separator not in SEPARATORS:
            message = _("{name} is {found}; expected {wanted}")
            wanted = either(map(repr, SEPARATORS))
            raise AttnError(message.format(name="--csv-separator", found=repr(self.separator), wanted=wanted))
        for name in self.named:
            if name == "classroom50":
                message = _("--format {style} is for one sheet", style=name)
                raise AttnError(message, hint=_("attncli check marks one sheet"))
            one_of("--format", name, FORMATS)
        check_number("--jobs", self.jobs, 0, MOST_JOBS, _("0 is one per core"))


@command(quiet=N_("No summary, no notes, no progress: just the files."))
def grade(
    *,
    folder: str = typer.Argument(metavar="FOLDER", help=N_("The folder of the sheets.")),
    source: Source,
    paths: Paths,
    judging: Judging,
    grading: Grading,
    changes: Changes,
    json: bool = flag("--json", N_("The summary as JSON, for scripts.")),
    environment: Environment,
) -> None:
    """Parse, mark, write, show."""
    judging.check()
    grading.check()
    paths.check(folder, source)
    plan, skipped = plan_of(folder, source, paths, judging, grading, changes, environment)
    from attncli.course import course

    try:
        with environment.progress("grading_progress", len(plan.files)) as progress:
            graded = course.grade(plan, progress, environment.note)
    except KeyboardInterrupt:
        environment.note(_("finished sheets are kept; run the same command again to continue"))
        raise
    for note in graded.notes:
        environment.note(note)
    if json:
        environment.write_json(course.report(plan, graded, skipped))
    elif not environment.quiet:
        from attncli.show.grade import screen

        environment.show(screen(plan, graded, skipped))
    if graded.summary.unreadable:
        raise typer.Exit(ExitCode.UNREADABLE)


def plan_of(
    folder: str,
    source: Source,
    paths: Paths,
    judging: Judging,
    grading: Grading,
    changes: Changes,
    environment: Environment,
) -> tuple[Plan, tuple[Skipped, ...]]:
    """Read all that is needed before the first sheet; return the plan, and what is no sheet."""
    from attncli import __version__
    from attncli.blocks.threads import cores
    from attncli.course.course import Plan
    from attncli.course.grader import Grader
    from attncli.course.roster import read_roster, submission_times
    from attncli.course.rubric import Rubric, read_rubric
    from attncli.course.sheets import find_sheets
    from attncli.course.whose import OnDuplicate
    from attncli.graders.records import Course
    from attncli.problem.sources import DEFAULT

    # What may lie within the folder and is not the students'.
    apart = (paths.out, source.name or DEFAULT, paths.configs, paths.rubric, paths.roster, grading.against)
    files, skipped = find_sheets(Path(folder), [Path(path) for path in apart if path not in {None, "-"}])
    keys, name = keys_of(source, paths, changes, environment)
    symbols = keys.symbols
    rubric = Rubric() if paths.rubric is None else read_rubric(paths.rubric, symbols)
    roster = None if paths.roster is None else read_roster(paths.roster, {Path(file).stem for file in files})
    policy = judging.policy(symbols, rubric.policy)
    if policy.due is None:
        environment.note(
            _(
                "no quantities are set as due; only what a sheet answers counts."
                " Set them with --rows or a rubric"
            )
        )
    late = rubric.late
    course = Course(
        assignment=grading.assignment or name,
        points=policy.due_points,
        due=None if late is None else late.due.isoformat(),
        people={} if roster is None else roster.people,
        hint=Hint(grading.hint),
        reveal=grading.reveal,
    )
    plan = Plan(
        Grader(Path(folder), keys, policy, late, submission_times(late, roster, paths.dates), __version__),
        files,
        Path(paths.out),
        course,
        tuple(grading.named),
        min(grading.jobs or cores(), len(files)),
        None if grading.against is None else Path(grading.against),
        SEPARATORS[grading.separator],
        OnDuplicate(grading.on_duplicate),
        paths.clean,
    )
    return plan, skipped


def keys_of(
    source: Source, paths: Paths, changes: Changes, environment: Environment
) -> tuple[OneKey | KeyEach, str]:
    """Return what the sheets are marked against, and its name."""
    from attncli.course.grader import KeyEach, OneKey
    from attncli.course.sheets import configs_by_student

    assignments = changes.with_loss()
    if paths.configs is not None:
        configs = configs_by_student(Path(paths.configs))
        keys = KeyEach(configs, tuple(assignments), changes.loss, changes.reduction)
        return keys, Path(os.path.realpath(paths.configs)).name
    problem = source.load(environment, assignments)
    name = Path(problem.name).stem if Path(problem.name).suffix else problem.name
    return OneKey(problem, changes.loss, changes.reduction), name
