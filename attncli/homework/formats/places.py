"""Where the files go and how they get there: one a sheet, or one for the course."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TextIO

from attncli.errors import AttnError
from attncli.files import umask, unwritable, write_whole
from attncli.homework.formats.course import Written
from attncli.homework.formats.records import records, student_view
from attncli.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from attncli.homework.formats.course import Course
    from attncli.homework.formats.records import Record

LONGEST_NAME = 200  # bytes: most file systems take 255
KEPT = 40  # characters of a longer one


def each_sheet(
    results: Path, folder: Path, ending: str, course: Course, render: Callable[[Record], str]
) -> Written:
    """Write one file a sheet, of what its student may see, at the sheet's place below ``folder``."""
    make_folder(folder)
    for record in records(results):
        path = folder / place(record["file"], ending)
        make_folder(path.parent)
        write_whole(path, render(student_view(record, course.hint, reveal=course.reveal)), force=True)
    return Written((folder,))


def place(file: str, ending: str) -> Path:
    """Return the place of a sheet's file: ``a/b.yaml`` → ``a/b.yaml.json``, so that no two are the same.

    Raises AttnError where the sheet's own path leads out of its folder.
    """
    path = PurePosixPath(file)
    if path.is_absolute() or not path.parts or ".." in path.parts:
        raise AttnError(_("{path!r} leads out of the folder", path=file), hint=_("grade the folder again"))
    *folders, name = path.parts
    return Path(*(apart(folder, ending) for folder in folders), shortened(name) + ending)


def apart(folder: str, ending: str) -> str:
    """Name a folder so that no sheet's file has its name: ``b.yaml.json`` may be one beside ``b.yaml``."""
    return shortened(folder, most=0) if folder.endswith(ending) else folder


def shortened(name: str, most: int = LONGEST_NAME) -> str:
    """Keep a name of up to ``most`` bytes; tell longer ones apart by a hash."""
    data = name.encode("utf-8", "surrogatepass")
    return name if len(data) <= most else f"{name[:KEPT]}-{sha256(data).hexdigest()[:16]}"


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
