"""Students with the same wrong numbers: right ones are everybody's, wrong ones come from somewhere."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from attncli.problem.numbers import as_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attncli.homework.formats.records import Record

ENOUGH = 2  # cells of a row, or rows
SHORT = 12  # bytes that tell one row's wrong cells from another's


@dataclass(frozen=True)
class Same:
    """Some sheets with the same wrong cells in some rows.

    ``explained``: a named mistake explains all these rows, and whoever makes it gets these numbers.
    """

    sheets: tuple[int, ...]
    rows: tuple[str, ...]
    cells: int
    explained: bool


@dataclass(slots=True)
class Shared:
    """The wrong cells of a row that several sheets have in common."""

    symbol: str
    cells: int
    explained: bool
    sheets: list[int]


@dataclass
class Copies:
    """The wrong rows of the sheets seen so far, by their digests: those of one sheet, those of several."""

    once: dict[bytes, int] = field(default_factory=dict)
    shared: dict[bytes, Shared] = field(default_factory=dict)

    def add(self, sheet: int, record: Record) -> None:
        """Take in a sheet, which has this number."""
        for row in record["rows"]:
            texts = {cell["cell"]: cell["yours"] for cell in row["wrong_cells"]}
            if row["verdict"] == "wrong" and texts and not nothing(texts):
                about = repr((record["key"], row["symbol"], sorted(texts.items())))
                key = hashlib.blake2b(about.encode(), digest_size=SHORT).digest()
                explained = any(not one["id"].startswith("slip-") for one in row["mistakes"])
                if key in self.once:
                    first = self.once.pop(key)
                    self.shared[key] = Shared(row["symbol"], len(texts), explained, [first, sheet])
                elif key in self.shared:
                    self.shared[key].sheets.append(sheet)
                else:
                    self.once[key] = sheet

    def groups(self, students: Sequence[str]) -> list[Same]:
        """Return the sheets that have enough in common, those that no mistake explains first.

        ``students`` tells whose each sheet is: two of one student are no copies.
        """
        rows = [row for row in self.shared.values() if len({students[sheet] for sheet in row.sheets}) > 1]
        of_sheet: dict[int, list[Shared]] = defaultdict(list)
        for row in rows:
            for sheet in row.sheets:
                of_sheet[sheet].append(row)
        found = []
        for group in sorted({tuple(row.sheets) for row in rows}):
            common = [row for row in of_sheet[group[0]] if set(group) <= set(row.sheets)]
            cells = sum(row.cells for row in common)
            if cells >= ENOUGH:
                symbols = tuple(row.symbol for row in common)
                found.append(Same(group, symbols, cells, all(row.explained for row in common)))
        return sorted(found, key=lambda same: (same.explained, -same.cells, same.sheets))


def nothing(texts: Mapping[str, str]) -> bool:
    """Whether only zeros were written: many people do that by themselves."""
    return all(as_number(text) == 0 for text in texts.values())
