"""Writing files: whole or not at all, and never over another one unasked."""

from __future__ import annotations

import os
import select
import stat
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, TextIO, TypeAlias

from attncli.errors import AttnError, Where
from attncli.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


MAX_BYTES = 32 * 2**20  # of a config or a table of numbers
SMALL_BYTES = 16 * 2**20  # of a rubric, a roster, an older result
Writer: TypeAlias = "Callable[[IO[bytes]], None]"
PATIENCE = 1.0  # seconds to wait for the writer of a pipe


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


def check_folder(path: Path) -> None:
    """Refuse a folder that cannot be written into, before any work is done for it. Raises AttnError."""
    try:
        if path.exists() and not path.is_dir():
            raise AttnError(
                _("{path!r} is a file; csv makes a folder, one file a row", path=str(path)),
                hint=_("name another"),
            )
        if not path.parent.is_dir():
            raise no_folder(path.parent)
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None


def write_folder(path: Path, files: Mapping[str, Iterable[str]]) -> None:
    """Write the files into a folder, which is made if it is not there; those of the same names are replaced.

    They are written elsewhere first, then put in their places; should that fail, the old ones are put
    back. Raises AttnError where the folder or a file cannot be written.
    """
    check_folder(path)
    try:
        there = path.is_dir()
        # Within the folder: its parent may be on another disk.
        with tempfile.TemporaryDirectory(prefix=".attncli-", dir=path if there else path.parent) as work:
            new = Path(work) / "new"
            new.mkdir()
            for name, pieces in files.items():
                with (new / name).open("w", encoding="utf-8", newline="") as stream:
                    stream.writelines(pieces)
            if there:
                put(new, path, Path(work))
            else:
                new.chmod(0o777 & ~umask())
                new.rename(path)
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None


def put(new: Path, folder: Path, work: Path) -> None:
    """Put the new files in their places; whatever goes wrong meanwhile, the old ones stand there again."""
    old = work / "old"
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
                with suppress(FileNotFoundError):
                    (folder / name).unlink()
        raise


def read_small(path: str) -> str:
    """Return the text of a file; raises AttnError where it cannot be read, is too large or not UTF-8."""
    try:
        with open(path, "rb", opener=open_now) as stream:
            data = stream.read(SMALL_BYTES + 1)
    except FileNotFoundError:
        raise AttnError(_("there is no file {file!r}", file=path), hint=_("check its name")) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = _("{file} cannot be read: {reason}", file=repr(path), reason=_(reason))
        raise AttnError(message, hint=_("check its name and its permissions")) from None
    if len(data) > SMALL_BYTES:
        message = _("{file} is larger than {most} MiB", file=path, most=SMALL_BYTES // 2**20)
        raise AttnError(message, hint=_("check its name"))
    return decode(data, path)


def make_folder(folder: Path) -> None:
    """Make a folder where there is none; raises AttnError where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise unwritable(folder, error) from None


@contextmanager
def fresh(path: Path) -> Iterator[TextIO]:
    """Open a new file beside the one that is meant; it takes its name when all is written."""
    make_folder(path.parent)
    beside = None
    try:
        handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        Path(beside).chmod(0o666 & ~umask())
        Path(beside).replace(path)
    except OSError as error:
        raise unwritable(path, error) from None
    finally:
        if beside:
            with suppress(FileNotFoundError):
                Path(beside).unlink()
