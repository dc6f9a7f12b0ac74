"""What forward and backward share: choosing the problem, and showing a result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from attncli.commands.options import check_decimals, decimals_of
from attncli.errors import AttnError
from attncli.export.formats import FORMATS, SUFFIXES
from attncli.language import _, either, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from attncli.commands.environment import Environment
    from attncli.export.formats import Content, Format
    from attncli.problem.problem import Problem
    from attncli.result import Result
    from attncli.show.terminal import Terminal

MOST_NAMES = 12
CSV = ".csv"


class Show(NamedTuple):
    """How a result is to be shown."""

    only: str | None
    head: int | None
    decimals: str | None
    full: bool
    plain: bool
    json: bool
    quiet: bool
    style: str | None = None
    output: str | None = None

    @property
    def format(self) -> Format:
        """The format to write in. Raises AttnError where the options name none that there is, or two."""
        return choose(self.style, self.output, json=self.json, plain=self.plain)

    @property
    def symbols(self) -> list[str] | None:
        """The rows asked for by name, in the order in which they were named."""
        if self.only is None:
            return None
        return list(dict.fromkeys(name.strip() for name in self.only.split(",") if name.strip()))

    def check(self) -> None:
        """Refuse values that there are not, and options that would do nothing together."""
        if self.only is not None and not self.symbols:
            raise AttnError(_("--only names no row"), hint=_("like --only Q,A"))
        check_decimals(self.decimals)
        style = self.format
        check_output(style, self.output)
        name = "--json" if self.json else f"--format {style.name}"
        idle = {
            "--head": self.head is not None,
            "--decimals": self.decimals is not None,
            "--full": self.full,
            "--plain": self.plain,
        }
        for option, given in idle.items():
            if given and option in (*style.idle, "--plain") and style.idle:
                raise AttnError(
                    _(
                        "{option} does not go with {name}, which always holds every number at full precision",
                        option=option,
                        name=name,
                    ),
                    hint=_("leave {option} out", option=option),
                )

    def check_head(self, problem: Problem) -> None:
        """Refuse a head that the problem does not have."""
        heads = problem.form.heads
        if self.head is not None and not 1 <= self.head <= heads:
            raise AttnError(
                _("there is no head {head}", head=self.head),
                hint=plural(
                    "this problem has {n} head, counted from 1",
                    "this problem has {n} heads, counted from 1",
                    heads,
                ),
            )


def show(result: Result, how: Show, environment: Environment, symbols: Sequence[str]) -> None:
    """Write the result where it is to go; all its numbers exist before the first character."""
    from attncli.export.entries import Shown
    from attncli.show.matrix import Looks

    if not how.quiet:
        for note in hidden_rows(result):
            environment.note(note)
    looks = Looks(stage(environment, how.output), decimals_of(how.decimals, result.decimals), how.full)
    shown = Shown(result, symbols, looks, how.head, how.quiet)
    deliver(how.format, how.format.write(shown), how.output, environment)


def hidden_rows(result: Result) -> Iterator[str]:
    """Tell which tokens may look at nothing: their weights are all zero."""
    problem, rows = result.problem, result.blind_tokens
    if rows:
        from attncli.names import endings
        from attncli.show.terminal import label

        ends = endings(problem.tokens)
        names = [label(problem.tokens[i], end=ends[i]) for i in rows[:MOST_NAMES]]
        more = ", …" * (len(rows) > MOST_NAMES)
        yield _(
            "everything is masked for {names}: the weights there are all 0, and so is what they bring back",
            names=", ".join(names) + more,
        )


def choose(style: str | None, output: str | None, *, json: bool = False, plain: bool = False) -> Format:
    """Find the format: the one named, else the one that the output's name ends in, else tables.

    Raises AttnError where there is none of that name, or the options name two.
    """
    flag = "json" if json else "plain" if plain else None
    if style is not None and style not in FORMATS:
        from attncli.report import did_you_mean

        raise AttnError(
            _("--format is {style!r}; expected {known}", style=style, known=either(FORMATS)),
            hint=did_you_mean(style, list(FORMATS)),
        )
    if flag and style not in {None, flag}:
        raise AttnError(
            _("--{flag} does not go with --format {style}", flag=flag, style=style),
            hint=_("keep one of them"),
        )
    suffix = SUFFIXES.get(Path(output).suffix.lower(), "text") if output else "text"
    return FORMATS[style or flag or suffix]


def check_output(style: Format, output: str | None) -> None:
    """Refuse an output that cannot be written, before any work is done for it. Raises AttnError."""
    if output is None:
        if style.kind == "bytes":
            raise AttnError(
                _("--format {name} cannot be shown on a screen", name=style.name),
                hint=_("add --output FILE.{name}", name=style.name),
            )
        return
    from attncli.files import check_writable

    check_writable(output, force=True, folder=is_folder(style, output))


def is_folder(style: Format, output: str) -> bool:
    """Whether the output is a folder: one of CSVs, unless its name is that of one file."""
    return style.kind == "folder" and (not output.lower().endswith(CSV) or Path(output).is_dir())


def stage(environment: Environment, output: str | None) -> Terminal:
    """Return what is written for: the screen, or a file, which takes every character and no colour."""
    if output is None:
        return environment.out
    return environment.out._replace(color=False, ascii_only=environment.ascii_only, wraps=False)


def deliver(style: Format, content: Content, output: str | None, environment: Environment) -> None:
    """Write to standard output, or to the file or folder named: whole or not at all.

    Raises AttnError where it cannot be written, or where there are several CSVs and no folder.
    """
    if isinstance(content, dict):
        if output is not None and is_folder(style, output):
            from attncli.files import write_folder

            write_folder(Path(output), content)
            return
        if len(content) != 1:
            raise AttnError(
                _(
                    "--format {name} makes a file of each of {count} rows",
                    name=style.name,
                    count=len(content),
                ),
                hint=_("name a folder for them, --output FOLDER; or one row, --only A"),
            )
        (content,) = content.values()
    if output is None:
        for piece in cast("Iterable[str]", content):  # check_output refuses bytes on a screen
            environment.out.write(str(piece))
        return
    from attncli.files import write_whole

    write_whole(output, content if callable(content) else "".join(map(str, content)), force=True)
