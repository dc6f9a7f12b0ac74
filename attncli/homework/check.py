"""Check one sheet: read it, work the problem out, mark it."""

from __future__ import annotations

import os
from collections.abc import Mapping as AnyMapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attncli.errors import AttnError
from attncli.homework.key import Key
from attncli.homework.marking import mark
from attncli.homework.policy import Policy
from attncli.homework.sheet import MAX_BYTES, from_mapping, read_sheet
from attncli.language import _
from attncli.problem.problem import Problem
from attncli.problem.sources import load, open_now, standard_input

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attncli.homework.marks import Mark
    from attncli.homework.sheet import Sheet

STDIN = "-"


def check(
    sheet: str | os.PathLike[str] | bytes | Mapping[str, Any],
    problem: Problem | str | os.PathLike[str] | Mapping[str, Any],
    *,
    loss: str | None = None,
    reduction: str | None = None,
    policy: Policy | None = None,
) -> Mark:
    """Mark a sheet against a problem; ``.to_dict()`` is what ``check --json`` prints.

    ``sheet`` is a path, ``-`` for standard input, the bytes of a file, or a mapping ``{"student": …,
    "answers": {…}}`` of numbers, lists and arrays. ``problem`` is a :class:`Problem` or anything that
    :func:`attncli.load` takes. Raises AttnError where one of them cannot be read.
    """
    key = Key.of(problem if isinstance(problem, Problem) else load(problem), loss, reduction)
    return mark(sheet_of(sheet), key, policy or Policy())


def sheet_of(source: str | os.PathLike[str] | bytes | Mapping[str, Any]) -> Sheet:
    """Read a sheet, wherever it comes from; the name of a file stands in for a student's."""
    if isinstance(source, bytes):
        return read_sheet(source, "sheet")
    if isinstance(source, AnyMapping):
        return from_mapping(source)
    path = os.fspath(source)
    if path == STDIN:
        return read_sheet(sheet_bytes(path), "<stdin>")
    sheet = read_sheet(sheet_bytes(path), path)
    return sheet if sheet.student is not None else replace(sheet, student=Path(path).stem)


def sheet_bytes(path: str) -> bytes:
    """Read a sheet's bytes, or as many as show that it is too large. Raises AttnError."""
    shown = "<stdin>" if path == STDIN else path
    try:
        if path == STDIN:
            return standard_input().read(MAX_BYTES + 1)
        with open(path, "rb", opener=open_now) as stream:
            return stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise AttnError(
            _("there is no sheet {file!r}", file=path),
            hint=_("name a YAML or JSON file, or - for standard input"),
        ) from None
    except IsADirectoryError:
        raise AttnError(
            _("{file!r} is a folder", file=path), hint=_("attncli grade marks a folder of sheets")
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise AttnError(
            _("{file!r} cannot be read: {reason}", file=shown, reason=_(reason)),
            hint=_("check its name and its permissions"),
        ) from None
