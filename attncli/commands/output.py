"""Where a result is written, and in which format."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from attncli.commands.options import (
    Decimals,
    Force,
    Full,
    PageJson,
    check_decimals,
    decimals_of,
    flag,
    format_for,
    idle_option,
    option,
)
from attncli.errors import AttnError
from attncli.export.formats import FORMATS, SUFFIXES, Shown
from attncli.language import N_, _, either, plural

if TYPE_CHECKING:
    from rich.console import RenderableType

    from attncli.commands.environment import Environment
    from attncli.export.formats import Content, Format
    from attncli.problem.problem import Problem
    from attncli.result import Result

MOST_NAMES = 12
CONFIGS = (".yaml", ".yml")
TABS = ".tsv"
TABLES = (".csv", TABS)  # endings of a file that holds one quantity


class Destination(NamedTuple):
    """A format, and the file or folder that is written in it; None is standard output."""

    format: Format
    output: str | None
    force: bool = False

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder: one of tables, unless its name is that of one file."""
        return (
            self.output is not None
            and self.format.kind == "folder"
            and (not self.output.lower().endswith(TABLES) or Path(self.output).is_dir())
        )

    def check(self) -> None:
        """Refuse what cannot be written, before any work is done for it. Raises AttnError."""
        from attncli.files import check_result

        if self.output is None:
            if self.format.kind == "bytes":
                raise AttnError(
                    _("--format {name} cannot be shown on a screen", name=self.format.name),
                    hint=_("add --output FILE.{name}", name=self.format.name),
                )
        else:
            check_result(self.output, force=self.force, folder=self.is_folder)

    def write(self, content: Content, environment: Environment) -> None:
        """Write it, whole or not at all.

        Raises AttnError where that fails, or where there are several tables and no folder.
        """
        from attncli.files import write_folder, write_whole

        self.check()
        if isinstance(content, dict):
            if self.output is not None and self.is_folder:
                write_folder(Path(self.output), content)
                return
            if len(content) != 1:
                raise AttnError(
                    _(
                        "--format {name} makes {count} files, one for each quantity",
                        name=self.format.name,
                        count=len(content),
                    ),
                    hint=_("name a folder for them, --output FOLDER; or one quantity, --only A"),
                )
            (content,) = content.values()
        if self.format.kind == "screen":
            parts = cast("Iterable[RenderableType]", content)
            if self.output is None:
                environment.show(parts)
                return
            content = [environment.text_of(parts)]
        if self.output is None:
            environment.write(cast("Iterable[str]", content))  # check refuses bytes on a screen
        else:
            write_whole(self.output, content if callable(content) else "".join(map(str, content)), force=True)


def destination(
    style: str | None, output: str | None, *, json: bool = False, plain: bool = False, force: bool = False
) -> Destination:
    """Choose the format: the one named, or the one for the output's file extension, or text.

    Raises AttnError where there is none of that name or ending, or the options name two.
    """
    also = "json" if json else "plain" if plain else None
    chosen = format_for(style or None, FORMATS, "text", output, SUFFIXES, also)
    return Destination(FORMATS[chosen], output, force)


@dataclass(frozen=True, eq=False, repr=False)
class Output:
    """How forward and backward show a result, and where."""

    head: int | None = option("--head", "N", N_("Show only this head, counted from 1."))
    decimals: Decimals = None
    full: Full = False
    plain: bool = flag(
        "--plain",
        N_("Plain text for scripts: no boxes, no colour, one block per quantity, tabs between numbers."),
    )
    json: PageJson = False
    style: str | None = option(
        "--format -f",
        FORMATS,
        N_(
            "Output format: csv writes one file per quantity, npz one array per symbol. These and json"
            " hold every quantity, or those of --only, at full precision. Default: by the output's file"
            " extension, then text."
        ),
    )
    output: str | None = option(
        "--output -o",
        "FILE",
        N_(
            "Write to this file, replacing another result, whole or not at all; with csv, to this folder,"
            " or to a file that ends in .csv or .tsv if there is one quantity. Default: standard output."
        ),
    )
    force: Force = False
    quiet: bool = flag("--quiet -q", N_("Show only the tables: no heading, no notes, no summary."))

    @property
    def destination(self) -> Destination:
        """Where it is shown. Raises AttnError where the options name no format that there is, or two."""
        return destination(self.style, self.output, json=self.json, plain=self.plain, force=self.force)

    def check(self) -> None:
        """Refuse values that are not allowed, and options that would do nothing together."""
        check_decimals(self.decimals)
        self.destination.check()
        style = self.destination.format
        for name in (*style.idle, "--plain") if style.idle else ():
            value = getattr(self, name.removeprefix("--"))
            if value is not None and value is not False:
                raise idle_option(name, "--json" if self.json else f"--format {style.name}")

    def check_head(self, problem: Problem) -> None:
        """Refuse a head that the problem does not have, and a file that it was read from."""
        self.destination.check()
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

    def show(self, result: Result, symbols: Sequence[str], environment: Environment) -> None:
        """Write the result where it is to go; all its numbers exist before the first character."""
        blind = [] if self.quiet else result.blind_tokens
        if blind:
            environment.note(note_on_blind(result.problem.tokens, blind))
        decimals = decimals_of(self.decimals, result.decimals)
        display = environment.display(decimals, full=self.full, output=self.output)
        tabs = (self.output or "").lower().endswith(TABS)
        shown = Shown(result, symbols, display, self.head, self.quiet, tabs)
        self.destination.write(self.destination.format.write(shown), environment)


def note_on_blind(tokens: Sequence[str], blind: Sequence[int]) -> str:
    """Say which tokens may look at nothing."""
    from attncli.names import endings
    from attncli.show.matrix import label

    ends = endings(tokens)
    names = [label(tokens[i], end=ends[i]) for i in blind[:MOST_NAMES]]
    return _(
        "everything is masked for {names}: their attention weights and their outputs are all 0",
        names=", ".join(names) + ", …" * (len(blind) > MOST_NAMES),
    )


def check_config(file: str, *, force: bool) -> None:
    """Refuse a name that no config can have, or under which none can be written; ``-`` is standard output."""
    if file == "-":
        return
    path = Path(file)
    if path.suffix.lower() not in {"", *CONFIGS}:
        raise AttnError(
            _("{file!r}: a config ends in {endings}", file=file, endings=either(CONFIGS)),
            hint=_("like {example}", example=path.with_suffix(CONFIGS[0])),
        )
    from attncli.files import check_writable

    check_writable(path, force=force)


def write_config(
    text: str, file: str, environment: Environment, said: Sequence[str] = (), *, force: bool
) -> None:
    """Write a config to a file, or to standard output for ``-``; then say what there is to say of it."""
    if file == "-":
        environment.write_file(text, None)
    else:
        from attncli.files import write_whole

        check_config(file, force=force)
        write_whole(file, text, force=force)
    if said:
        environment.note(*said)
    if file == "-":
        return
    name = f"./{file}" if file.startswith("-") else file  # no command takes it for an option then
    environment.note(_("wrote {file}; next: attncli forward {name}", file=file, name=shlex.quote(name)))
