"""Writing a folder of files: all of them or none, and none of the others in it touched."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from attncli.errors import AttnError
from attncli.files import no_folder, umask, unwritable
from attncli.language import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


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
