"""CSV for spreadsheets and data frames: one file a row of the page.

A file's first line and first column name its columns and rows: by their tokens, or counted from 1. In
the corner stands the symbol. A row that has heads is one table too, head below head, with the head's
number in a column before the others. A vector is one line, and one number is a column of one.

``np.loadtxt(file, delimiter=",", skiprows=1, usecols=range(1, 1 + columns))`` and
``pandas.read_csv(file, index_col=0)`` read it back to the last digit.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.names import endings
from attncli.result import LARGEST_EXACT
from attncli.show.matrix import HEADED, labels_of
from attncli.untrusted import is_formula, sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from attncli.export.entries import Shown
    from attncli.ops.op import Array
    from attncli.result import Result


def write(shown: Shown) -> Mapping[str, Iterable[str]]:
    """Return the lines of each file by its name."""
    fit = shown.looks.terminal.fit
    return {f"{symbol}.csv": lines(shown.result, symbol, shown.head, fit) for symbol in shown.result.values}


def lines(result: Result, symbol: str, head: int | None, fit: Callable[[str], str]) -> Iterator[str]:
    """Write one row of the page, line by line, at full precision."""
    value = result[symbol]
    if value.ndim == 0:
        yield f"{symbol}\n{numbers(value.reshape(1))}\n"
        return
    rows, columns = [("",), *labels_of(result, symbol)][-2:]
    matrices = value.reshape(-1, *np.atleast_2d(value).shape[-2:])
    down = names(rows, matrices.shape[-2], fit)
    across = names(columns, matrices.shape[-1], fit)
    headed = value.ndim == HEADED
    yield ",".join([*(["head"] if headed else []), symbol, *across]) + "\n"
    for h, matrix in enumerate(matrices, 1):
        if headed and head not in {None, h}:
            continue
        before = f"{h}," if headed else ""
        for name, row in zip(down, matrix, strict=True):
            yield f"{before}{name},{numbers(row)}\n"


def numbers(row: Array) -> str:
    """Write numbers so that reading them gives the same; a line of whole ones as whole."""
    whole = bool((row == np.rint(row)).all()) and bool((np.abs(row) < LARGEST_EXACT).all())
    return ",".join(map(str, row.astype(np.int64).tolist() if whole else (row + 0.0).tolist()))


def names(tokens: tuple[str, ...] | None, size: int, fit: Callable[[str], str]) -> list[str]:
    """Name an axis by its tokens, each whole; or count it from 1."""
    if tokens is None:
        return [str(i + 1) for i in range(size)]
    return [text_cell(token, end, fit) for token, end in zip(tokens, endings(tokens), strict=True)]


def text_cell(token: str, end: str, fit: Callable[[str], str]) -> str:
    """Write a token so that it is text in every spreadsheet, and one cell."""
    text = ("'" if is_formula(token) else "") + fit(sanitize(token)) + end
    return '"' + text.replace('"', '""') + '"' if set(text) & set('",;') or text != text.strip() else text


def json_text(record: Any, *, ascii_only: bool) -> str:  # noqa: ANN401 - whatever JSON holds
    """Write a record as one line; what is not printable stands there as an escape, as JSON has it."""
    text = json.dumps(record, ensure_ascii=ascii_only, allow_nan=False)
    if not text.isprintable():
        text = "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)
    return text + "\n"
