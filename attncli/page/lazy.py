"""How a student may have gone from row to row: the page, worked out from what they wrote."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from attncli.errors import AttnError
from attncli.page.page import strict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from attncli.ops.op import Array
    from attncli.page.page import Page, Row


IMPOSSIBLE = (AttnError, ValueError, IndexError, ArithmeticError)


class LazyPage(dict[str, Any]):
    """The page's values, each worked out when it is first asked for.

    What is put in goes before what the page would give there: the student's own numbers. ``rows``
    stand in the place of the page's, and ``rounded`` rounds what is worked out here.
    """

    def __init__(
        self,
        page: Page,
        given: Mapping[str, Any],
        rows: Iterable[Row] = (),
        rounded: Callable[[Array], Array] | None = None,
    ) -> None:
        super().__init__(given)
        self.rows: Mapping[str, Row] = {**page.row, **{row.symbol: row for row in rows}}
        self.rounded = rounded

    def __missing__(self, symbol: str) -> Array:
        """Work out a row, and what it needs; raises AttnError or ValueError where it cannot be done."""
        value = self.compute(self.rows[symbol])
        self[symbol] = value
        return value

    def compute(self, row: Row, *, on_paper: bool = True) -> Array:
        """Work out any row from these values; ``on_paper``: L and dP from a P that was rounded."""
        with strict():
            value = row.compute(self, on_paper=on_paper)
        return value if self.rounded is None else self.rounded(value)

    def tried(self, row: Row, *, on_paper: bool = True) -> Array | None:
        """Work out a row, right or wrong; None where these shapes or numbers do not allow it."""
        try:
            return self.compute(row, on_paper=on_paper)
        except IMPOSSIBLE:
            return None

    def each(self, symbols: Iterable[str]) -> dict[str, Array]:
        """Work out several rows, each from what is there, and leave out those that cannot be."""
        found = {}
        with strict():
            for symbol in symbols:
                with suppress(*IMPOSSIBLE):
                    found[symbol] = self.rows[symbol].compute(self, on_paper=True)
        return found

    def changed(self, rows: Iterable[Row], behind: Iterable[str]) -> Self:
        """Copy what is worked out so far, do other rows differently and forget what stands behind them."""
        copy = type(self).__new__(type(self))
        dict.__init__(copy, self)
        copy.rows = {**self.rows, **{row.symbol: row for row in rows}}
        copy.rounded = self.rounded
        for symbol in behind:
            copy.pop(symbol, None)
        return copy
