"""Where a problem comes from: a file, standard input, or a built-in one."""

from __future__ import annotations

import os
import select
import stat
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from attncli.errors import AttnError, Where
from attncli.language import _
from attncli.problem.document import MAX_BYTES, parse
from attncli.problem.report import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attncli.problem.assign import CellValue
    from attncli.problem.problem import Problem

DEFAULT = "config.yaml"
PATIENCE = 1.0  # seconds to wait for the writer of a pipe


class Text(NamedTuple):
    """A config's text, its name in messages and in results, and the folder for files it names."""

    text: str
    shown: str
    name: str
    folder: Path


def configs_folder() -> Path:
    """Return the folder of the built-in problems: in the wheel, or beside the package."""
    package = Path(__file__).parent.parent
    carried = package / "configs"
    return carried if carried.is_dir() else package.parent / "configs"


def builtin_names() -> list[str]:
    """Name the built-in problems."""
    return sorted(path.stem for path in configs_folder().glob("*.yaml"))


def load(source: str | os.PathLike[str] | Mapping[str, Any], assignments: Sequence[str] = ()) -> Problem:
    """Load a problem: a path, ``-`` for standard input, a built-in's name, or a mapping.

    ``assignments`` are changes such as ``mask=true`` or ``Wq[1,2]=0.5``. Raises AttnError, or
    AttnErrors with everything that is wrong.
    """
    from attncli.problem.build import build  # noqa: PLC0415 - these bring in NumPy
    from attncli.problem.problem import Problem  # noqa: PLC0415
    from attncli.problem.report import Report  # noqa: PLC0415

    report = Report()
    if isinstance(source, str | os.PathLike):
        read = read_text(str(source))
        root, name, folder = parse(read.text, read.shown, report=report), read.name, read.folder
    else:
        from attncli.problem.python import from_python  # noqa: PLC0415 - commands have no mapping

        root, name, folder = from_python(source, "config"), "config", Path()
    cells: Sequence[CellValue] = ()
    if assignments:
        from attncli.problem.assign import assign  # noqa: PLC0415 - most configs stay as they are

        root, cells = assign(root, assignments, report)
    return Problem.of(build(root, name, folder, cells, report))


def default_source() -> tuple[str, str]:
    """Return the config of a command that names none, and the sentence that says which it is."""
    if Path(DEFAULT).is_file():
        return DEFAULT, _("using {file} of this folder", file=DEFAULT)
    return "article", _("using the built-in problem 'article'; name a CONFIG for another")


def read_text(source: str) -> Text:
    """Read the text of a config, whatever kind of source it is.

    Raises AttnError where it cannot be read, is not UTF-8 or is too large.
    """
    shown = "<stdin>" if source == "-" else source
    path = Path(source)
    try:
        if source == "-":
            return Text(decode(standard_input().read(MAX_BYTES + 1), shown), shown, shown, Path())
        if source in builtin_names() and not path.is_file():
            path = configs_folder() / f"{source}.yaml"
        with open(path, "rb", opener=open_now) as stream:
            return Text(decode(stream.read(MAX_BYTES + 1), shown), shown, shown, path.parent)
    except FileNotFoundError:
        names = builtin_names()
        hint = did_you_mean(source, names, _("the built-in problems are {names}", names=", ".join(names)))
        raise AttnError(_("there is no file {file!r}", file=source), hint=hint) from None
    except IsADirectoryError:
        hint = _("name the config in it, like {file}", file=path / DEFAULT)
        if source == "-":
            hint = _("pass a file")
        raise AttnError(_("{file} is a folder", file=repr(shown)), hint=hint) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = _("{file} cannot be read: {reason}", file=repr(shown), reason=_(reason))
        raise AttnError(message, hint=_("check its name and its permissions")) from None


def standard_input() -> IO[bytes]:
    """Return the bytes of standard input; raises ValueError where there is none."""
    if sys.stdin is None:
        raise ValueError(_("there is no standard input"))
    return sys.stdin.buffer


def open_now(path: str, flags: int) -> int:
    """Open a file without waiting for ever on a pipe into which nobody writes.

    A slow writer is waited for; raises ValueError where none comes within PATIENCE.
    """
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if stat.S_ISFIFO(os.fstat(descriptor).st_mode) and not is_fed(descriptor):
        os.close(descriptor)
        raise ValueError(_("nobody has written into this pipe within {seconds:g} s", seconds=PATIENCE))
    os.set_blocking(descriptor, True)
    return descriptor


def is_fed(descriptor: int) -> bool:
    """Whether a pipe holds something, or someone holds its other end: then reading it may wait."""
    if select.select([descriptor], [], [], PATIENCE)[0]:
        return True
    try:
        os.read(descriptor, 1)
    except BlockingIOError:
        return True
    return False


def decode(data: bytes, name: str) -> str:
    """Turn bytes into text."""
    if len(data) > MAX_BYTES:
        raise AttnError(
            _("{file} is larger than {most} MiB", file=name, most=MAX_BYTES // 2**20),
            hint=_("keep large matrices in a file beside the config: {file: weights.npz, key: Wq}"),
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start)
        column = len(data[data.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8-sig"))
        raise AttnError(
            _("this is not UTF-8: byte {byte}", byte=f"0x{data[error.start]:02x}"),
            Where(name, line + 1, column + 1),
            _("save it as UTF-8"),
        ) from None
