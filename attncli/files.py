"""Reading and writing files: bounded when read; written whole or not at all, never over another unasked.

What is written over what is settled here for every command. A file that was read for this run is never
replaced, whatever link leads to it. One that a person may have written is replaced only with ``force``;
a result is replaced by the next. Who writes a config, which is a person's from then on, replaces nothing
unasked (:func:`write_whole`); who writes a result asks :func:`check_result`.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import re
import select
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, TextIO, TypeAlias, cast

from attncli.errors import AttnError, Where
from attncli.language import _

if TYPE_CHECKING:
    from io import FileIO


STDIN = "-"
MAX_BYTES = 32 * 2**20  # of a config or a table of numbers
SMALL_BYTES = 16 * 2**20  # of a rubric, a roster
PATIENCE = 1.0  # seconds to wait for the writer of a pipe
Writer: TypeAlias = "Callable[[IO[bytes]], None]"
READ: dict[int, set[int]] = {}  # by device, the inodes of the files that were read in this run
BY_HAND = frozenset({".yaml", ".yml", ".py"})  # endings of what a person writes
# Endings of what a person writes as well as we do, and how what we write begins.
SIGNED = frozenset({".json", ".html", ".htm", ".tex", ".latex", ".svg", ".dot", ".gv", ".mmd", ".mermaid"})
SIGNS = re.compile(
    rb"""\s*\[?\{\s*"(schema|cell)"|<svg |<!DOCTYPE\ html>.*?<title>attncli|%\ Letters\ that\ pdflatex"""
    rb"""|digraph\ attention|flowchart\ TB""",
    re.VERBOSE | re.DOTALL,
)
FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
TEMPORARY = re.compile(r"\.attncli-[0-9a-f]{16}")  # names of what is being written


def read_bytes(path: Path | str, most: int) -> bytes:
    """Return the bytes of a file, or of standard input for ``-``; of too large a one, ``most`` + 1.

    Raises OSError or ValueError where it cannot be read.
    """
    if path == STDIN:
        if sys.stdin is None:
            raise ValueError(_("there is no standard input"))
        with suppress(OSError, ValueError):  # it need not be a file
            note_read(os.fstat(sys.stdin.fileno()))
        return sys.stdin.buffer.read(most + 1)
    with open_read(path) as stream:
        return stream.read(most + 1)


def open_read(path: Path | str) -> BinaryIO:
    """Open a file for reading, and remember that this run has read it."""
    return cast("BinaryIO", open(path, "rb", opener=open_now))


def note_read(about: os.stat_result) -> None:
    """Remember a file as one that this run must not write over."""
    if stat.S_ISREG(about.st_mode):
        READ.setdefault(about.st_dev, set()).add(about.st_ino)


def open_now(path: str, flags: int) -> int:
    """Open a file without waiting for ever on a pipe into which nobody writes.

    A slow writer is waited for; raises ValueError where none comes within PATIENCE.
    """
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    about = os.fstat(descriptor)
    if stat.S_ISFIFO(about.st_mode) and not has_writer(descriptor):
        os.close(descriptor)
        raise ValueError(_("nobody has written into this pipe within {seconds:g} s", seconds=PATIENCE))
    note_read(about)
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


def check_size(data: bytes, name: str, most: int, hint: str) -> None:
    """Refuse what is too large."""
    if len(data) > most:
        raise AttnError(_("{file} is larger than {most} MiB", file=name, most=most // 2**20), hint=hint)


def decode(data: bytes, name: str, most: int, hint: str) -> str:
    """Return bytes as text; ``hint`` is what to do where there are more than ``most`` of them.

    Raises AttnError where there are, or where they are not UTF-8: with the place.
    """
    check_size(data, name, most, hint)
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


def read_named(path: str, most: int) -> bytes:
    """Return the bytes of a file; raises AttnError where it cannot be read, or is too large."""
    try:
        data = read_bytes(path, most)
    except FileNotFoundError:
        raise AttnError(_("there is no file {file!r}", file=path), hint=_("check its name")) from None
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    check_size(data, path, most, _("check its name"))
    return data


def read_small(path: str) -> str:
    """Return the text of a file, also as a spreadsheet's Unicode text; raises AttnError as the others do."""
    data = read_named(path, SMALL_BYTES)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        with suppress(UnicodeDecodeError):
            data = data.decode("utf-16").encode()
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
    """Open a text file among results as :func:`open_result` does; its folder is made where there is none."""
    make_folder(path.parent)
    with open_result(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", errors="surrogateescape", newline="")
        try:
            yield text
        finally:
            text.detach()


@contextmanager
def open_whole(path: Path, *, force: bool = True) -> Iterator[IO[bytes]]:
    """Open a new file beside the one that is meant; it takes that one's name when all is written.

    A link stays one: the file that it leads to is meant. Whatever goes wrong, there is either the old file
    or the new one, never half of one. Raises AttnError where it cannot be written, or, without ``force``,
    where somebody has taken the name meanwhile.
    """
    try:
        about = stat_of(path)
        # What is no ordinary file (/dev/stdout, a pipe) is written into: it must not be replaced by one.
        if (about is not None and not stat.S_ISREG(about.st_mode)) or is_stream(path):
            refuse_read(path, about)
            with open(path, "wb", opener=lambda name, flags: os.open(name, flags & ~os.O_TRUNC)) as stream:
                if stream.seekable():
                    stream.seek(0, os.SEEK_END)  # of what others have written to standard output before
                yield stream
            return
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None
    remove_left(Path(os.path.realpath(path)).parent)
    with beside(path, Path(os.path.realpath(path)), about, force=force) as stream:
        yield stream


@contextmanager
def open_result(path: Path) -> Iterator[IO[bytes]]:
    """Open a file of a folder of results: as :func:`open_whole` does, but a link in its place is replaced.

    It is not written through: who knows where it leads.
    """
    try:
        about = stat_of(path, follow=False)
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None
    refuse_device(path, about, _("delete it, or choose another folder"))
    with beside(path, path, about, force=True) as stream:
        yield stream


@contextmanager
def beside(path: Path, target: Path, about: os.stat_result | None, *, force: bool) -> Iterator[IO[bytes]]:
    """Open a file beside ``target``, whose name it takes when all is written.

    ``path`` is how that is called in messages, ``about`` what the system knows of it.
    """
    new = None
    try:
        refuse_read(path, about)
        mode = 0o666 & ~umask() if about is None or not stat.S_ISREG(about.st_mode) else about.st_mode
        descriptor, new = temporary(target.parent)
        held = os.dup(descriptor)  # locked until the file has its name
        try:
            with os.fdopen(descriptor, "wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            new.chmod(stat.S_IMODE(mode))
            if force:
                new.replace(target)
            else:
                claim(new, target)
        finally:
            os.close(held)
    except FileExistsError:
        raise taken(path) from None
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None
    finally:
        if new is not None:
            new.unlink(missing_ok=True)


def open_log(path: Path) -> FileIO:
    """Open a file of a folder of results for appending, as far as it has got.

    A link in its place is replaced, and so is a file that has other names too: what these lead to would be
    written over. Raises OSError where it cannot be opened, AttnError where it is a pipe or a device.
    """
    about = stat_of(path, follow=False)
    refuse_device(path, about, _("delete it, or choose another folder"))
    if about is not None and (stat.S_ISLNK(about.st_mode) or about.st_nlink > 1):
        path.unlink()
    else:
        refuse_read(path, about)
    return path.open("ab", buffering=0)  # a buffer would fail once more when a full disk's file is closed


def temporary(folder: Path) -> tuple[int, Path]:
    """Make a file for what is being written, which is known as ours and as one that somebody writes."""
    while True:
        path = folder / f".attncli-{os.urandom(8).hex()}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        descriptor = os.open(path, flags, 0o600)
        lock(descriptor)
        if path.exists():
            return descriptor, path
        os.close(descriptor)  # it was taken for left over before it was locked


def lock(descriptor: int, *, alone: bool = False) -> bool | None:
    """Lock a file until it is closed, or its process ends, however it does; return whether that could be.

    ``alone``: only if nobody else has locked it. None: this system or file system has no locks.
    """
    try:
        import fcntl  # noqa: PLC0415 - not every system has it

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
    except BlockingIOError:
        return False
    except (ImportError, OSError):
        return None
    return True


def remove_left(folder: Path) -> None:
    """Remove what a killed run has left half written in a folder, and nothing that somebody still writes."""
    with suppress(OSError):
        for path in [path for path in folder.iterdir() if TEMPORARY.fullmatch(path.name)]:
            with suppress(OSError):
                descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
                try:
                    if lock(descriptor, alone=True):
                        discard(path)
                finally:
                    os.close(descriptor)


def discard(path: Path) -> None:
    """Remove a temporary file, or a folder of them; old files that were moved there go back first."""
    if not path.is_dir():
        path.unlink(missing_ok=True)
        return
    import shutil  # noqa: PLC0415 - only a folder of results needs it

    for old in (path / "old").glob("*"):
        if not os.path.lexists(path.parent / old.name):
            old.rename(path.parent / old.name)
    shutil.rmtree(path, ignore_errors=True)


def claim(new: Path, path: Path) -> None:
    """Give the new file its name only if nobody has taken it meanwhile; raises FileExistsError."""
    try:
        os.link(new, path)
    except OSError:  # somebody has, or the file system has no hard links
        if os.path.lexists(path):
            raise FileExistsError(path) from None
        new.replace(path)


def make_folder(folder: Path) -> None:
    """Make a folder where there is none; raises AttnError where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise unwritable(folder, error) from None


def check_folder(folder: Path) -> None:
    """Refuse a path at which there can be no folder for results."""
    try:
        if stat_of(folder) is not None and not folder.is_dir():
            hint = _("name a folder for the results")
            raise AttnError(_("{path!r} is a file", path=str(folder)), hint=hint)
    except (OSError, ValueError) as error:
        raise unwritable(folder, error) from None


def write_folder(path: Path, files: Mapping[str, Iterable[str]]) -> None:
    """Write the files into a folder, which is made if it is not there; those of the same names are replaced.

    They are written elsewhere first, then put in their places; should that fail, the old ones are put
    back. Raises AttnError where the folder or a file cannot be written, or was read for this run.
    """
    check_writable(path, folder=True)
    work = descriptor = None
    try:
        exists = path.is_dir()
        for name in files if exists else ():
            refuse_read(path / name, stat_of(path / name, follow=False))
        home = path if exists else path.parent  # within the folder: its parent may be on another disk
        for folder in {path.parent, home}:
            remove_left(folder)
        work = home / f".attncli-{os.urandom(8).hex()}"
        work.mkdir(0o700)
        with suppress(OSError):  # not every system opens a folder
            descriptor = os.open(work, os.O_RDONLY)
            lock(descriptor)
        new = work / "new"
        new.mkdir()
        for name, pieces in files.items():
            with (new / name).open("w", encoding="utf-8", newline="") as stream:
                stream.writelines(pieces)
        if exists:
            exchange(new, path, work / "old")
        else:
            new.chmod(0o777 & ~umask())
            new.rename(path)
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None
    finally:
        if work is not None:
            discard(work)
        if descriptor is not None:
            os.close(descriptor)


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
        about = stat_of(path)
        refuse_read(path, about)
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


def check_result(path: Path | str, *, force: bool = False, folder: bool = False) -> None:
    """Refuse to write a result there: as :func:`check_writable`, but another result may be replaced."""
    try:
        mine = by_person(Path(path))
    except (OSError, ValueError) as error:
        raise unwritable(Path(path), error) from None
    check_writable(path, force=force or not mine, folder=folder)


def by_person(path: Path) -> bool:
    """Whether a person may have written what is in a file: a config, a sheet, a program, a document."""
    about = stat_of(path)
    if about is None or not stat.S_ISREG(about.st_mode) or not about.st_size:
        return False
    endings = {name.suffix.lower() for name in (path, Path(os.path.realpath(path)))}
    if endings & SIGNED:
        with path.open("rb") as stream:
            return not SIGNS.match(stream.read(512))  # bytes in which such a sign stands
    return bool(endings & BY_HAND)


def refuse_read(path: Path, about: os.stat_result | None) -> None:
    """Refuse to write over a file that was read for this run, under whatever name."""
    if was_read(about):
        raise AttnError(
            _("{path!r} was read for this run, and writing it would lose it", path=str(path)),
            hint=_("choose another name"),
        )


def was_read(about: os.stat_result | None) -> bool:
    """Whether a file was read for this run, under whatever name."""
    return about is not None and about.st_ino in READ.get(about.st_dev, ())


def refuse_device(path: Path, about: os.stat_result | None, hint: str) -> None:
    """Refuse a pipe or a device where only a file will do: it can keep whoever opens it waiting for ever."""
    kinds = (stat.S_ISREG, stat.S_ISLNK, stat.S_ISDIR)
    if about is not None and not any(is_kind(about.st_mode) for is_kind in kinds):
        raise AttnError(_("{file} is a pipe or a device, not a file", file=repr(str(path))), hint=hint)


def stat_of(path: Path, *, follow: bool = True) -> os.stat_result | None:
    """Return what the system knows of a file; None where there is none. Raises OSError, as for a loop."""
    try:
        return path.stat(follow_symlinks=follow)
    except (FileNotFoundError, NotADirectoryError):
        return None


def is_stream(path: Path) -> bool:
    """Whether a name stands for a stream of this process, such as /dev/stdout, though that be a file."""
    folder = os.path.realpath(path.parent)
    return folder in {"/dev", "/dev/fd"} or bool(re.fullmatch(r"/proc/\d+/fd", folder))


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
    hint = _("check the name and the permissions")
    if getattr(error, "errno", None) in FULL:
        hint = _(
            "make room on the disk of {folder!r}, or write elsewhere", folder=str(path.absolute().parent)
        )
    return AttnError(
        _("{path!r} cannot be written: {reason}", path=str(path), reason=reason(error)), hint=hint
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
