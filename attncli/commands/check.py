"""``attncli check``: mark one sheet, and say what went wrong on it."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attncli.commands import marking_options as marking
from attncli.commands import options
from attncli.commands.environment import Environment
from attncli.commands.options import load_problem, with_loss
from attncli.errors import AttnError, ExitCode
from attncli.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attncli.homework.sheet import Sheet


HELP = N_("""Mark a sheet: which numbers are right, which follow from earlier ones, and what was done wrong.

A sheet is YAML or JSON: `student: B20DCCN001`, then `answers:` with any rows of the page, such as
`S: [[2, 1], [0, 2]]`; ~ or ? is a blank cell. A row is compared with the right one, then with what the
student's own earlier rows give. The exit code is 0 where nothing is wrong, 1 where something is, 2
where the problem cannot be used, and 3 where the sheet cannot be read.

\b
Examples:
  attncli check sheet.yaml article                   marked against a built-in problem
  attncli check sheet.yaml mine.yaml --rows S,A,dWq  these are due; a blank one earns nothing
  attncli check sheet.yaml article --student         what a student may see: no right numbers
  attncli check --answer 'L=31.3' article            one row, without a file
  attncli check sheet.yaml article --decimals 2      exact to two decimals, however it is written
  attncli check - article --json < sheet.yaml        for a script""")

First = Annotated[
    str | None,
    typer.Argument(
        metavar="SHEET",
        show_default=False,
        help=N_("The sheet: a YAML or JSON file, or - for standard input. With --answer, the problem."),
    ),
]
Answers = Annotated[
    list[str] | None,
    typer.Option(
        "--answer",
        "-a",
        metavar="ROW=NUMBERS",
        help=N_("An answer, in the place of a sheet: --answer 'S=[[2,1],[0,2]]'. May be repeated."),
        show_default=False,
    ),
]
StudentId = Annotated[
    str | None,
    typer.Option(
        "--student-id",
        metavar="ID",
        help=N_("Whose sheet it is. Else as the sheet says, else the file's name."),
        show_default=False,
    ),
]
ForStudent = Annotated[
    bool, typer.Option("--student", help=N_("Show what a student may see: no right number, no right shape."))
]


def check(
    context: typer.Context,
    first: First = None,
    config: options.Config = None,
    *,
    config_option: options.ConfigOption = None,
    answers: Answers = None,
    student_id: StudentId = None,
    rows: marking.Rows = None,
    decimals: marking.Decimals = None,
    significant: marking.Significant = None,
    rtol: marking.Rtol = None,
    atol: marking.Atol = None,
    follow_through: marking.FollowThrough = None,
    student: ForStudent = False,
    hint: marking.Hints = "mistake",
    loss: options.LossName = None,
    reduction: options.Reduction = None,
    changes: options.Set = None,
    full: options.Full = False,
    json: Annotated[bool, typer.Option("--json", help=N_("JSON for scripts."))] = False,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", help=N_("Just the score and the verdicts: no notes, no matrices.")),
    ] = False,
    lang: options.Lang = None,
    width: options.Width = None,
    color: options.Color = None,
    ascii_only: options.Ascii = False,
    debug: options.Debug = False,
) -> None:
    """Parse, work the problem out, mark, show."""
    environment = context.ensure_object(Environment)
    environment.update(width, color, lang, ascii_only=ascii_only, debug=debug)
    judging = marking.Judging(rows, decimals, significant, rtol, atol, follow_through)
    judging.check()
    marking.check_hint(hint)
    source, config = sheet_and_config(first, config, config_option, answers)
    set_keys = with_loss(changes, loss, reduction)
    problem = load_problem(config, config_option, set_keys, environment, quiet=quiet)
    from attncli.homework.key import Key
    from attncli.homework.marking import mark

    key = Key.of(problem, loss, reduction)
    policy = judging.policy(key.symbols)
    sheet = read(source, answers or [], environment)
    if student_id is not None:
        sheet = replace(sheet, student=student_id)
    marked = mark(sheet, key, policy)
    if json:
        from attncli.export.data import json_text

        record = marked.to_dict(student=student, hint=hint)
        environment.out.write(json_text(record, ascii_only=environment.out.ascii_only))
    else:
        from attncli.homework.marks import Hint
        from attncli.show.check import Telling, marks

        asked = config or config_option or key.name
        telling = Telling(student, Hint(hint), same_problem(asked, set_keys), full, quiet)
        for text in marks(marked, problem, environment.out, telling):
            environment.out.write(text)
    for note in () if quiet else marked.notes:
        environment.note(note)
    if marked.verdict not in {"correct", "follow-through"}:
        raise typer.Exit(ExitCode.WRONG)


def sheet_and_config(
    first: str | None, config: str | None, config_option: str | None, answers: Sequence[str] | None
) -> tuple[str | None, str | None]:
    """Tell which argument is the sheet, and which the problem: with --answer there is no sheet."""
    if answers:
        if config is not None:
            raise AttnError(
                _("--answer stands in the place of a sheet, and there is one"),
                hint=_("leave {sheet!r} or --answer out", sheet=first),
            )
        return None, first
    if first is None:
        raise AttnError(
            _("there is no sheet to check"),
            hint=_("name a file, - for standard input, or --answer 'S=[[2,1],[0,2]]'"),
        )
    if first == "-" and "-" in {config, config_option}:
        raise AttnError(_("standard input can be read only once"), hint=_("save it to a file first"))
    from attncli.problem.sources import builtin_names

    if first in builtin_names() and not Path(first).is_file():
        raise AttnError(
            _("{name!r} is a problem, and the sheet goes before it", name=first),
            hint=f"attncli check SHEET {first}",
        )
    return first, config


def read(source: str | None, answers: Sequence[str], environment: Environment) -> Sheet:
    """Read the sheet; where that cannot be done, say why and end with the exit code for it."""
    from attncli.homework.sheet import from_options, load_sheet
    from attncli.show.messages import error_text

    if source is None:
        return from_options(answers)
    try:
        return load_sheet(source)
    except AttnError as error:
        environment.err.write(error_text(error, environment.err))
        raise typer.Exit(ExitCode.UNREADABLE) from None


def same_problem(config: str, changes: Sequence[str]) -> str:
    """Return the options with which another command takes the same problem."""
    return shlex.join(["-c", config, *(word for change in changes for word in ("--set", change))])
