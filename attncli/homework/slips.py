"""Slips: the right formula, but a hand that wrote, copied or rounded wrongly."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attncli.homework.answer import decimals_of
from attncli.homework.permutations import MATRIX, close, orders, transposed
from attncli.language import N_, _
from attncli.problem.numbers import as_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from attncli.homework.answer import Answer
    from attncli.ops.op import Array


CLEAR = 5.0  # so many half-widths of the tolerance make a number, or a difference, clear
ENOUGH = 2  # cells to compare, where there is more than one
FEW = 3  # cells
FLOAT_ERROR = 1e-12
PLAIN = {"2": 2.0, "3": 3.0, "4": 4.0, "5": 5.0, "10": 10.0, "100": 100.0} | {
    f"√{n}": math.sqrt(n) for n in (2, 3, 5)
}
CONSTANTS = PLAIN | {f"1/{name}": 1 / number for name, number in PLAIN.items()}
MOST_POWER = 12
TRANSPOSED, COPIED = "slip-transposed", "slip-copied"
SHOWN = 12  # wrong cells that are named


@dataclass(frozen=True)
class Slip:
    """One slip that explains a row: ``says`` is for anyone, ``detail`` would give the answer away."""

    id: str
    says: str
    detail: str = ""


class Cell(NamedTuple):
    """One wrong cell: the number, what is right there, how near is near enough, and the text."""

    written: float
    right: float
    near: float
    text: str
    exact: bool


@dataclass(frozen=True, eq=False)
class Comparison:
    """An answer beside the right values and the half-width of the tolerance, all of one shape."""

    answer: Answer
    right: Array
    near: Array
    heads: bool
    required: int | None

    @cached_property
    def wrong(self) -> list[int]:
        """The cells that are wrong, counted row after row."""
        wrong: list[int] = np.flatnonzero(~close(self.answer.values, self.right, self.near)).tolist()
        return wrong

    def cells(self) -> Iterator[Cell]:
        """Yield the cells that are wrong, one by one."""
        texts, exact = self.answer.texts, self.answer.exact.ravel()
        written, right, near = self.answer.values.ravel(), self.right.ravel(), self.near.ravel()
        for i in self.wrong:
            yield Cell(float(written[i]), float(right[i]), float(near[i]), texts[i], bool(exact[i]))

    @cached_property
    def finite(self) -> NDArray[np.bool_]:
        """Where two numbers can be compared; nowhere if there is a −∞ too many or too few."""
        written = self.answer.values
        there = ~np.isnan(written)
        if (there & (np.isfinite(written) != np.isfinite(self.right))).any():
            return np.zeros(self.right.shape, bool)
        finite: NDArray[np.bool_] = there & np.isfinite(self.right)
        return finite

    @cached_property
    def numbers(self) -> tuple[Array, Array, Array]:
        """Written, right and near where two numbers can be compared, one after another."""
        return self.answer.values[self.finite], self.right[self.finite], self.near[self.finite]


def find_slips(
    answer: Answer, right: Array, allowed: Array, *, heads: bool, required_decimals: int | None = None
) -> list[Slip]:
    """Find every slip that explains an answer, the likeliest first.

    ``right`` is what the row should have been, ``allowed`` the half-width of the tolerance a cell
    (boundary included), ``heads`` tells whether axis 0 counts heads. Blank and unreadable cells are
    left out. ``required_decimals`` is how many the teacher asked for.
    """
    values = answer.values
    if answer.fault or np.count_nonzero(~np.isnan(values)) < min(ENOUGH, values.size or 1):
        return []
    near = np.broadcast_to(np.asarray(allowed, np.float64), right.shape)
    with np.errstate(all="ignore"):
        if values.shape != right.shape:
            found = {TRANSPOSED: "" if transposed(values, right, near) else None}
        else:
            row = Comparison(answer, right, near, heads, required_decimals)
            slips = [*SLIPS] if row.wrong else [("slip-few-digits", few_digits)]
            found = {id_: find(row) for id_, find in slips}
    return [Slip(id_, sentence(id_), detail) for id_, detail in found.items() if detail is not None]


def cells_text(row: Comparison) -> str:
    """Name the cells that are wrong, the first of them if there are many."""
    cells = [cell_text(i, row.right.shape) for i in row.wrong[:SHOWN]]
    return "; ".join(filter(None, cells)) + ("; …" if len(row.wrong) > SHOWN else "")


def cell_text(index: int, shape: tuple[int, ...]) -> str:
    """Name a cell by its head, row and column; a vector's by its number, and a scalar not at all."""
    if not shape:
        return ""
    numbers = [int(i) + 1 for i in np.unravel_index(index, shape)]
    if len(numbers) < MATRIX:
        return _("number {i}", i=numbers[0])
    cell = _("row {row}, column {column}", row=numbers[-2], column=numbers[-1])
    return _("head {head}: {what}", head=numbers[0], what=cell) if len(numbers) > MATRIX else cell


def few_digits(row: Comparison) -> str | None:
    """Right to the decimals that are written, but those are fewer than were asked for."""
    if row.required is None or not row.answer.values.any():
        return None
    if not row.wrong:
        short = row.answer.decimals < row.required and not row.answer.exact.all()
        return "" if short else None
    for cell in row.cells():
        decimals = decimals_of(cell.text)
        error = 0.5 * 10.0**-decimals + FLOAT_ERROR * (1 + abs(cell.right))
        if cell.exact or not abs(cell.written - cell.right) <= error:
            return None
    return ""


def sign(row: Comparison) -> str | None:
    """The right matrix, or one cell of it, with the sign flipped."""
    written, right, near = row.numbers
    off = ~close(written, right, near)
    flipped = close(-written, right, near)
    if not (off & (np.abs(right) >= 2 * near)).any():
        return None
    if flipped.all():
        return _("every number")
    return cells_text(row) if len(row.wrong) == 1 and flipped[off].all() else None


def heads_permuted(row: Comparison) -> str | None:
    """The right heads in another order."""
    if not row.heads:
        return None
    written, right, near = (
        array.reshape(len(array), -1) for array in (row.answer.values, row.right, row.near)
    )
    return in_order(orders(written, right, near, axis=-2))


def permuted(row: Comparison, axis: int) -> str | None:
    """The right rows (axis −2) or columns (−1) in another order."""
    return in_order(orders(row.answer.values, row.right, row.near, axis), row)


def in_order(found: dict[int, list[int]] | None, row: Comparison | None = None) -> str | None:
    """``2, 1, 3``, for each head that is in another order."""
    if found is None:
        return None
    texts = []
    for i, order in found.items():
        numbers = ", ".join(str(position + 1) for position in order)
        heads = row is not None and row.right.ndim > MATRIX
        texts.append(_("head {head}: {what}", head=i + 1, what=numbers) if heads else numbers)
    return _("in the order {order}", order="; ".join(texts))


def factor(row: Comparison) -> str | None:
    """The right matrix times one constant: any, where enough cells agree on it, else a plain one."""
    written, right, near = row.numbers
    clear = (np.abs(right) >= CLEAR * near) & (np.abs(written) >= CLEAR * near)
    if not clear.any():
        return None
    largest = np.abs(right).argmax()
    error = near * (1.0 + abs(written[largest] / right[largest])) + FLOAT_ERROR * np.abs(written)
    some = right != 0
    ends = np.sort([(written - error)[some] / right[some], (written + error)[some] / right[some]], axis=0)
    least, most = float(ends[0].max()), float(ends[1].min())
    middle = (least + most) / 2
    change = min(abs(middle - 1), abs(middle + 1)) * abs(right[largest])
    if least > most or change < CLEAR * near[largest] or (np.abs(written) > error)[~some].any():
        return None
    names = [name for name, number in CONSTANTS.items() if least <= number <= most]
    if written.size == 1:
        names = [name for name in names if "10" not in name]  # alone, that is a slip-power-of-ten
    if names:
        return _("times {constant}", constant=min(names, key=lambda name: abs(CONSTANTS[name] - middle)))
    agreed = np.count_nonzero(clear) >= FEW and np.ptp(np.abs(right[clear])) > 2 * near.max()
    return _("times {constant}", constant=f"{middle:.4g}") if agreed else None


def power_of_ten(row: Comparison) -> str | None:
    """A few cells in which the point stands in the wrong place."""
    if len(row.wrong) > FEW:
        return None
    texts = []
    for i, cell in zip(row.wrong, row.cells(), strict=True):
        if not (math.isfinite(cell.written) and math.isfinite(cell.right)) or cell.written * cell.right <= 0:
            return None
        power = round(math.log10(abs(cell.written)) - math.log10(abs(cell.right)))
        clear = min(abs(cell.written), abs(cell.right)) >= CLEAR * cell.near
        if not 0 < abs(power) <= MOST_POWER or not clear:
            return None
        error = cell.near * (1.0 + 10.0**power) + FLOAT_ERROR * abs(cell.written)
        if abs(cell.written - cell.right * 10.0**power) > error:
            return None
        texts.append(f"{cell_text(i, row.right.shape)} ×10^{power}".strip())
    return "; ".join(texts)


def digits_swapped(row: Comparison) -> str | None:
    """Wrong cells that are right with two neighbouring digits exchanged."""
    for cell in row.cells():
        meant = with_digits_exchanged(cell.text)
        if not any(
            abs(number - cell.right) <= cell.near and abs(number - cell.written) >= CLEAR * cell.near
            for number in meant
        ):
            return None
    return cells_text(row)


def with_digits_exchanged(text: str) -> list[float]:
    """Read a number in every way in which two of its neighbouring digits can be exchanged."""
    at = [i for i, letter in enumerate(text) if letter.isdigit()]
    swapped = []
    for i, j in pairwise(at):
        letters = list(text)
        letters[i], letters[j] = letters[j], letters[i]
        swapped.append(as_number("".join(letters)))
    return [number for number in swapped if number is not None]


def truncated(row: Comparison) -> str | None:
    """Every cell is the right number, cut off at the decimals that are written."""
    written, right = row.numbers[:2]
    unit, slack = 10.0**-row.answer.decimals, FLOAT_ERROR * (1 + np.abs(right))
    lost = (right - written) * np.copysign(1.0, right)
    cut = (lost >= -slack) & (lost < unit - slack)
    return "" if written.any() and cut.all() else None


def one_cell(row: Comparison) -> str | None:
    """One cell is wrong, and several others are right."""
    numbers = np.count_nonzero(~np.isnan(row.answer.values))
    return cells_text(row) if len(row.wrong) == 1 and numbers >= FEW else None


# The likeliest first
SLIPS: dict[tuple[str, Callable[[Comparison], str | None]], str] = {
    ("slip-few-digits", few_digits): N_(
        "Right as far as it goes, but with fewer decimals than the problem asks for."
    ),
    (TRANSPOSED, lambda row: "" if transposed(row.answer.values, row.right, row.near) else None): N_(
        "The numbers are right, but the matrix is transposed: its rows and columns have changed places."
    ),
    ("slip-sign", sign): N_("Right except for a sign: plus and minus were mixed up."),
    ("slip-heads-permuted", heads_permuted): N_("The heads are right, but in another order."),
    ("slip-rows-permuted", partial(permuted, axis=-2)): N_("The rows are right, but in another order."),
    ("slip-columns-permuted", partial(permuted, axis=-1)): N_("The columns are right, but in another order."),
    ("slip-factor", factor): N_(
        "Every number is off by the same factor: look for a constant that was added or lost on the way."
    ),
    ("slip-power-of-ten", power_of_ten): N_("The decimal point is in the wrong place."),
    ("slip-digits-swapped", digits_swapped): N_(
        "Two adjacent digits changed places: compare with what you wrote down before."
    ),
    ("slip-truncated", truncated): N_(
        "The numbers were truncated, not rounded: if the first digit dropped is 5 or more, the last one "
        "kept goes up."
    ),
    ("slip-one-cell", one_cell): N_("One cell is wrong and the others are right: compute that one again."),
}


@cache
def sentences() -> dict[str, str]:
    """What is said of each mistake and slip, by its id, untranslated."""
    from attncli.mistakes.catalogue import SENTENCES  # noqa: PLC0415 - a right sheet needs no catalogue

    copied = N_("A number of the problem was copied wrongly: everything that follows from it is right again.")
    return {**SENTENCES, **{id_: says for (id_, _find), says in SLIPS.items()}, COPIED: copied}


def sentence(id_: str) -> str:
    """Say what was done and what to do instead; raises KeyError for what is no mistake's or slip's id."""
    return _(sentences()[id_])
