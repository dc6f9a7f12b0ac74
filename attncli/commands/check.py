"""``attncli check``: mark one sheet, and say what went wrong on it."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from attncli.commands.environment import Environment
from attncli.commands.marking_options import HintLevel, Judging
from attncli.commands.options import Changes, Force, Full, Json, Source, command, flag, option
from attncli.errors import AttnError, ExitCode
from attncli.homework.policy import Hint
from attncli.language import N_, _
from attncli.report import one_of

if TYPE_CHECKING:
    from collections.abc import Sequence


FORMATS = ("classroom50",)
HELP = N_("""Mark a sheet: which numbers are right, which follow from earlier ones, and what was done wrong.

A sheet is YAML or JSON: `student: B20DCCN001`, then `answers:` with any quantities of the page, such as
`S: [[2, 1], [0, 2]]`; ~ or ? is a blank cell. An answer is compared with the right one, then with what the
student's own earlier answers give. The exit code is 0 if nothing is wrong, 1 if something is, 2 if the
problem cannot be used, and 3 if the sheet cannot be read.

\b
Examples:
  attncli check sheet.yaml article                   marked against a built-in problem
  attncli check sheet.yaml mine.yaml --rows S,A,dWq  these are due; a blank one earns nothing
  attncli check sheet.yaml article --student         what a student may see: no right numbers
  attncli check --answer 'L=31.3' article            one answer, without a file
  attncli check sheet.yaml article --decimals 2      exact to two decimals, however it is written
  attncli check - article --json < sheet.yaml        for a script
  attncli check sheet.yaml hw.yaml --rows S,A --format classroom50 -o result.json""")


@dataclass(frozen=True)
class ForRunner:
    """What is written for a system that runs the command for each submission."""

    style: str | None = option(
        "--format -f",
        FORMATS,
        N_(
            "Write the result as Classroom 50 reads it, instead of showing it; the exit code is then 0 even"
            " if answers are wrong."
        ),
    )
    output: str | None = option(
        "--output -o",
        "FILE",
        N_("Write to this file, replacing it, whole or not at all. Default: standard output."),
    )
    force: Force = False

    def check(self, *, json: bool) -> dict[str, str]:
        """Refuse what cannot be, before any work is done; return what the runner says of the submission."""
        if self.style is None:
            if self.output is not None:
                raise AttnError(_("--output needs --format {style}", style=FORMATS[0]))
            return {}
        from attncli.files import check_result
        from attncli.graders.classroom50 import about_submission

        one_of("--format", self.style, FORMATS)
        if json:
            raise AttnError(
                _("--{flag} does not go with --format {style}", flag="json", style=self.style),
                hint=_("keep one of them"),
            )
        if self.output is not None:
            check_result(self.output, force=self.force)
        return about_submission(os.environ)

    def write_unreadable(
        self, about: dict[str, str], sheet: str, most: float, environment: Environment
    ) -> None:
        """Write that a sheet could not be read: the student's doing, and no failure of the command.

        Raises Exit where no runner has asked.
        """
        if not about:
            raise typer.Exit(ExitCode.UNREADABLE)
        from attncli.graders.classroom50 import unreadable_tests

        self.write(about, unreadable_tests(sheet, most), environment)

    def write(self, about: dict[str, str], tests: list[dict[str, Any]], environment: Environment) -> None:
        """Write what became of a sheet."""
        from datetime import UTC, datetime

        from attncli.graders.classroom50 import result_json

        environment.write_file(result_json(about, tests, datetime.now(UTC)), self.output)


@command(quiet=N_("Show only the score and the verdicts: no notes, no matrices."))
def check(
    *,
    first: str | None = typer.Argument(
        None,
        metavar="SHEET",
        help=N_("The sheet: a YAML, JSON or .npz file, or - for standard input. With --answer, the problem."),
    ),
    source: Source,
    answers: list[str] | None = option(
        "--answer -a",
        "QUANTITY=NUMBERS",
        N_("An answer, instead of a sheet: --answer 'S=[[2,1],[0,2]]'. Can be repeated."),
    ),
    student_id: str | None = option(
        "--student-id", "ID", N_("Whose sheet it is. Default: as the sheet says, then the file's name.")
    ),
    judging: Judging,
    student: bool = flag("--student", N_("Show what a student may see: no right number, no right shape.")),
    hint: HintLevel = Hint.MISTAKE,
    changes: Changes,
    full: Full = False,
    json: Json = False,
    runner: ForRunner,
    environment: Environment,
) -> None:
    """Parse, work the problem out, mark, show."""
    judging.check()
    about = runner.check(json=json)
    one_of("--hint", hint, tuple(Hint))
    if answers:
        if source.config is not None:
            raise AttnError(
                _("--answer stands in for a sheet, but a sheet is named as well"),
                hint=_("leave {sheet!r} or --answer out", sheet=first),
            )
        first, source = None, Source(first, source.config_option)
    else:
        check_sheet(first, source)
    assignments = changes.with_loss()
    problem = source.load(environment, assignments)
    from attncli.homework.key import Key
    from attncli.homework.marking import mark
    from attncli.homework.sheet import from_options, load_sheet

    key = Key.of(problem, changes.loss, changes.reduction)
    policy = judging.policy(key.symbols)
    try:
        sheet = load_sheet(first) if first is not None else from_options(answers or [])
    except AttnError as error:
        if first is None:
            raise
        environment.error(error)
        runner.write_unreadable(about, Path(first).name, sum(policy.due_points.values()), environment)
        return
    if student_id is not None:
        sheet = replace(sheet, student=student_id)
    marked = mark(sheet, key, policy)
    if about:
        from attncli.graders.classroom50 import tests_of

        runner.write(about, tests_of(marked.to_dict()), environment)
    elif json:
        environment.write_json(marked.to_dict(student=student, hint=hint))
    else:
        from attncli.show.check import Telling, screen

        # As the sheet was marked, which may not be how the problem is shown.
        shown = problem.changed(lying=marked.lying)
        assignments += [f"layout={shown.layout}"] * (marked.lying != problem.lying)
        same = same_problem(source.name or key.name, assignments, student=student)
        telling = Telling(student, Hint(hint), same, environment.quiet)
        environment.show(screen(marked, shown, environment.display(problem.decimals, full=full), telling))
    for note in marked.notes:
        environment.note(note)
    if not about and marked.verdict not in {"correct", "follow-through"}:
        raise typer.Exit(ExitCode.WRONG)


def check_sheet(sheet: str | None, source: Source) -> None:
    """Refuse what cannot be a sheet beside this problem."""
    if sheet is None:
        raise AttnError(
            _("there is no sheet to check"),
            hint=_("name a file, - for standard input, or --answer 'S=[[2,1],[0,2]]'"),
        )
    if sheet == "-" and "-" in {source.config, source.config_option}:
        raise AttnError(_("standard input can be read only once"), hint=_("save it to a file first"))
    from attncli.problem.sources import builtin_names

    if sheet in builtin_names() and not Path(sheet).is_file():
        raise AttnError(
            _("{name!r} is a problem; the sheet goes before it", name=sheet),
            hint=f"attncli check SHEET {sheet}",
        )


def same_problem(config: str, changes: Sequence[str], *, student: bool) -> str:
    """Return the options with which another command takes the same problem, as a student can name it."""
    from attncli.homework.marks import command_name

    config = command_name(config) if student else config
    return shlex.join(["-c", config, *(word for change in changes for word in ("--set", change))])
