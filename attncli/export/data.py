"""Data for other programs, every number at full precision: CSV, NumPy's own format, and JSON."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.names import MATRIX, endings
from attncli.result import LARGEST_EXACT
from attncli.untrusted import is_formula, sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from attncli.export.formats import Shown
    from attncli.files import Writer
    from attncli.ops.op import Array
    from attncli.result import Result
    from attncli.show.display import Display
    from attncli.show.explain import Explained


def write_csv(shown: Shown) -> Mapping[str, Iterable[str]]:
    """Return the lines of each file by its name: one file a quantity, for spreadsheets and data frames.

    A file's first line and first column name its columns and rows: by their tokens, or counted from 1.
    In the corner stands the symbol. A quantity that has heads is one table too, head below head, with
    the head's number in a column before the others. A vector is one line, one number a column of one.
    With ``tabs`` these stand between the columns, and the files end in .tsv.

    ``np.loadtxt(file, delimiter=",", skiprows=1, usecols=range(1, 1 + columns))`` and
    ``pandas.read_csv(file, index_col=0)`` read it back to the last digit.
    """
    fit = shown.display.fit
    separator, ending = ("\t", "tsv") if shown.tabs else (",", "csv")
    return {
        f"{symbol}.{ending}": csv_lines(shown.result, symbol, shown.head, fit, separator)
        for symbol in shown.result.values
    }


def csv_lines(
    result: Result, symbol: str, head: int | None, fit: Callable[[str], str], separator: str
) -> Iterator[str]:
    """Write one quantity, line by line."""
    value = result[symbol]
    if value.ndim == 0:
        yield f"{symbol}\n{csv_numbers(value.reshape(1), separator)}\n"
        return
    rows, columns = [("",), *result.labels(symbol)][-2:]
    matrices = value.reshape(-1, *np.atleast_2d(value).shape[-2:])
    down = csv_names(rows, matrices.shape[-2], fit)
    across = csv_names(columns, matrices.shape[-1], fit)
    headed = value.ndim > MATRIX
    yield separator.join([*(["head"] if headed else []), symbol, *across]) + "\n"
    for h, matrix in enumerate(matrices, 1):
        if headed and head not in {None, h}:
            continue
        before = f"{h}{separator}" if headed else ""
        for name, row in zip(down, matrix, strict=True):
            yield f"{before}{name}{separator}{csv_numbers(row, separator)}\n"


def csv_numbers(row: Array, separator: str) -> str:
    """Return a line of numbers that reads back as the same; if all are whole, without decimals."""
    whole = bool((row == np.rint(row)).all()) and bool((np.abs(row) < LARGEST_EXACT).all())
    return separator.join(map(str, row.astype(np.int64).tolist() if whole else (row + 0.0).tolist()))


def csv_names(tokens: tuple[str, ...] | None, size: int, fit: Callable[[str], str]) -> list[str]:
    """Return the names of an axis: its tokens, each whole, or the numbers from 1."""
    if tokens is None:
        return [str(i + 1) for i in range(size)]
    return [csv_text(token, end, fit) for token, end in zip(tokens, endings(tokens), strict=True)]


def csv_text(token: str, end: str, fit: Callable[[str], str]) -> str:
    """Return a token as text in every spreadsheet, and as one cell."""
    text = ("'" if is_formula(token) else "") + fit(sanitize(token)) + end
    return '"' + text.replace('"', '""') + '"' if set(text) & set('",;') or text != text.strip() else text


def write_npz(shown: Shown) -> Writer:
    """Return what writes one array a symbol, heads first where it has them; nothing is pickled."""
    values: dict[str, Any] = dict(shown.result.values)
    return lambda stream: np.savez(stream, **values)


def write_json(shown: Shown) -> Iterator[str]:
    """Write the record of a result on one line."""
    yield json_text(shown.result.to_dict(), ascii_only=shown.display.ascii_only)


def explain_json(explained: Sequence[Explained], display: Display) -> Iterator[str]:
    """Write the record of an explanation, or a list of them where several cells are asked for."""
    records = [
        one.explanation.to_dict(sys.maxsize if one.depth is None else one.depth, one.working.substituted)
        for one in explained
    ]
    yield json_text(records[0] if len(records) == 1 else records, ascii_only=display.ascii_only)


def json_text(record: Any, *, ascii_only: bool) -> str:  # noqa: ANN401 - whatever JSON holds
    """Return a record as one line; what is not printable stands there as an escape, as JSON has it."""
    text = json.dumps(record, ensure_ascii=ascii_only, allow_nan=False)
    if not text.isprintable():
        text = "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)
    return text + "\n"
