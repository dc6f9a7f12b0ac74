"""Slips: the right formula, but a hand that wrote, copied or rounded wrongly."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from attncli.homework.reordered import MATRIX, Comparison, close, orders, place, places, transposed
from attncli.language import N_, _
from attncli.mistakes.catalogue import SENTENCES
from attncli.problem.numbers import as_number

if TYPE_CHECKING:
    from collections.abc import Callable

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
_DECIMAL = re.compile(r"[+\-−]?[0-9]*\.?([0-9]*)(?:[eE]([+\-−]?[0-9]+))?")
_MOST_POWER = 12
_MOST_DECIMALS = 400
SLIPS = {
    "slip-transposed": N_(
        "The numbers are right, but the matrix is transposed: its rows and columns have changed places."
    ),
    "slip-sign": N_("Right except for a sign: plus and minus were mixed up."),
    "slip-factor": N_(
        "Every number is off by the same factor: look for a constant that was added or lost on the way."
    ),
    "slip-rows-permuted": N_("The rows are right, but in another order."),
    "slip-columns-permuted": N_("The columns are right, but in another order."),
    "slip-heads-permuted": N_("The heads are right, but in another order."),
    "slip-power-of-ten": N_("The decimal point is in the wrong place."),
    "slip-digits-swapped": N_("Two adjacent digits changed places: compare with what you wrote down before."),
    "slip-one-cell": N_("One cell is wrong and the others are right: compute that one again."),
    "slip-truncated": N_(
        "The numbers were truncated, not rounded: if the first digit dropped is 5 or more, the last one "
        "kept goes up."
    ),
    "slip-few-digits": N_("Right as far as it goes, but with fewer decimals than the problem asks for."),
}
SAYINGS: dict[str, str] = SENTENCES | SLIPS


@dataclass(frozen=True)
class Slip:
    """One slip that explains a row: ``says`` is for anyone, ``detail`` would give the answer away."""

    id: str
    says: str
    detail: str = ""


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
            fits = transposed(values, right, near)
            return [Slip("slip-transposed", say("slip-transposed"))] if fits else []
        row = Comparison(answer, right, near, heads, required_decimals)
        looks = LIKELIEST_FIRST if row.wrong else LIKELIEST_FIRST[:1]
        found = [(id_, look(row)) for id_, look in looks]
    return [Slip(id_, say(id_), detail) for id_, detail in found if detail is not None]


def few_digits(row: Comparison) -> str | None:
    """Right to the decimals that are written, but those are fewer than were asked for."""
    if row.required is None or not row.answer.values.any():
        return None
    if not row.wrong:
        short = row.answer.decimals < row.required and not row.answer.exact.all()
        return "" if short else None
    for cell in row.cells():
        decimals = decimals_in(cell.text)
        error = 0.5 * 10.0**-decimals + FLOAT_ERROR * (1 + abs(cell.right))
        if cell.exact or not abs(cell.written - cell.right) <= error:
            return None
    return ""


def decimals_in(text: str) -> int:
    """How many decimals a number shows: ``0.50`` two, ``1e-3`` three."""
    match = _DECIMAL.fullmatch(text.strip())
    if match is None:
        return 0
    power = int(match[2].replace("−", "-")) if match[2] else 0
    return min(max(len(match[1]) - power, 0), _MOST_DECIMALS)


def is_transposed(row: Comparison) -> str | None:
    """The right matrix, transposed."""
    return "" if transposed(row.answer.values, row.right, row.near) else None


def sign(row: Comparison) -> str | None:
    """The right matrix, or one cell of it, with the sign turned."""
    written, right, near = row.numbers
    off = ~close(written, right, near)
    turned = close(-written, right, near)
    if not (off & (np.abs(right) >= 2 * near)).any():
        return None
    if turned.all():
        return _("every number")
    return places(row) if len(row.wrong) == 1 and turned[off].all() else None


def heads_permuted(row: Comparison) -> str | None:
    """The right heads in another order."""
    if not row.heads:
        return None
    written, right, near = (
        array.reshape(len(array), -1) for array in (row.answer.values, row.right, row.near)
    )
    return in_order(orders(written, right, near, axis=-2))


def rows_permuted(row: Comparison) -> str | None:
    """The right rows in another order."""
    return in_order(orders(row.answer.values, row.right, row.near, axis=-2), row)


def columns_permuted(row: Comparison) -> str | None:
    """The right columns in another order."""
    return in_order(orders(row.answer.values, row.right, row.near, axis=-1), row)


def in_order(found: dict[int, list[int]] | None, row: Comparison | None = None) -> str | None:
    """``2, 1, 3``, for each head that is in another order."""
    if found is None:
        return None
    told = []
    for i, order in found.items():
        numbers = ", ".join(str(place + 1) for place in order)
        heads = row is not None and row.right.ndim > MATRIX
        told.append(_("head {head}: {what}", head=i + 1, what=numbers) if heads else numbers)
    return _("in the order {order}", order="; ".join(told))


def factor(row: Comparison) -> str | None:
    """The right matrix times one constant: any, where enough cells agree on it, else a plain one."""
    written, right, near = row.numbers
    clear = (np.abs(right) >= CLEAR * near) & (np.abs(written) >= CLEAR * near)
    if not clear.any():
        return None
    largest = np.abs(right).argmax()
    error = near * max(1.0, abs(written[largest] / right[largest])) + FLOAT_ERROR * np.abs(written)
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
    told = []
    for i, cell in zip(row.wrong, row.cells(), strict=True):
        if not (math.isfinite(cell.written) and math.isfinite(cell.right)) or cell.written * cell.right <= 0:
            return None
        power = round(math.log10(abs(cell.written)) - math.log10(abs(cell.right)))
        clear = min(abs(cell.written), abs(cell.right)) >= CLEAR * cell.near
        if abs(power) > _MOST_POWER or not clear:
            return None
        error = cell.near * max(1.0, 10.0**power) + FLOAT_ERROR * abs(cell.written)
        if abs(cell.written - cell.right * 10.0**power) > error:
            return None
        told.append(f"{place(i, row.right.shape)} ×10^{power}".strip())
    return "; ".join(told)


def digits_swapped(row: Comparison) -> str | None:
    """Wrong cells that are right with two neighbouring digits exchanged."""
    for cell in row.cells():
        meant = with_digits_exchanged(cell.text)
        if not any(
            abs(number - cell.right) <= cell.near and abs(number - cell.written) >= CLEAR * cell.near
            for number in meant
        ):
            return None
    return places(row)


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
    told = np.count_nonzero(~np.isnan(row.answer.values))
    return places(row) if len(row.wrong) == 1 and told >= FEW else None


LIKELIEST_FIRST: tuple[tuple[str, Callable[[Comparison], str | None]], ...] = (
    ("slip-few-digits", few_digits),
    ("slip-transposed", is_transposed),
    ("slip-sign", sign),
    ("slip-heads-permuted", heads_permuted),
    ("slip-rows-permuted", rows_permuted),
    ("slip-columns-permuted", columns_permuted),
    ("slip-factor", factor),
    ("slip-power-of-ten", power_of_ten),
    ("slip-digits-swapped", digits_swapped),
    ("slip-truncated", truncated),
    ("slip-one-cell", one_cell),
)


def say(id: str) -> str:  # noqa: A002 - it is what a mistake's name is called everywhere
    """Say what was done and what to do instead; raises KeyError for what is no mistake's or slip's name."""
    return _(SAYINGS[id])
