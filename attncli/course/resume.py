"""The results as they grow: what was done before an interruption is not done again.

``.results.jsonl.partial`` begins with a line that says what the others depend on besides the sheets;
then comes the line of each sheet, in the order of the files. A killed run leaves it behind, perhaps
with half a line at its end, and the next one goes on from the last line that still holds.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attncli import language
from attncli.course.grader import KeyEach, digest
from attncli.errors import AttnError, Where
from attncli.files import lock, open_log, open_result, unwritable
from attncli.graders.records import LONGEST_LINE, record_of
from attncli.language import _
from attncli.result import SCHEMA

if TYPE_CHECKING:
    from io import FileIO

    from attncli.course.grader import Grader
    from attncli.graders.records import Record


RESULTS = "results.jsonl"
PARTIAL = f".{RESULTS}.partial"


@dataclass(frozen=True)
class Partial:
    """The partial results, open for appending by this process alone."""

    path: Path
    stream: FileIO

    def resume(self, grader: Grader, files: Sequence[str]) -> tuple[int, bool]:
        """Return for how many files the lines are there, and whether others had to be thrown away.

        What stands behind those lines is cut off; a new file gets its first line.
        """
        done, first = 0, header(grader)
        with self.path.open("rb") as before:
            begun = before.readline(LONGEST_LINE)
            if begun != first:
                self.stream.truncate(0)
                self.append(first)
                return 0, begun.endswith(b"\n")
            end = len(first)
            for file in files:
                line = before.readline(LONGEST_LINE)
                if not line.endswith(b"\n") or not grader.still(file, line):
                    break
                end += len(line)
                done += 1
        self.stream.truncate(end)
        return done, False

    def append(self, data: bytes) -> None:
        """Write all of it at the end. Raises AttnError where the disk is full."""
        try:
            while data:
                data = data[self.stream.write(data) :]
        except OSError as error:
            raise unwritable(self.path, error) from None

    def records(self) -> Iterator[Record]:
        """Yield the records, once all lines are there."""
        with self.path.open("rb") as stream:
            for number, line in enumerate(islice(stream, 1, None), 2):
                yield record_of(line, Where(str(self.path), number, 1))

    def finish(self, results: Path) -> None:
        """Write the results, without the first line; the old ones stand there until all is written."""
        with self.path.open("rb") as stream, open_result(results) as out:
            stream.readline(LONGEST_LINE)
            shutil.copyfileobj(stream, out)


@contextmanager
def open_partial(path: Path) -> Iterator[Partial]:
    """Open partial results for appending, for this process alone.

    Raises AttnError where they cannot be opened, or another process is writing them.
    """
    try:
        stream = open_log(path)
    except OSError as error:
        raise unwritable(path, error) from None
    with stream:
        if lock(stream.fileno(), alone=True) is False:
            message = _("another attncli grade is writing into {path!r}", path=str(path.parent))
            raise AttnError(message, hint=_("wait for it, or choose another --out"))
        yield Partial(path, stream)


def header(grader: Grader) -> bytes:
    """Return the first line: the digest of all that a sheet's line depends on besides the sheet."""
    only = grader.keys.only
    about: dict[str, Any] = {
        "attncli": grader.version,
        "schema": SCHEMA,
        "language": language.active(),
        "policy": asdict(grader.policy) | {"ignored": sorted(grader.policy.ignored)},
        "late": grader.late and asdict(grader.late),
        "times": grader.times and dict(grader.times),
    }
    if only is not None:
        problem = only.problem
        about |= {"config": only.name, "key": only.digest, "tokens": [problem.tokens, problem.context_tokens]}
    elif isinstance(grader.keys, KeyEach):
        keys = grader.keys
        # What each config says is looked at with the sheets that it belongs to: only these are read.
        about |= {"changes": [keys.changes, keys.loss, keys.reduction]}
    text = json.dumps(about, sort_keys=True, default=str)
    line = {"attncli": grader.version, "key": only and only.digest, "depends_on": digest(text.encode())}
    return json.dumps(line, sort_keys=True).encode() + b"\n"
