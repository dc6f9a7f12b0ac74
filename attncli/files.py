"""Writing files: whole or not at all, and never over another one unasked."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias

from attncli.errors import AttnError
from attncli.language import _

if TYPE_CHECKING:
    from collections.abc import Callable

Writer: TypeAlias = "Callable[[IO[bytes]], None]"


def write_whole(path: Path | str, content: str | bytes | Writer, *, force: bool) -> None:
    """Write a file, text as UTF-8; an existing one is replaced only with ``force``.

    A large content need not be had whole before: a function that writes it into a stream will do.

    The content goes into a new file beside it, which then takes its name: whatever goes wrong, there
    is either the old file or the new one, never half of one. Raises AttnError where the file cannot
    be written, or is there already.
    """
    path = Path(path)
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    try:
        check_free(path, force=force)
        write_beside(
            path.resolve(), data, force=force
        )  # through a link: the file it leads to is what is meant
    except FileExistsError:
        raise taken(path) from None
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None


def check_free(path: Path | str, *, force: bool) -> None:
    """Refuse a name that is taken, before any work is done for it.

    Raises AttnError where the path is a folder, or is there and ``force`` is not given.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise AttnError(_("{path!r} is a folder", path=str(path)), hint=_("name a file in it"))
        if not path.parent.is_dir():
            raise no_folder(path.parent)
        if os.path.lexists(path) and not force:
            raise taken(path)
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None


def write_beside(path: Path, data: bytes | Writer, *, force: bool) -> None:
    """Write a file next to the one that is meant, then let it take its name in one step."""
    # What is no ordinary file (/dev/stdout, a pipe) is written into: it must not be replaced by one.
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            write_into(stream, data)
        return
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~umask()
    handle, beside = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            write_into(stream, data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(beside).chmod(mode)
        if force:
            Path(beside).replace(path)
        else:
            claim(Path(beside), path)
    finally:
        with suppress(FileNotFoundError):
            Path(beside).unlink()


def write_into(stream: IO[bytes], data: bytes | Writer) -> None:
    """Write what is there, or let it be written."""
    if isinstance(data, bytes):
        stream.write(data)
    else:
        data(stream)


def claim(beside: Path, path: Path) -> None:
    """Give the new file its name only if nobody has taken it meanwhile; raises FileExistsError."""
    try:
        os.link(beside, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if path.exists():
            raise FileExistsError(path) from None
        beside.replace(path)


def umask() -> int:
    """Return which permissions new files do not get; the system tells only by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def no_folder(path: Path) -> AttnError:
    """Say that there is no such folder to write into."""
    return AttnError(
        _("there is no folder {path!r}", path=str(path)), hint=_("make it first, or name another")
    )


def taken(path: Path) -> AttnError:
    """Say that a file is there already."""
    return AttnError(
        _("{path!r} is there already", path=str(path)),
        hint=_("choose another name, or --force to replace it"),
    )


def unwritable(path: Path, error: Exception) -> AttnError:
    """Say why a file cannot be written."""
    reason = getattr(error, "strerror", None) or str(error)
    return AttnError(
        _("{path!r} cannot be written: {reason}", path=str(path), reason=_(reason)),
        hint=_("check the name and the permissions"),
    )
