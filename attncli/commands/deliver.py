"""From a result in some format to standard output, a file or a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from attncli.errors import AttnError
from attncli.language import _, either
from attncli.show.export.formats import FORMATS, SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attncli.commands.environment import Environment
    from attncli.show.export.formats import Content, Format
    from attncli.show.terminal import Terminal

CSV = ".csv"


def choose(style: str | None, output: str | None, *, json: bool = False, plain: bool = False) -> Format:
    """Find the format: the one named, else the one that the output's name ends in, else tables.

    Raises AttnError where there is none of that name, or the options name two.
    """
    flag = "json" if json else "plain" if plain else None
    if style is not None and style not in FORMATS:
        from attncli.problem.report import did_you_mean  # noqa: PLC0415 - --help needs none

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
    if is_folder(style, output):
        from attncli.show.export.folder import check_folder  # noqa: PLC0415 - only an output needs it

        check_folder(Path(output))
        return
    from attncli.files import check_free  # noqa: PLC0415

    check_free(output, force=True)


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
            from attncli.show.export.folder import write_folder  # noqa: PLC0415

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
    from attncli.files import write_whole  # noqa: PLC0415

    write_whole(output, content if callable(content) else "".join(map(str, content)), force=True)
