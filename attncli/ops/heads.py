"""Cutting a matrix into heads and joining heads again: head i owns the i-th block of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.ops.op import Array, Gradient, LinearOp, Shape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attncli.ops.expression import Expression
    from attncli.ops.op import Operand


class Split(LinearOp):
    """(n × h·d) → (h × n × d); the second argument is h."""

    def text(self, *args: str) -> str:
        return f"split({args[0]})"

    def value(self, a: Array, heads: int) -> Array:
        n, width = a.shape
        return a.reshape(n, heads, width // heads).swapaxes(0, 1)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        a, heads = args
        h, i, j = index
        return a.at(i, h * (a.value.shape[-1] // heads.value) + j)

    def shape(self, *args: Shape) -> Shape:
        n, width = args[0]
        return ("h", n, width.removeprefix("h·"))

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        a, heads = args
        yield Gradient(a, CONCAT, (dy, heads))


class Concat(LinearOp):
    """(h × n × d) → (n × h·d), head beside head; the second argument is h."""

    def text(self, *args: str) -> str:
        return f"concat({args[0]})"

    def value(self, a: Array, heads: int) -> Array:
        _, n, width = a.shape
        return a.swapaxes(0, 1).reshape(n, heads * width)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        a, _ = args
        i, j = index
        h, column = divmod(j, a.value.shape[-1])
        return a.at(h, i, column)

    def shape(self, *args: Shape) -> Shape:
        _, n, width = args[0]
        return (n, f"h·{width}")

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        a, heads = args
        yield Gradient(a, SPLIT, (dy, heads))


SPLIT, CONCAT = Split(), Concat()
