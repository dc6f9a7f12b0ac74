"""Whether code is right on one problem, as exactly as its type allows, and what it gave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from attncli.code.parameters import symbols_of
from attncli.code.problems import LARGE_SCORES
from attncli.code.report import FAILED, MASKED_ROW, RIGHT, WRONG

if TYPE_CHECKING:
    from attncli.calculation import Setting
    from attncli.code.problems import Case
    from attncli.code.process import Outcome
    from attncli.ops.op import Array


# How far off right code may be, relative to the largest number: differences for gradients and sums in
# another order cost some digits.
EXACTNESS = {"float64": 1e-5, "float32": 2e-4, "float16": 2e-2}
SMALLEST = 0.1  # of a matrix' largest number, below which it counts as this much
ARITHMETIC = ("OverflowError", "ZeroDivisionError", "FloatingPointError")
FORWARD = ("O", "A")
OF_EMBEDDINGS = ("dX", "dWq", "dWk", "dWv", "dWo")
OF_ROWS = ("dQ", "dK", "dV")


@dataclass(frozen=True)
class Attempt:
    """One problem and what the code made of it: the quantities that are understood, beside the right ones.

    ``decisive`` are those by which it is judged: O, or where that is not returned all that is; of a backward
    pass the gradients of what was given. ``forgiven``: it counts as not taken.
    """

    case: Case
    outcome: Outcome
    backward: bool
    values: Mapping[str, Array]
    right: Mapping[str, Array]
    forgiven: bool = False

    @property
    def setting(self) -> Setting:
        """The page by which it is judged."""
        return self.case.backward if self.backward else self.case.forward

    @cached_property
    def decisive(self) -> tuple[str, ...]:
        """The quantities by which it is judged."""
        if self.overflowed:
            return ("O",)
        if self.backward:
            given = {f"d{symbol}" for symbol in self.setting.givens} - {"dU"}
            return tuple(symbol for symbol in self.values if symbol in given) or tuple(self.values)
        return ("O",) if "O" in self.values else tuple(self.values)

    @cached_property
    def wrong(self) -> tuple[str, ...]:
        """The quantities that are wrong, in the order of the page."""
        return tuple(symbol for symbol in self.right if symbol in self.values and not self.agrees(symbol))

    def agrees(self, symbol: str) -> bool:
        """Whether a quantity is right; of a row in which all is masked nothing is asked."""
        value, right, hidden = self.values[symbol], self.right[symbol], self.case.hidden_row
        if hidden is not None and value.shape == right.shape and value.ndim > 1:
            value, right = (np.delete(matrix, hidden, axis=-2) for matrix in (value, right))
        return close(value, right)

    @property
    def counts(self) -> bool:
        """Whether it decides: not where right code differs, and gradients of very large scores are noise.

        Hidden keys far above those that are seen leave nothing to who masks behind the softmax, and then lets
        each row sum to 1: that is right as well.
        """
        name = self.case.ability
        if self.case.sizes.far and not all(np.isfinite(value).all() for value in self.values.values()):
            return False
        return name != MASKED_ROW and not (self.backward and name == LARGE_SCORES)

    @cached_property
    def verdict(self) -> str:
        """Whether the code is right, is wrong or failed on it."""
        if self.overflowed:
            return WRONG
        if not self.values or self.forgiven:
            return FAILED
        if self.misshaped and not self.standard:
            return FAILED
        return WRONG if set(self.wrong) & set(self.decisive) else RIGHT

    @property
    def overflowed(self) -> bool:
        """Whether very large scores made it raise what makes NaN or ∞ in arrays."""
        raised = self.outcome.kind == "raised" and self.outcome.says.startswith(ARITHMETIC)
        return raised and self.case.ability == LARGE_SCORES and not self.backward

    @property
    def misshaped(self) -> bool:
        """Whether what was returned has another shape than it should."""
        return any(self.values[symbol].shape != self.right[symbol].shape for symbol in self.decisive)

    @property
    def standard(self) -> bool:
        """Whether the sizes are those that most code is written for: the heads share d_model."""
        return self.shared and self.case.sizes.d_v == self.case.sizes.d_k

    @property
    def shared(self) -> bool:
        """Whether h·d_k is d_model."""
        sizes = self.case.sizes
        return "X" not in self.case.given or sizes.d_model == sizes.heads * sizes.d_k

    @property
    def size(self) -> int:
        """How many numbers its page has."""
        return sum(np.size(value) for value in self.right.values())


def attempt(
    case: Case, outcome: Outcome, *, backward: bool, out_in: bool = False, order: tuple[str, ...] = ()
) -> Attempt:
    """Read what the code returned.

    ``out_in``: gradients of weights come as the weights are stored. ``order``: what matrices without names
    are, where that is known from another problem.
    """
    right = case.right(backward=backward)
    found: dict[str, Array] = {}
    for symbols, value in understood(
        outcome.values, order or in_order(outcome.values, right, backward=backward)
    ):
        matrix = value.mT if out_in and symbols[0][1:2] == "W" and value.ndim > 1 else value
        symbol, shaped = placed(matrix, [symbol for symbol in symbols if symbol in right], right)
        if symbol and symbol not in found:
            found[symbol] = shaped
    return Attempt(case, outcome, backward, found, right)


def is_backward(outcome: Outcome) -> bool:
    """Whether code returned gradients."""
    return any(symbols and symbols[0].startswith("d") for symbols in map(symbols_of, dict(outcome.values)))


def understood(
    values: Sequence[tuple[str, Array]], order: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], Array]]:
    """Yield each returned matrix with the quantities that it may be; what goes by O comes before ``out``."""
    named = [(symbols_of(name), value) for name, value in values]
    if not any(symbols for symbols, _ in named):
        named = [((symbol,), value) for symbol, (_, value) in zip(order, values, strict=False)]
    exact = {name for name, _ in values}
    yield from sorted(
        ((symbols, value) for symbols, value in named if symbols),
        key=lambda item: item[0][0] not in exact,
    )


def in_order(
    values: Sequence[tuple[str, Array]], right: Mapping[str, Array], *, backward: bool
) -> tuple[str, ...]:
    """Return what is meant by matrices without names: the gradients, or O and A, in either order."""
    if backward:
        return OF_EMBEDDINGS if "dX" in right else OF_ROWS
    if len(values) < len(FORWARD):
        return FORWARD
    (_, one), (_, other), *_ = values
    first, second = like(one, right["A"]), like(other, right["O"])
    if first.shape != right["A"].shape or second.shape != right["O"].shape:
        return FORWARD
    clearly = like(one, right["O"]).shape != right["O"].shape
    exchanged = clearly or close(first, right["A"]) or close(second, right["O"])
    return FORWARD[::-1] if exchanged else FORWARD


def placed(value: Array, symbols: Sequence[str], right: Mapping[str, Array]) -> tuple[str, Array]:
    """Tell which of several quantities a matrix is: one of its shape, and if possible of its numbers.

    An output and a gradient are taken in any shape; of anything else that has another nothing is understood.
    """
    shaped = [(symbol, like(value, right[symbol])) for symbol in symbols]
    fitting = [(symbol, matrix) for symbol, matrix in shaped if matrix.shape == right[symbol].shape]
    for symbol, matrix in fitting:
        if close(matrix, right[symbol]):
            return symbol, matrix
    if fitting:
        return fitting[0]
    judged = len(symbols) == 1 and (symbols[0] == "O" or symbols[0][0] == "d")
    return symbols[0] if judged else "", value


def like(value: Array, right: Array) -> Array:
    """Leave out or put in axes of length 1, where that gives the right shape."""
    squeezed = tuple(size for size in value.shape if size != 1)
    if value.shape != right.shape and squeezed == tuple(size for size in right.shape if size != 1):
        return value.reshape(right.shape)
    return value


def exactness(value: Array) -> float:
    """Return how far off numbers may be, relative to the largest: as their type allows."""
    return EXACTNESS.get(value.dtype.name, EXACTNESS["float64"])


def close(value: Array, other: Array, allowed: float = 0.0) -> bool:
    """Whether two matrices are the same, as exactly as the first one's type allows; NaN is NaN."""
    if value.shape != other.shape:
        return False
    allowed = allowed or exactness(value)
    with np.errstate(all="ignore"):
        off = np.abs(value - other).max(initial=0.0)
        if off < np.inf:
            return bool(off <= allowed * max(float(np.abs(other).max(initial=0.0)), SMALLEST))
        finite = np.isfinite(other)
        if not np.array_equal(finite, np.isfinite(value)):
            return False
        largest = np.abs(other[finite]).max(initial=SMALLEST)
        return bool((np.abs(value[finite] - other[finite]) <= allowed * largest).all())
