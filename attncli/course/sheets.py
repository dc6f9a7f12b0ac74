"""The sheets of a folder: which files they are, and reading one. What they hold is not trusted."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from attncli.errors import AttnError
from attncli.files import reason, unreadable
from attncli.homework.sheet import MAX_BYTES
from attncli.homework.student import ByStudent
from attncli.language import _

SUFFIXES = (".yaml", ".yml", ".json")  # of configs
SHEETS = (*SUFFIXES, ".npz")


@dataclass(frozen=True)
class Skipped:
    """A file of the folder that is not taken for a sheet, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class Submission:
    """A sheet as it was handed in: its bytes, and when its file was last changed (seconds)."""

    data: bytes
    time: float


def find_sheets(folder: Path, apart: Collection[Path]) -> tuple[tuple[str, ...], tuple[Skipped, ...]]:
    """Return the paths of the sheets within a folder, sorted, and what was left out.

    ``apart`` are files and folders that are not the students': the config, the results. A symbolic
    link to a folder is not followed; what is named like a sheet and is no file is refused when it is read.
    Raises AttnError where there is no such folder, or no sheet in it.
    """
    if not folder.is_dir():
        what = _("{path!r} is a file") if folder.exists() else _("there is no folder {path!r}")
        hint = _("attncli check marks one sheet") if folder.exists() else _("name the folder of the sheets")
        raise AttnError(what.format(path=str(folder)), hint=hint)
    own = {os.path.realpath(path) for path in apart}
    found: list[str] = []
    skipped: list[Skipped] = []
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            entries = list(os.scandir(here))
        except OSError as error:
            why = _("cannot be read: {reason}", reason=reason(error))
            skipped.append(Skipped(within(folder, here), why))
            continue
        for entry in entries:
            path = here / entry.name
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith(".") and os.path.realpath(path) not in own:
                    waiting.append(path)
                continue
            not_sheet = skip_reason(path, own)
            if not_sheet is None:
                found.append(within(folder, path))
            elif not_sheet:
                skipped.append(Skipped(within(folder, path), not_sheet))
    skipped.sort(key=lambda one: one.file)
    if not found:
        message = _("there is no sheet in {path!r}", path=str(folder))
        raise AttnError(message, hint=f"{skipped[0].file}: {skipped[0].reason}" if skipped else needed())
    return tuple(sorted(found, key=path_text)), tuple(skipped)


def skip_reason(path: Path, own: Collection[str]) -> str | None:
    """Return why a file is not a sheet: None where it is one, empty where nobody would miss it.

    What is named like a sheet is one, whatever it is: that it cannot be read is said of it in the results.
    """
    link = path.is_symlink()
    if link and os.path.isdir(path):  # noqa: PTH112 - Path's own fails on links that go round in a circle
        return _("it is a symbolic link to a folder")
    if not link and os.path.realpath(path) in own:
        return _("it is not a student's: it is named on the command line")
    like_sheet = path.name.lower().endswith(SHEETS)
    if path.name.startswith("."):
        return _("its name begins with a point") if like_sheet else ""
    return None if like_sheet else needed()


def needed() -> str:
    """Say what makes a file a sheet."""
    return _("a sheet is a file that ends in {endings}", endings=", ".join(SHEETS))


def within(folder: Path, path: Path) -> str:
    """Return a path as it stands within the folder, / between its parts."""
    return path.relative_to(folder).as_posix()


def path_text(file: str) -> str:
    r"""Return a file's path as text: a byte that is not UTF-8 as ``\xff``."""
    return os.fsencode(file).decode("utf-8", "backslashreplace")


def read_submission(folder: Path, file: str) -> Submission:
    """Read one sheet. Raises AttnError where it is a link, no ordinary file, or too large."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    path = folder / file
    try:
        if path.is_symlink():
            raise AttnError(_("this is a symbolic link"), hint=_("put the file itself there"))
        descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as stream:
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode):
                raise AttnError(_("this is a pipe or a device, not a file"))
            if about.st_size > MAX_BYTES:
                raise AttnError(_("this is larger than {most} MiB", most=MAX_BYTES // 2**20))
            return Submission(stream.read(MAX_BYTES + 1), about.st_mtime)
    except OSError as error:
        raise AttnError(_("this cannot be read: {reason}", reason=reason(error))) from None


def configs_by_student(folder: Path) -> ByStudent[Path]:
    """Return the config of each student: a file named after them.

    Raises AttnError where there is no such folder, no config in it, or two for one student.
    """
    found: ByStudent[Path] = ByStudent()
    for path in config_files(folder):
        if path.stem in found:
            message = _(
                "{path!r} and {other!r} belong to the same student",
                path=str(path),
                other=str(found[path.stem]),
            )
            raise AttnError(message, hint=_("keep one of them"))
        found[path.stem] = path
    if not found:
        message = _("there is no config in {path!r}", path=str(folder))
        raise AttnError(message, hint=_("a config is named after its student, like B20DCCN001.yaml"))
    return found


def config_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder that can be configs, sorted."""
    try:
        yield from (
            path
            for path in sorted(folder.iterdir())
            if path.name.lower().endswith(SUFFIXES) and not path.name.startswith(".") and path.is_file()
        )
    except OSError as error:
        raise AttnError(
            unreadable(str(folder), error).message, hint=_("name the folder of the configs")
        ) from None
