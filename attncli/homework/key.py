"""The key: everything about a problem that marking needs, and that does not depend on the sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from time import process_time
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np

from attncli.calculation import backward_setting, forward_setting
from attncli.homework.tolerance import SAME, hides, largest_of, near
from attncli.names import cell_name
from attncli.page.lazy import LazyPage
from attncli.page.lying import lying_row, turn
from attncli.page.noise import Errors
from attncli.result import letters_of

if TYPE_CHECKING:
    from attncli.calculation import Setting
    from attncli.mistakes.catalogue import Mistake
    from attncli.ops.op import Array
    from attncli.page.page import Page, Row
    from attncli.problem.problem import Problem


Shown = TypeVar("Shown")
ROUNDINGS = 16  # how many times its last digit an array may have been rounded on the way
PATIENCE = 2.0  # seconds, at least, in which the mistakes behind one sheet may be looked for
PASSES = 10  # as many as that many times working out the page takes
SAMPLE = 2**12  # numbers of a matrix that are compared with those of another mistake
ALIKE = 1e-7  # of a row's largest number: −1e-9 in the place of 0 shows in no sheet
MOST_DERIVED = 256  # pages of mistakes that are kept
NEEDS_TARGET = {"bce", "ce", "mse"}


@dataclass(frozen=True, eq=False)
class Key:
    """A problem's page with its right values.

    ``values`` holds every row, ``given`` what the page reads besides, ``mistakes`` those of the catalogue
    that this problem can show, by the row in which they show. The signatures are what one of them (for each
    way of rounding) or two make of a row; they and the cells' names are kept once they are worked out.
    ``patience``: the seconds of computing in which the mistakes behind one sheet may be looked for.
    """

    setting: Setting
    values: Mapping[str, Array]
    patience: float = PATIENCE
    single_signatures: dict[tuple[str, Mistake, str, int], Array | None] = field(default_factory=dict)
    pair_signatures: dict[str, tuple[tuple[tuple[Mistake, ...], Array], ...]] = field(default_factory=dict)
    told: dict[str, tuple[Mistake, ...]] = field(default_factory=dict)
    derived: dict[tuple[Row, ...], Page | None] = field(default_factory=dict)
    cell_names: dict[str, Sequence[tuple[str, tuple[int, ...]]]] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: Problem, loss: str | None = None, reduction: str | None = None) -> Self:
        """Work out a problem: both passes, or the forward one where there is no target.

        Raises AttnError where the loss cannot be taken.
        """
        loss_name = loss or problem.loss
        if loss is None and problem.target is None and loss_name in NEEDS_TARGET:
            setting = forward_setting(problem)
        else:
            setting = backward_setting(problem, loss, reduction)
        start = process_time()
        values = setting.page.evaluate(setting.given)
        return cls(setting, values, max(PATIENCE, PASSES * (process_time() - start)))

    @property
    def problem(self) -> Problem:
        """The problem that was worked out."""
        return self.setting.problem

    @property
    def page(self) -> Page:
        """Its page of formulas."""
        return self.setting.page

    @property
    def name(self) -> str:
        """The config's name."""
        return self.problem.name

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """The rows that a sheet may answer, in the page's order."""
        return tuple(row.symbol for row in self.page.rows)

    @cached_property
    def formulas(self) -> dict[str, str]:
        """Each row's formula, as it is shown."""
        return {row.symbol: (lying_row(row) if self.lying else row).formula for row in self.page.rows}

    @property
    def lying(self) -> bool:
        """Whether sheets have tokens as columns; what is worked out here has them as rows."""
        return self.problem.lying

    @cached_property
    def other(self) -> Self:
        """The same for sheets that lie if these do not, or the other way round."""
        problem = self.problem.changed(lying=not self.lying)
        return replace(self, setting=replace(self.setting, problem=problem), cell_names={})

    def shown(self, value: Shown) -> Shown:
        """Turn a matrix, a shape or an index as sheets have it."""
        return turn(value) if self.lying else value

    def words(self, text: str) -> str:
        """Write what is said of tokens as rows as it is for these sheets."""
        return self.problem.words(text)

    @cached_property
    def given(self) -> dict[str, Any]:
        """All that the page reads and does not compute."""
        return {**self.setting.givens, **self.setting.constants}

    def errors(self, symbol: str) -> float:
        """Return how far a row's numbers may be off, in units of the precision of its arithmetic."""
        error = self.lost[symbol]
        return ROUNDINGS * max(self.largest[symbol], 0.0 if error is None else float(error.max(initial=0.0)))

    @cached_property
    def lost(self) -> Errors:
        """For each row, what rounding may come to in each cell."""
        return Errors(self.page.row, {**self.given, **self.values})

    @cached_property
    def largest(self) -> dict[str, float]:
        """The largest size in each row."""
        return {symbol: largest_of(value) for symbol, value in self.values.items()}

    @cached_property
    def slack(self) -> dict[str, float]:
        """For each row, what its numbers may differ by and still be the same."""
        return {symbol: SAME * size for symbol, size in self.largest.items()}

    @cached_property
    def hiding(self) -> frozenset[str]:
        """The rows in which −∞ is a number: M, and what comes from it."""
        return frozenset(
            {symbol for symbol in self.values if symbol == "M" or np.isneginf(self.values[symbol]).any()}
        )

    @cached_property
    def behind(self) -> dict[str, frozenset[str]]:
        """For each row, itself and every row that is worked out from it."""
        found = {symbol: {symbol} for symbol in self.symbols}
        for row in self.page.rows:
            for name, _ in row.reads:
                for before in found.values():
                    if name in before:
                        before.add(row.symbol)
        return {symbol: frozenset(symbols) for symbol, symbols in found.items()}

    def cells(self, symbol: str) -> Sequence[tuple[str, tuple[int, ...]]]:
        """Return each cell's name and index as sheets have them, row after row of the right value."""
        if symbol not in self.cell_names:
            labels = self.labels[symbol]
            indices = map(self.shown, np.ndindex(self.values[symbol].shape))
            self.cell_names[symbol] = [(cell_name(symbol, index, labels), index) for index in indices]
        return self.cell_names[symbol]

    @cached_property
    def labels(self) -> dict[str, tuple[tuple[str, ...] | None, ...]]:
        """For each row as it is shown, the tokens along each axis, or None where it is only counted."""
        return {
            symbol: tuple(map(self.problem.labels, letters_of(self.problem, symbol)))
            for symbol in self.symbols
        }

    @cached_property
    def mistakes(self) -> dict[str, tuple[Mistake, ...]]:
        """The mistakes that can be told from the right row, by the rows in which they stand."""
        return {symbol: self.mistakes_in(symbol) for symbol in self.symbols}

    def mistakes_in(self, symbol: str) -> tuple[Mistake, ...]:
        """Return the mistakes in a row that can be told from the right one; those met on paper come first.

        One that is met in code is left out where one that is met on paper gives the same numbers.
        """
        if symbol not in self.told:
            found, on_paper = [], []
            with np.errstate(invalid="ignore"):  # of differences between infinities
                for mistake in sorted(self.catalogue[symbol], key=lambda one: one.code):
                    values = {row.symbol: self.right.tried(row) for row in mistake.rows}
                    if not any(self.differs(name, value) for name, value in values.items()):
                        continue
                    sample = {name: sampled(value) for name, value in values.items() if value is not None}
                    if not mistake.code:
                        on_paper.append(sample)
                    elif any(alike(sample, other) for other in on_paper):
                        continue
                    found.append(mistake)
            self.told[symbol] = tuple(found)
        return self.told[symbol]

    @cached_property
    def right(self) -> LazyPage:
        """The page, worked out."""
        return LazyPage(self.page, {**self.given, **self.values})

    @cached_property
    def catalogue(self) -> dict[str, list[Mistake]]:
        """All mistakes that can be made on the page, by the rows in which they stand."""
        from attncli.mistakes.catalogue import catalogue  # noqa: PLC0415 - a right sheet needs none of it

        found: dict[str, list[Mistake]] = {symbol: [] for symbol in self.symbols}
        known = frozenset({*self.given, *self.values})
        for mistake in catalogue(self.page, known, self.problem.sizes, out_in=self.problem.out_in):
            for row in mistake.rows:
                found[row.symbol].append(mistake)
        return found

    def differs(self, symbol: str, value: Array | None) -> bool:
        """Whether a value of a row differs from the right one."""
        right = self.values[symbol]
        if value is None:
            return False
        hidden = np.isneginf(right)
        if hidden.any() and value.shape == right.shape:
            value = np.where(hidden & hides(value, hidden), -np.inf, value)
        return value.shape != right.shape or not near(value, right, self.slack[symbol]).all()

    def consistent(self, rows: tuple[Row, ...]) -> Page | None:
        """Return :func:`consistent_page` of these rows: many sheets make the same mistakes."""
        from attncli.mistakes.consistent import consistent_page  # noqa: PLC0415 - a right sheet needs none of it

        if rows not in self.derived:
            if len(self.derived) == MOST_DERIVED:
                self.derived.clear()
            self.derived[rows] = consistent_page(self.page, rows)
        return self.derived[rows]

    @cached_property
    def digest(self) -> str:
        """``sha256:…`` of the formulas and all numbers that go into them."""
        import hashlib  # noqa: PLC0415 - it is slow to import, and a student's check needs none

        found = hashlib.sha256(b"layout: columns" if self.lying else b"")
        for row in self.page.rows:
            found.update(row.formula.encode())
        for symbol, value in sorted(self.setting.givens.items()):
            found.update(f"{symbol}{value.shape}".encode())
            found.update(np.ascontiguousarray(value + 0.0, "<f8").tobytes())
        mask = self.problem.mask
        if mask is not None and "mask" in self.page.reads:
            n, m = self.problem.sizes["n"], self.problem.sizes["m"]
            found.update(np.ascontiguousarray(mask.allowed(n, m)).tobytes())
        written = [name for name in ("ε", "base") if name in self.page.reads]
        numbers = [self.setting.constants[name] for name in ("h", "√d_k", "c", *written)]
        found.update(repr((*numbers, self.setting.count, self.setting.loss)).encode())
        return f"sha256:{found.hexdigest()}"


def sampled(value: Array) -> tuple[tuple[int, ...], Array]:
    """Return a matrix' shape and its numbers; of a large one only some."""
    return value.shape, value.ravel()[:: max(1, value.size // SAMPLE)].copy()


def alike(
    one: Mapping[str, tuple[tuple[int, ...], Array]], other: Mapping[str, tuple[tuple[int, ...], Array]]
) -> bool:
    """Whether two mistakes make the same of the same rows, at as many digits as anybody writes."""
    return one.keys() == other.keys() and all(
        shape == other[name][0] and near(some, other[name][1], ALIKE * largest_of(some)).all()
        for name, (shape, some) in one.items()
    )
