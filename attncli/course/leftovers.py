"""What earlier runs have left in the folder of the results, and this one does not write."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from attncli.graders import FORMATS
from attncli.graders.records import file_path

INDEX, CHANGES = "index.html", "changes.csv"
ENDINGS = (".json", ".txt", ".md", ".html")  # of what is written for each sheet
OURS = re.compile(r".*(\.ya?ml|\.json|-[0-9a-f]{16})", re.IGNORECASE | re.DOTALL)  # what stands before these


def leftovers(
    out: Path, formats: Collection[str], sheets: Collection[str], *, changes: bool
) -> Iterator[Path]:
    """Yield the files of earlier runs, sorted: of a format, a sheet or a comparison that is gone.

    A file counts as theirs where it has such a name as only they give; all else is left alone.
    """
    if not changes and (out / CHANGES).is_file():
        yield out / CHANGES
    for name in sorted(FORMATS):
        gone = name not in formats
        if gone:
            tables = (out / f"{name}.csv", out / f"{name}.xml", *sorted(out.glob(f"{name}-*.xml")))
            yield from (path for path in tables if path.is_file())
        for ending in ENDINGS:
            made = set() if gone else {file_path(sheet, ending) for sheet in sheets} | {Path(INDEX)}
            for folder, inner, files in os.walk(out / name):
                inner.sort()
                for file in sorted(files):
                    path = Path(folder, file)
                    ours = file == INDEX or OURS.fullmatch(file.removesuffix(ending))
                    if file.endswith(ending) and ours and path.relative_to(out / name) not in made:
                        yield path


def remove(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Remove files, and the folders that have nothing else in them; return those that are gone."""
    removed = []
    for path in paths:
        with suppress(OSError):
            path.unlink()
            removed.append(path)
            for folder in path.parents:
                folder.rmdir()
    return tuple(removed)
