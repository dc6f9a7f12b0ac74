"""How far an answer may lie from what it should be."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.homework.by_hand import Places
from attncli.homework.writing import (
    SURE_DIGITS,
    half_digit,
    half_unit,
    is_uniform,
    most_digits,
    significant,
    ways_of_writing,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from attncli.homework.answer import Answer
    from attncli.homework.policy import Tolerance
    from attncli.ops.op import Array


SAME = 1e-9  # of a row's largest number: what two ways of computing it may differ by
SHARE = 20  # a tolerance is at most this part of the row's largest number
MOST_PLACES = 8  # that are written down on the way
FINE = 12  # decimals, from which on a number may be what rounding has left of 0
EPS = float(np.finfo(float).eps)
LOWEST = 4  # decimals, at least, to which the weight of a hidden score must be 0
MANY = 3  # quantities that show the same number of decimals make it the sheet's


class Judge:
    """Compares the answers of one sheet with what they should be.

    By default a row is read in the consistent way of writing that suits it best (:func:`ways_of_writing`),
    but never more widely than 1/20 of its largest number, so that zeros are no answer; a sheet that keeps to
    one number of decimals may round to these wherever that leaves a digit. What is written to the last digits
    of its type, an array for instance, may be off as far as its arithmetic is: ``errors`` of a symbol, in
    units of the type's precision.
    """

    def __init__(
        self, tolerance: Tolerance, answers: Mapping[str, Answer], errors: Callable[[str], float]
    ) -> None:
        self.tolerance = tolerance
        asked = (tolerance.significant, tolerance.rtol, tolerance.atol)
        self.by_value = any(number is not None for number in asked)
        self.automatic = not self.by_value and tolerance.decimals is None
        self.answers = answers
        self.least = {
            answer: (answer.precision or EPS) * errors(symbol)
            for symbol, answer in answers.items()
            if answer.precision is not None or answer.decimals > FINE
        }
        self.known: dict[Answer, list[Any]] = {}
        counts = Counter(answer.decimals for answer in answers.values() if answer.decimals)
        self.decimals, number = counts.most_common(1)[0] if counts else (0, 0)
        self.usual = 0.5 * 10.0**-self.decimals if number >= MANY else 0.0

    def places(self, answer: Answer) -> set[Places]:
        """Return the places to which steps inside a cell may have been rounded; none if exactness counts."""
        if self.by_value:
            return set()
        if self.tolerance.decimals is not None:
            return {Places(self.tolerance.decimals)}
        shown = {Places(min(number, MOST_PLACES)) for number in (answer.decimals, self.decimals) if number}
        return shown | ({Places(self.digits, significant=True)} if self.digits else set())

    @cached_property
    def digits(self) -> int:
        """The number of significant digits to which the sheet is written; 0 where it is not."""
        mixed = [answer for answer in self.answers.values() if not (answer.fault or is_uniform(answer))]
        counts = Counter(most_digits(answer) for answer in mixed)
        return min(max(counts, key=counts.__getitem__, default=0), MOST_PLACES)

    def widths(self, answer: Answer, right: Array) -> Iterator[Any]:
        """Yield how far each cell may lie from the right one, in each way in which the row may be read."""
        if self.by_value:
            size = np.where(np.isfinite(right), np.abs(right), 0.0)
            if self.tolerance.significant is not None:
                yield half_digit(size, self.tolerance.significant)
            else:
                yield (self.tolerance.atol or 0.0) + (self.tolerance.rtol or 0.0) * size
        elif self.tolerance.decimals is not None:
            yield 0.5 * 10.0**-self.tolerance.decimals
        else:
            for half in self.ways(answer):
                yield self.bounded(half, right)

    def ways(self, answer: Answer) -> list[Any]:
        """Return the ways in which a row may be written; 13900 in a sheet of three significant digits too."""
        if answer not in self.known:
            ways = ways_of_writing(answer)
            if answer in self.least:
                ways = [np.maximum(half, self.least[answer]) for half in ways]
            self.known[answer] = ways
            if self.digits >= SURE_DIGITS and largest_of(answer.values) >= 10.0**self.digits:
                self.known[answer].append(significant(answer, self.digits))
        return self.known[answer]

    def bounded(self, half: Any, right: Array) -> Any:  # noqa: ANN401 - a number or an array
        """Return how wide a tolerance may be beside these numbers."""
        largest = largest_of(right)
        if (half if isinstance(half, float) else half.max(initial=0.0)) * SHARE <= largest or is_whole(right):
            return half
        most = max(largest / SHARE, self.usual if self.usual < largest else 0.0)
        return np.minimum(half, most) if np.ndim(half) else min(half, most)

    def width(self, answer: Answer, right: Array) -> Any:  # noqa: ANN401 - a number or an array
        """Return the tolerance of the way of writing that suits an answer best."""
        widths = [*self.widths(answer, right)]
        if answer.values.shape != right.shape:
            return float(np.max(widths[0], initial=0.0))
        if len(widths) == 1:
            return widths[0]
        return max(widths, key=lambda width: int(near(answer.values, right, width + slack(right)).sum()))

    def usual_width(self, answer: Answer, right: Array, largest: float) -> float:
        """Return the tolerance of a row that is read by its decimals, as nearly all are."""
        if self.automatic and (half := half_unit(answer)) * SHARE <= largest:
            return half
        width = self.bounded(half_unit(answer), right) if self.automatic else self.width(answer, right)
        return float(np.max(width, initial=0.0))

    def agreed(self, answer: Answer, value: Array) -> list[NDArray[np.bool_]]:
        """Tell which cells are these numbers, for each way of reading the row."""
        room = slack(value)
        return [np.asarray(near(answer.values, value, width + room)) for width in self.widths(answer, value)]

    def agrees(self, answer: Answer, value: Array | None) -> bool:
        """Whether an answer's numbers are these; blank and unreadable cells say nothing."""
        if value is None or value.shape != answer.values.shape:
            return False
        if answer.plain and self.automatic and answer not in self.least:
            worst, largest, half = (
                float(np.abs(answer.values - value).max()),
                largest_of(value),
                half_unit(answer),
            )
            room = SAME * largest
            if worst <= room or (worst <= half + room and half * SHARE <= largest):
                return True
            ways = self.ways(answer)
            if worst > room + (half if len(ways) == 1 else max(float(np.max(half)) for half in ways)):
                return False
        bare = answer.blank | answer.unreadable
        return not bare.all() and any((good | bare).all() for good in self.agreed(answer, value))

    def agreeing(self, answers: Mapping[str, Answer], values: Mapping[str, Array]) -> set[str]:
        """Name the plain answers whose numbers are these: :meth:`agrees`, for all at once."""
        pairs = {
            symbol: (answers[symbol], value)
            for symbol, value in values.items()
            if answers[symbol].plain
            and answers[symbol] not in self.least
            and answers[symbol].values.shape == value.shape
        }
        if not pairs or not self.automatic:
            return {symbol for symbol, (answer, value) in pairs.items() if self.agrees(answer, value)}
        written = np.concatenate([answer.values.ravel() for answer, _ in pairs.values()])
        worked_out = np.concatenate([value.ravel() for _, value in pairs.values()])
        starts = list(accumulate([value.size for _, value in pairs.values()], initial=0))[:-1]
        worst = np.maximum.reduceat(np.abs(written - worked_out), starts).tolist()
        largest = np.maximum.reduceat(np.abs(worked_out), starts).tolist()
        return {
            symbol
            for (symbol, (answer, value)), far, size in zip(pairs.items(), worst, largest, strict=True)
            if (
                far <= half + SAME * size
                if (half := half_unit(answer)) * SHARE <= size < math.inf
                else self.agrees(answer, value)
            )
        }


def largest_of(value: Array) -> float:
    """Return the largest size of a matrix' finite numbers."""
    size = np.abs(value)
    largest = float(size.max(initial=0.0))
    return largest if largest < np.inf else float(size[np.isfinite(size)].max(initial=0.0))


def is_whole(value: Array) -> bool:
    """Whether all numbers are whole, as far as rounding lets them be."""
    finite = value[np.isfinite(value)]
    return bool((np.abs(finite - np.rint(finite)) <= SAME).all())


def slack(value: Array) -> float:
    """Return by how much two ways of computing the same row may differ."""
    return SAME * largest_of(value)


def near(value: Array, right: Array, allowed: Any) -> Any:  # noqa: ANN401 - numbers or arrays
    """Tell where two matrices agree; the boundary does, and an infinity with itself."""
    return (np.abs(value - right) <= allowed) | (value == right)


def hides(scores: Array, hidden: NDArray[np.bool_], decimals: int = 0) -> NDArray[np.bool_]:
    """Tell which scores lie so far below those that are seen that the softmax cannot tell them from −∞."""
    seen = np.where(hidden | np.isnan(scores), -np.inf, scores)
    top = seen.max(axis=-1, keepdims=True)
    low = np.where(np.isfinite(top), top, 0.0) - math.log(2) - max(decimals, LOWEST) * math.log(10)
    below: NDArray[np.bool_] = scores <= low
    return below


def trivial(values: Array, right: Array, *, picks: bool = True) -> bool:
    """Whether an answer needed no work where the right one does: all 0, or all equal.

    With ``picks`` also one that only picks, 1 once in each row and 0 elsewhere, as an identity does.
    """
    tests = (is_zero, is_constant, is_pick) if picks else (is_zero, is_constant)
    return values.size > 1 and any(test(values) and not test(right) for test in tests)


def is_zero(values: Array) -> bool:
    """Whether all numbers are 0, but for rounding."""
    return bool((np.abs(values) <= SAME).all())


def is_constant(values: Array) -> bool:
    """Whether all numbers are the same, but for rounding."""
    return (
        bool(np.ptp(values) <= SAME) if np.isfinite(values).all() else bool((values == values.flat[0]).all())
    )


def is_pick(values: Array) -> bool:
    """Whether each row is one 1 among zeros."""
    return bool(((values == 0) | (values == 1)).all() and (values.sum(axis=-1) == 1).all())
