"""The page of formulas: rows as data, and their evaluation."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.errors import AttnError
from attncli.language import _
from attncli.ops.op import TRANSPOSED, Array, DivisionByZeroError, Op, Shape, transpose

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence


def strict() -> np.errstate:
    """Return a context in which NumPy raises FloatingPointError on overflow and on NaN."""
    return np.errstate(over="raise", invalid="raise", divide="raise", under="ignore")


@dataclass(frozen=True)
class Row:
    """One quantity of the page: its symbol, its arithmetic and what goes into it.

    An argument is a symbol, with ``ᵀ`` behind it where it goes in transposed. A gradient row says ``of``
    which quantity it is the gradient, and ``via`` which row its path goes, where it is one path of several:
    dX_Q is of X, via Q. Both are "" in a forward row.
    """

    symbol: str
    op: Op
    args: tuple[str, ...]
    of: str = ""
    via: str = ""
    reads: tuple[tuple[str, bool], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Work out once which symbols are read, and which of them transposed."""
        reads = tuple((arg.removesuffix(TRANSPOSED), arg.endswith(TRANSPOSED)) for arg in self.args)
        object.__setattr__(self, "reads", reads)

    @property
    def backward(self) -> bool:
        """Whether the row is a gradient."""
        return bool(self.of)

    @property
    def formula(self) -> str:
        """``S = Q·Kᵀ``."""
        return f"{self.symbol} = {self.op.text(*self.args)}"

    def operands(self, values: Mapping[str, Any]) -> list[Any]:
        """Return what goes into the row, transposed where it goes in so."""
        return [values[symbol].mT if transposed else values[symbol] for symbol, transposed in self.reads]

    def compute(self, values: Mapping[str, Any], *, on_paper: bool = False) -> Array:
        """Compute the row from the values of what it reads; ``on_paper``: they were rounded on the way.

        Raises AttnError where the result is beyond the largest number of its type.
        """
        return self.work_out(self.operands(values), on_paper=on_paper)

    def work_out(self, operands: Sequence[Any], *, on_paper: bool = False) -> Array:
        """Compute the row, or some rows of its matrix, from its operands; raises as :meth:`compute` does."""
        arithmetic = self.op.on_paper if on_paper else self.op.value
        try:
            return arithmetic(*operands)
        except DivisionByZeroError as error:
            raise self.divided_by_zero(error) from None
        except FloatingPointError:
            # A fast kernel may raise the flag without cause: what it computed decides.
            with np.errstate(all="ignore"):
                result = arithmetic(*operands)
            if np.isfinite(result).all():
                return result
            raise self.too_large(result) from None

    def divided_by_zero(self, error: DivisionByZeroError) -> AttnError:
        """Return the error that says that there is nothing to divide a row of numbers by."""
        row = (self.of or self.args[0]) + "".join(f"[{place + 1}]" for place in error.row)
        reason = _(error.reason, row=row)
        message = _("{formula} would divide by 0: {reason}", formula=self.formula, reason=reason)
        return AttnError(message, hint=_(error.remedy))

    def too_large(self, result: Array) -> AttnError:
        """Return the error that says that a result of the row is beyond the largest number of its type."""
        largest = np.finfo(result.dtype).max
        return AttnError(
            _(
                "{formula} has a number too large for {dtype}, whose largest is {largest:.1e}",
                formula=self.formula,
                dtype=result.dtype,
                largest=largest,
            ),
            hint=_("make the embeddings or the weights smaller"),
        )


def picked(symbols: tuple[str, ...]) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    """Return what picks the values of some symbols."""
    if len(symbols) > 1:
        return itemgetter(*symbols)
    return lambda values: [values[symbol] for symbol in symbols]


@dataclass(frozen=True)
class Page:
    """Rows in the order in which they are worked out; what no row computes is given."""

    rows: tuple[Row, ...]

    @cached_property
    def row(self) -> Mapping[str, Row]:
        """Each row by its symbol."""
        return {row.symbol: row for row in self.rows}

    @cached_property
    def reads(self) -> frozenset[str]:
        """Every symbol that some row reads, given or computed."""
        return frozenset(symbol for row in self.rows for symbol, _ in row.reads)

    def without(self, given: Collection[str]) -> Page:
        """Leave out the rows whose values are given."""
        return Page(tuple(row for row in self.rows if row.symbol not in given))

    def needed_for(self, wanted: Iterable[str]) -> Page:
        """Leave out the rows on which none of the wanted symbols depends."""
        needed = set(wanted)
        kept = []
        for row in reversed(self.rows):
            if row.symbol in needed:
                kept.append(row)
                needed.update(symbol for symbol, _ in row.reads)
        return Page(tuple(reversed(kept)))

    def shapes(
        self, given: Mapping[str, Shape], own: Callable[[str, Shape], Shape] = lambda _symbol, shape: shape
    ) -> dict[str, Shape]:
        """Return every row's shape in letters, from those of what is given.

        ``own`` may replace the letters of a symbol before other rows' shapes are derived from them. A
        number stands for itself.
        """
        shapes = {symbol: own(symbol, shape) for symbol, shape in given.items()}
        for row in self.rows:
            args = [(shapes.get(symbol, (symbol,)), transposed) for symbol, transposed in row.reads]
            shape = row.op.shape(
                *((*shape[:-2], *shape[:-3:-1]) if transposed else shape for shape, transposed in args)
            )
            shapes[row.symbol] = own(row.symbol, shape)
        return shapes

    def evaluate(
        self,
        given: Mapping[str, Any],
        keep: Callable[[str], bool] | None = None,
        rounded: Callable[[Array], Array] | None = None,
    ) -> dict[str, Array]:
        """Compute every row, in order, from what is given.

        ``rounded`` rounds each row's result before another row uses it.

        What ``keep`` refuses is dropped as soon as no later row reads it; None keeps all. Raises
        AttnError where a result is too large for its type; nothing else can go wrong on a checked problem.
        """
        if keep is None and rounded is None:
            with suppress(FloatingPointError):  # row by row it is told which, or that there was no cause
                return self._straight(given)
        values: dict[str, Any] = dict(given)
        kept: dict[str, Array] = {}
        on_paper = rounded is not None
        with strict():
            for i, row in enumerate(self.rows):
                result = row.compute(values, on_paper=on_paper)
                if rounded is not None:
                    result = rounded(result)
                values[row.symbol] = result
                if keep is None or keep(row.symbol):
                    kept[row.symbol] = result
                if keep is not None:
                    for symbol in self._dead_after[i]:
                        del values[symbol]
        return kept

    def _straight(self, given: Mapping[str, Any]) -> dict[str, Array]:
        """Compute every row with nothing between the operations; raises FloatingPointError where one does."""
        values: dict[str, Any] = dict(given)
        with strict():
            for symbol, op, operands, transposed in self._calls:
                if op is not None:
                    values[symbol] = op.value(*operands(values))
                if transposed:
                    values[transposed] = values[symbol].mT
        return {row.symbol: values[row.symbol] for row in self.rows}

    @cached_property
    def _calls(self) -> list[tuple[str, Op | None, Callable[[Mapping[str, Any]], Sequence[Any]], str]]:
        """What :meth:`_straight` does, in order: a symbol, how it is computed, from what, and its transpose.

        The givens that go in transposed come first, with nothing to compute.
        """
        args = {arg for row in self.rows for arg in row.args}
        givens = sorted(symbol for symbol in self.reads - self.row.keys() if transpose(symbol) in args)
        rows = [(row.symbol, row.op, picked(row.args)) for row in self.rows]
        return [
            (symbol, op, operands, transpose(symbol) if transpose(symbol) in args else "")
            for symbol, op, operands in [*((symbol, None, picked(())) for symbol in givens), *rows]
        ]

    @cached_property
    def _dead_after(self) -> list[list[str]]:
        """For each row, which computed values nobody reads once it is done."""
        last = {row.symbol: i for i, row in enumerate(self.rows)}
        computed = set(last)
        for i, row in enumerate(self.rows):
            last.update((symbol, i) for symbol, _ in row.reads if symbol in computed)
        dead: list[list[str]] = [[] for _ in self.rows]
        for symbol, i in last.items():
            dead[i].append(symbol)
        return dead
