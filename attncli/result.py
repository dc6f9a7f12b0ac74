"""What a calculation gives: the page with its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from attncli.language import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attncli.explain import Explanation
    from attncli.ops.op import Array, Shape
    from attncli.page import Page, Row
    from attncli.problem.problem import Problem
    from attncli.rounding import Rounding


ROWS_AT_ONCE = 256


class Loss(NamedTuple):
    """Which loss was taken, and what it came to."""

    name: str
    reduction: str
    value: float


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """The page of one problem with its numbers: the givens and every row that was wanted.

    ``exact`` holds the rows as they are without rounding, where ``values`` were rounded on the way.
    """

    problem: Problem
    page: Page
    values: Mapping[str, Array]
    constants: Mapping[str, float]
    loss: Loss | None = None
    exact: Mapping[str, Array] | None = None
    rounding: Rounding | None = None

    def __getitem__(self, symbol: str) -> Array:
        """The value of a given or a row; heads first where it has them."""
        if symbol not in self.values:
            raise KeyError(_("{symbol}; there are {known}", symbol=symbol, known=", ".join(self.values)))
        return self.values[symbol]

    def __repr__(self) -> str:
        """Name the problem and what is held of it."""
        return f"<Result of {self.problem.name}: {', '.join(self.values)}>"

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows whose values are held, in the page's order."""
        return tuple(row for row in self.page.rows if row.symbol in self.values)

    @property
    def decimals(self) -> int:
        """How many decimals are usually shown: those rounded to, else the config's."""
        return self.problem.decimals if self.rounding is None else self.rounding.decimals

    def formula(self, symbol: str) -> str:
        """``S = Q·Kᵀ``; a given stands for itself."""
        row = self.page.row.get(symbol)
        return row.formula if row else symbol

    def letters(self, symbol: str) -> Shape:
        """The shape in letters."""
        return letters_of(self.problem, symbol)

    @property
    def blind_tokens(self) -> list[int]:
        """The query tokens for which everything is masked, in some head at least: their weights are all 0."""
        if "M" not in self.page.reads:
            return []
        given, mask = self.problem.givens.get("M"), self.problem.mask
        n, m = self.problem.sizes["n"], self.problem.sizes["m"]
        if given is None and mask is None:
            return []
        found: list[int] = []
        for start in range(0, n, ROWS_AT_ONCE):  # never the whole mask: it may be large
            rows = slice(start, min(start + ROWS_AT_ONCE, n))
            if given is not None:
                hidden = np.isneginf(given[..., rows, :])
            elif mask is not None:
                hidden = ~mask.rows(rows).allowed(rows.stop - start, m)
            blind = hidden.all(axis=-1).reshape(-1, rows.stop - start).any(axis=0)
            found += (start + np.flatnonzero(blind)).tolist()
        return found

    def drift(self, symbol: str) -> float | None:
        """How far rounding on the way has carried a row from its exact value, at most; None without it."""
        if self.exact is None or symbol not in self.exact:
            return None
        ours, exact = self.values[symbol], self.exact[symbol]
        finite = np.isfinite(ours) & np.isfinite(exact)
        return float(np.abs(ours[finite] - exact[finite]).max(initial=0.0))

    def explain(self, cell: str) -> Explanation:
        """Tell where one number comes from: ``A[Death,wind]``, ``A[1,5]``, ``A[2][1,5]``, ``L``.

        Raises AttnError where there is no such cell.
        """
        from attncli.explain import find_cell  # noqa: PLC0415 - it explains results

        return find_cell(self, cell)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints: only numbers, words, lists and dictionaries."""
        from attncli.record import record  # noqa: PLC0415 - not every result is recorded

        return record(self)


def letters_of(problem: Problem, symbol: str) -> Shape:
    """Tell a symbol's shape in letters; a gradient, or one path of it, has its symbol's."""
    if symbol not in problem.letters:
        symbol = symbol.removeprefix("d").partition("_")[0]
    return problem.letters[symbol]
