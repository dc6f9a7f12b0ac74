"""Reading and writing files: bounded when read; written whole or not at all, never over another unasked."""

from __future__ import annotations

import io
import os
import select
import stat
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, TextIO, TypeAlias

from attncli.errors import AttnError, Where
from attncli.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


STDIN = "-"
MAX_BYTES = 32 * 2**20  # of a config or a table of numbers
SMALL_BYTES = 16 * 2**20  # of a rubric, a roster
PATIENCE = 1.0  # seconds to wait for the writer of a pipe
Writer: TypeAlias = "Callable[[IO[bytes]], None]"


def read_bytes(path: Path | str, most: int) -> bytes:
    """Return the bytes of a file, or of standard input for ``-``; of too large a one, ``most`` + 1.

    Raises OSError or ValueError where it cannot be read.
    """
    if path == STDIN:
        if sys.stdin is None:
            raise ValueError(_("there is no standard input"))
        return sys.stdin.buffer.read(most + 1)
    with open(path, "rb", opener=open_now) as stream:
        return stream.read(most + 1)


def open_now(path: str, flags: int) -> int:
    """Open a file without waiting for ever on a pipe into which nobody writes.

    A slow writer is waited for; raises ValueError where none comes within PATIENCE.
    """
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if stat.S_ISFIFO(os.fstat(descriptor).st_mode) and not has_writer(descriptor):
        os.close(descriptor)
        raise ValueError(_("nobody has written into this pipe within {seconds:g} s", seconds=PATIENCE))
    os.set_blocking(descriptor, True)
    return descriptor


def has_writer(descriptor: int) -> bool:
    """Whether a pipe holds something, or someone holds its other end: then reading it may wait."""
    if select.select([descriptor], [], [], PATIENCE)[0]:
        return True
    try:
        os.read(descriptor, 1)
    except BlockingIOError:
        return True
    return False


def decode(data: bytes, name: str, most: int, hint: str) -> str:
    """Return bytes as text; ``hint`` is what to do where there are more than ``most`` of them.

    Raises AttnError where there are, or where they are not UTF-8: with the place.
    """
    if len(data) > most:
        raise AttnError(_("{file} is larger than {most} MiB", file=name, most=most // 2**20), hint=hint)
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


def read_small(path: str) -> str:
    """Return the text of a file; raises AttnError where it cannot be read, is too large or not UTF-8."""
    try:
        data = read_bytes(path, SMALL_BYTES)
    except FileNotFoundError:
        raise AttnError(_("there is no file {file!r}", file=path), hint=_("check its name")) from None
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    return decode(data, path, SMALL_BYTES, _("check its name"))


def write_whole(path: Path | str, content: str | bytes | Writer, *, force: bool) -> None:
    """Write a file, text as UTF-8; an existing one is replaced only with ``force``.

    A large content need not be had whole before: a function that writes it into a stream will do.
    Raises AttnError where the file cannot be written, or already exists.
    """
    path = Path(path)
    check_writable(path, force=force)
    with open_whole(path, force=force) as stream:
        if callable(content):
            content(stream)
        else:
            stream.write(content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content)


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Open a text file as :func:`open_whole` does; its folder is made where there is none."""
    make_folder(path.parent)
    with open_whole(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        try:
            yield text
        finally:
            text.detach()


@contextmanager
def open_whole(path: Path, *, force: bool = True) -> Iterator[IO[bytes]]:
    """Open a new file beside the one that is meant; it takes that one's name when all is written.

    Whatever goes wrong, there is either the old file or the new one, never half of one. Raises AttnError
    where it cannot be written, or, without ``force``, where somebody has taken the name meanwhile.
    """
    beside = None
    try:
        target = Path(os.path.realpath(path))  # a link stays one: the file that it leads to is what is meant
        if target.is_symlink():
            target.stat()  # links that go round in a circle are what is left: that is an OSError
        # What is no ordinary file (/dev/stdout, a pipe) is written into: it must not be replaced by one.
        if target.exists() and not target.is_file():
            with target.open("wb") as stream:
                yield stream
            return
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~umask()
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:40]}.", dir=target.parent)
        beside = Path(name)
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        beside.chmod(mode)
        if force:
            beside.replace(target)
        else:
            claim(beside, target)
    except FileExistsError:
        raise taken(path) from None
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)


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


def make_folder(folder: Path) -> None:
    """Make a folder where there is none; raises AttnError where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise unwritable(folder, error) from None


def write_folder(path: Path, files: Mapping[str, Iterable[str]]) -> None:
    """Write the files into a folder, which is made if it is not there; those of the same names are replaced.

    They are written elsewhere first, then put in their places; should that fail, the old ones are put
    back. Raises AttnError where the folder or a file cannot be written.
    """
    check_writable(path, folder=True)
    try:
        exists = path.is_dir()
        # Within the folder: its parent may be on another disk.
        with tempfile.TemporaryDirectory(prefix=".attncli-", dir=path if exists else path.parent) as work:
            new = Path(work) / "new"
            new.mkdir()
            for name, pieces in files.items():
                with (new / name).open("w", encoding="utf-8", newline="") as stream:
                    stream.writelines(pieces)
            if exists:
                exchange(new, path, Path(work) / "old")
            else:
                new.chmod(0o777 & ~umask())
                new.rename(path)
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None


def exchange(new: Path, folder: Path, old: Path) -> None:
    """Put the new files in their places; whatever goes wrong meanwhile, the old ones stand there again."""
    old.mkdir()
    names = sorted(file.name for file in new.iterdir())
    for name in names:
        if (folder / name).is_dir():
            raise AttnError(
                _("{path!r} is a folder", path=str(folder / name)),
                hint=_("name another folder to write into"),
            )
    try:
        for name in names:
            if os.path.lexists(folder / name):
                (folder / name).rename(old / name)
            (new / name).rename(folder / name)
    except BaseException:
        for name in names:
            if os.path.lexists(old / name):
                (old / name).replace(folder / name)
            elif not (new / name).exists():
                (folder / name).unlink(missing_ok=True)
        raise


def check_writable(path: Path | str, *, force: bool = False, folder: bool = False) -> None:
    """Refuse what cannot be written, before any work is done for it.

    Raises AttnError where there is no folder to write into, where the path is a folder and a file is
    meant (with ``folder`` the other way round), or where the file exists and ``force`` is not given.
    """
    path = Path(path)
    try:
        if folder and path.exists() and not path.is_dir():
            raise AttnError(
                _("{path!r} is a file; csv writes a folder, one file for each quantity", path=str(path)),
                hint=_("name another"),
            )
        if path.is_dir() and not folder:
            raise AttnError(_("{path!r} is a folder", path=str(path)), hint=_("name a file in it"))
        if not path.parent.is_dir():
            raise AttnError(
                _("there is no folder {path!r}", path=str(path.parent)),
                hint=_("make it first, or name another"),
            )
        if os.path.lexists(path) and not (folder or force):
            raise taken(path)
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None


def umask() -> int:
    """Return which permissions new files do not get; the system tells only by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def taken(path: Path) -> AttnError:
    """Return the error that a file already exists."""
    return AttnError(
        _("{path!r} already exists", path=str(path)),
        hint=_("choose another name, or --force to replace it"),
    )


def unwritable(path: Path, error: Exception) -> AttnError:
    """Return the error that a file cannot be written, with the reason."""
    return AttnError(
        _("{path!r} cannot be written: {reason}", path=str(path), reason=reason(error)),
        hint=_("check the name and the permissions"),
    )


def unreadable(name: str, error: Exception) -> AttnError:
    """Return the error that a file cannot be read, with the reason."""
    return AttnError(
        _("{file!r} cannot be read: {reason}", file=name, reason=reason(error)),
        hint=_("check its name and its permissions"),
    )


def reason(error: Exception) -> str:
    """Return what the system says of an error, without its number and the path."""
    return _(getattr(error, "strerror", None) or str(error))
