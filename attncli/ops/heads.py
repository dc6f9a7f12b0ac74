"""Cutting a matrix into heads, joining them again, sharing them: head i owns the i-th block of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from attncli.ops.expression import Sum
from attncli.ops.op import N_, Array, Gradient, LinearOp, Shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from attncli.ops.expression import Expression
    from attncli.ops.op import Operand


MOST_HEADS = 2**12


class Split(LinearOp):
    """(n × h·d) → (h × n × d); the second argument is h."""

    view = True
    axes = "ij . -> hik"
    why = N_("split gives every head equally many columns")
    written: ClassVar[Mapping[str, str]] = {"split({})": "0 h", "split({}, {})": "0 1"}

    def value(self, a: Array, heads: float) -> Array:
        n, width = a.shape
        return a.reshape(n, int(heads), width // int(heads)).swapaxes(0, 1)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        a, heads = args
        h, i, j = index
        return a.at(i, h * (a.value.shape[-1] // int(heads.value)) + j)

    def shape(self, *args: Shape) -> Shape:
        (n, width), (h,) = args
        return (h, n, over(width, h))

    def fits(self, *args: Any) -> bool:  # noqa: ANN401 - as every op's
        (_, width), heads = args
        return is_count(heads) and not width % heads

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        a, heads = args
        yield Gradient(a, CONCAT, (dy, heads))


class Concat(LinearOp):
    """(h × n × d) → (n × h·d), head beside head; the second argument is h, or how many others there are."""

    view = True
    axes = "hij . -> ik"
    why = N_("concat puts heads side by side: what has none cannot be joined")
    written: ClassVar[Mapping[str, str]] = {"concat({})": "0 h"}

    def text(self, *args: str) -> str:
        return f"concat({args[0]})"

    def value(self, a: Array, heads: float) -> Array:
        count, n, width = a.shape
        return a.swapaxes(0, 1).reshape(n, count * width)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        a, _ = args
        i, j = index
        h, column = divmod(j, a.value.shape[-1])
        return a.at(h, i, column)

    def shape(self, *args: Shape) -> Shape:
        h, n, width = args[0]
        return (n, times(h, width))

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        a, heads = args
        yield Gradient(a, SPLIT, (dy, heads))


class Repeat(LinearOp):
    """(g × n × d) → (r·g × n × d), each head r times in a row: queries share keys and values in groups."""

    axes = "hij . -> gij"
    why = N_("repeat takes heads, and a whole number of times: split(A, 1) makes one head of a matrix")
    written: ClassVar[Mapping[str, str]] = {"repeat({}, {})": "0 1"}

    def value(self, a: Array, count: float) -> Array:
        return np.repeat(a, int(count), axis=0)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        a, count = args
        h, i, j = index
        return a.at(h // int(count.value), i, j)

    def shape(self, *args: Shape) -> Shape:
        (g, n, width), (r,) = args
        return (times(r, g), n, width)

    def fits(self, *args: Any) -> bool:  # noqa: ANN401 - as every op's
        (heads, *_), count = args
        return is_count(count) and is_count(heads * count)

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        a, count = args
        yield Gradient(a, SUM_SHARED, (dy, count))


class SumShared(LinearOp):
    """(r·g × n × d) → (g × n × d): r heads in a row were one, whose gradient is the sum of theirs."""

    axes = "hij . -> gij"

    def text(self, *args: str) -> str:
        return f"sum of each {args[1]} heads of {args[0]}"

    def value(self, a: Array, count: float) -> Array:
        total: Array = a.reshape(-1, int(count), *a.shape[1:]).sum(axis=1)
        return total

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        a, count = args
        g, i, j = index
        r = int(count.value)
        return Sum(tuple(a.at(h, i, j) for h in range(r * g, r * g + r)))

    def shape(self, *args: Shape) -> Shape:
        (h, n, width), (r,) = args
        return (over(h, r), n, width)


def times(count: str, length: str) -> str:
    """Multiply a length in letters: h times d_k is h·d_k, and 2 times h/2 is h."""
    if count.isdecimal() and length.isdecimal():
        return str(int(count) * int(length))
    if "1" in {count, length}:
        return count if length == "1" else length
    return length.removesuffix(f"/{count}") if length.endswith(f"/{count}") else f"{count}·{length}"


def over(length: str, count: str) -> str:
    """Divide a length in letters: h·d_k over h is d_k, and h over 2 is h/2."""
    if count.isdecimal() and length.isdecimal():
        return str(int(length) // int(count))
    if count in {"1", length}:
        return length if count == "1" else "1"
    return length.removeprefix(f"{count}·") if length.startswith(f"{count}·") else f"{length}/{count}"


def is_count(number: float) -> bool:
    """Whether a number can count heads."""
    return 1 <= number <= MOST_HEADS and number == int(number)


SPLIT, CONCAT = Split(), Concat()
REPEAT, SUM_SHARED = Repeat(), SumShared()
