"""The results as they grow: what was done before an interruption is not done again.

``.results.jsonl.partial`` begins with a line that says what the others depend on besides the sheets;
then comes the line of each sheet, in the order of the files. A killed run leaves it behind, perhaps
with half a line at its end, and the next one goes on from the last line that still holds.
"""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager, suppress
from itertools import islice
from typing import TYPE_CHECKING

from attncli.errors import AttnError, Where
from attncli.files import open_whole, unwritable
from attncli.graders.records import record_of
from attncli.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from io import FileIO
    from pathlib import Path

    from attncli.graders.records import Record


RESULTS = "results.jsonl"
PARTIAL = f".{RESULTS}.partial"
LONGEST_LINE = 2**28


@contextmanager
def open_partial(path: Path) -> Iterator[FileIO]:
    """Open a partial file for appending, for this process alone.

    Raises AttnError where it cannot be opened, or another process is writing it.
    """
    try:
        # Without a buffer: on a full disk, closing would fail once more.
        stream = path.open("ab", buffering=0)
    except OSError as error:
        raise unwritable(path, error) from None
    with stream:
        lock(stream, path)
        yield stream


def lock(stream: FileIO, path: Path) -> None:
    """Keep other processes from writing the same file, where the system can."""
    with suppress(ImportError):
        import fcntl  # noqa: PLC0415 - not every system has it

        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = _("another attncli grade is writing into {path!r}", path=str(path.parent))
            raise AttnError(message, hint=_("wait for it, or choose another --out")) from None


def header(course: dict[str, object]) -> bytes:
    """Return the first line: what all others depend on."""
    return json.dumps(course, sort_keys=True).encode() + b"\n"


def resume(
    path: Path, stream: FileIO, first: bytes, files: Sequence[str], still: Callable[[str, bytes], bool]
) -> tuple[int, bool]:
    """Return for how many files the lines are there, and whether others had to be thrown away.

    What stands behind those lines is cut off. ``still`` says of a file and its line whether it holds.
    """
    done = 0
    with path.open("rb") as before:
        begun = before.readline(LONGEST_LINE)
        if begun != first:
            stream.truncate(0)
            append(stream, first, path)
            return 0, begun.endswith(b"\n")
        end = len(first)
        for file in files:
            line = before.readline(LONGEST_LINE)
            if not line.endswith(b"\n") or not still(file, line):
                break
            end += len(line)
            done += 1
    stream.truncate(end)
    return done, False


def grow(path: Path, stream: FileIO, lines: Iterable[str], tell: Callable[[int], None]) -> None:
    """Write the lines as they come; ``tell`` is called with 1 after each."""
    for line in lines:
        append(stream, line.encode(), path)
        tell(1)


def append(stream: FileIO, data: bytes, path: Path) -> None:
    """Write all of it at the end. Raises AttnError where the disk is full."""
    try:
        while data:
            data = data[stream.write(data) :]
    except OSError as error:
        raise unwritable(path, error) from None


def partial_records(path: Path) -> Iterator[Record]:
    """Yield the records of a partial file that is complete."""
    with path.open("rb") as stream:
        for number, line in enumerate(islice(stream, 1, None), 2):
            yield record_of(line, Where(str(path), number, 1))


def finish(partial: Path, results: Path) -> None:
    """Write the results, without the first line; the old ones stand there until all is written."""
    with partial.open("rb") as stream, open_whole(results) as out:
        stream.readline(LONGEST_LINE)
        shutil.copyfileobj(stream, out)
