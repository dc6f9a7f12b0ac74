"""What brings each row to a common size: layernorm, rmsnorm, the length 1 and the sum 1.

In layernorm and rmsnorm x̂ is the row before γ and β, and ε stands under the root. A row that there is
nothing to divide by raises ``DivisionByZeroError``; only l2norm leaves a row of zeros as it is.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from attncli.ops.expression import Call, Negative, Number, Product, Quotient, Square, Sum, minus
from attncli.ops.linear import COLSUM
from attncli.ops.op import N_, Array, DivisionByZeroError, Gradient, Op

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from attncli.ops.expression import Expression
    from attncli.ops.op import ErrorOf, Operand


NOISE = 4  # eps of a row's largest number: what is smaller is only rounding
SQUARES = (1e-150, 1e150)  # numbers whose squares float64 holds


def mean(a: Array) -> Array:
    """Return the mean of each row, as a column."""
    return np.asarray(a.mean(axis=-1, keepdims=True))


def total(a: Array) -> Array:
    """Return the sum of each row, as a column."""
    return np.asarray(a.sum(axis=-1, keepdims=True))


def centred(a: Array) -> Array:
    """Take its mean off each row; twice, for of a large mean the last digit is large as well."""
    apart = a - mean(a)
    return apart - mean(apart)


def root(a: Array, epsilon: float, count: int) -> Array:
    """Return √(Σa²/count + ε) of each row, whose numbers may be too large or too small to be squared."""
    _, exponent = np.frexp(np.abs(a).max(axis=-1, keepdims=True))
    unit = np.ldexp(np.ones((), a.dtype), exponent - 1)
    unit = np.maximum(unit, 1) if epsilon else unit
    return np.asarray(unit * np.sqrt(total((a / unit) ** 2) / count + epsilon / unit / unit))


def checked(divisor: Array, least: Array | float, reason: str, remedy: str) -> Array:
    """Return what each row is divided by; raises DivisionByZeroError where that is 0, but for rounding."""
    zero = np.abs(divisor) <= least
    if zero.any():
        raise DivisionByZeroError(reason, remedy, tuple(np.argwhere(zero)[0, :-1].tolist()))
    return divisor


def spread(error: Array | None) -> Array | float:
    """Return an argument's error; 0 where it is exact."""
    return 0.0 if error is None else error


class Shares:
    """x̂ of a matrix: each row over √(mean of its squares + ε), with ``centre`` less its mean first."""

    def __init__(self, a: Array, epsilon: float, *, centre: bool) -> None:
        self.a, self.centre = a, centre
        apart = centred(a) if centre else a
        least = 0.0 if epsilon else NOISE * np.finfo(a.dtype).eps * np.abs(a).max(axis=-1, keepdims=True)
        divisor = root(apart, epsilon, a.shape[-1])
        self.root = checked(
            divisor,
            least,
            N_("the numbers of {row} are all equal, so their variance is 0, and ε is 0")
            if centre
            else N_("the numbers of {row} are all 0, and ε is 0"),
            N_("write epsilon: 1e-5, or another number above 0"),
        )
        self.value = apart / self.root

    def error(self, carried: Array | float) -> Array:
        """How far rounding may have carried x̂, where it has carried the matrix so far."""
        size = np.abs(self.a) + mean(np.abs(self.a)) if self.centre else 0.0
        lost = np.zeros_like(self.a) + carried + size
        own = np.abs(self.value)
        return np.asarray(own + (lost + own * np.sqrt(mean(lost**2))) / self.root)


class Line:
    """One row of x̂ on paper: the mean and the root are written out once, and go in as numbers after that.

    With ``steps`` they are written out wherever they stand, the same objects: each is a step of its own.
    """

    def __init__(
        self, row: Sequence[int], a: Operand, epsilon: Operand, *, centre: bool, steps: bool = False
    ) -> None:
        numbers = a.value[tuple(row)]
        self.cells = [a.at(*row, k) for k in range(len(numbers))]
        self.size = Number(float(len(numbers)))
        self.centre, self.epsilon = centre, epsilon
        self.shares = Shares(numbers, epsilon.value, centre=centre)
        self.middle, self.divisor = math.fsum(numbers.tolist()) / len(numbers), float(self.shares.root[0])
        self.whole_mean = Quotient(Sum(tuple(self.cells)), self.size)
        self.mean: Expression = self.whole_mean if steps else Number(self.middle)
        self.number: Expression = self.root() if steps else Number(self.divisor)

    def apart(self, k: int, *, whole: bool = False) -> Expression:
        """Write one number less the mean."""
        return minus(self.cells[k], self.whole_mean if whole else self.mean) if self.centre else self.cells[k]

    def root(self) -> Expression:
        """Write what the row is divided by."""
        squares = Sum(tuple(Square(self.apart(k)) for k in range(len(self.cells))))
        middle = Quotient(squares, self.size)
        return Call("sqrt", Sum((middle, self.epsilon.at())) if self.epsilon.value else middle)

    def share(self, k: int) -> Expression:
        """Write one cell of x̂, all of it."""
        return Quotient(self.apart(k, whole=True), self.root())

    def used(self, k: int, *, whole: bool = False) -> Expression:
        """Write one cell of x̂ beside others."""
        return Quotient(self.apart(k, whole=whole), self.number)

    def asides(self, name: str) -> Iterator[tuple[str, list[float]]]:
        """Name the numbers that stand in it."""
        square = float(np.mean((self.shares.value * self.shares.root) ** 2))
        if self.centre:
            yield f"mean({name})", [self.middle]
        yield (f"var({name})" if self.centre else f"mean({name}∘{name})"), [square]

    @property
    def written(self) -> bool:
        """Whether its squares are numbers that can be written."""
        return SQUARES[0] < self.divisor < SQUARES[1]


class Normalised(Op):
    """x̂∘γ + β of each row, where γ and β are given."""

    axes = "*ij . j j -> *ij"
    why = N_("each row is normalised by itself; γ and β have a number for each column")
    centre = False

    def value(self, a: Array, epsilon: float, *scale: Array) -> Array:
        shares = Shares(a, epsilon, centre=self.centre).value
        for number, compute in zip(scale, (np.multiply, np.add), strict=False):
            shares = compute(shares, number)
        return shares

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        """That of x̂, by γ, and what is lost where β cancels it."""
        a, epsilon, *scale = args
        lost = Shares(a, epsilon, centre=self.centre).error(spread(errors(0)))
        for number, compute in zip(scale, (np.multiply, np.add), strict=False):
            lost = compute(lost, np.abs(number))
        return np.asarray(lost + np.abs(value))

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        return self.spelled(index, args)

    def cells_by_hand(self, index: tuple[int, ...], *args: Operand) -> Iterable[Expression]:
        yield self.spelled(index, args, steps=True)

    def spelled(self, index: tuple[int, ...], args: Sequence[Operand], *, steps: bool = False) -> Expression:
        """Write out one cell."""
        a, epsilon, *scale = args
        *row, k = index
        line = Line(row, a, epsilon, centre=self.centre, steps=steps)
        if not line.written:
            numbers = (one.value for one in scale)
            return Number(float(self.value(a.value[tuple(row)], epsilon.value, *numbers)[k]))
        cell = line.share(k)
        if scale:
            cell = Product((cell, scale[0].at(k)))
        return Sum((cell, scale[1].at(k))) if scale[1:] else cell

    def asides(
        self, index: tuple[int, ...], names: Sequence[str], args: Sequence[Operand]
    ) -> Iterable[tuple[str, list[float]]]:
        return Line(index[:-1], args[0], args[1], centre=self.centre).asides(names[0])

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        """γ multiplies what arrives before it goes back through x̂; dγ and dβ are summed over the rows."""
        a, epsilon, *scale = args
        yield Gradient(a, BACK[self.centre], (dy, a, epsilon, *scale[:1]))
        if scale:
            yield Gradient(scale[0], FACTOR[self.centre], (dy, a, epsilon))
        if scale[1:]:
            yield Gradient(scale[1], COLSUM, (dy,))


class LayerNorm(Normalised):
    """(A − mean(A))/√(var(A) + ε)∘γ + β, along each row; the variance is divided by the row's length."""

    written: ClassVar[Mapping[str, str]] = {
        "layernorm({})": "0 ε",
        "layernorm({}, {})": "0 ε 1",
        "layernorm({}, {}, {})": "0 ε 1 2",
    }
    centre = True


class RMSNorm(Normalised):
    """A/√(mean(A²) + ε)∘γ, along each row."""

    written: ClassVar[Mapping[str, str]] = {"rmsnorm({})": "0 ε", "rmsnorm({}, {})": "0 ε 1"}
    axes = "*ij . j -> *ij"
    why = N_("each row is normalised by itself; γ has a number for each column")


class RMSNormGradient(Op):
    """How a gradient goes back through x̂, which is divided by what it is made of: less its part along x̂."""

    axes = "*ij *ij . j -> *ij"
    centre = False

    def text(self, *args: str) -> str:
        dy, a, epsilon, *scale = args
        g = "dx̂" if scale else dy
        off = f" − mean({g})" if self.centre else ""
        where = f", dx̂ = {dy}∘{scale[0]}" if scale else ""
        back = f"({g}{off} − x̂∘mean({g}∘x̂))/{root_text(a, epsilon, self.centre)}"
        return f"{back}{where}, {shares_text(a, epsilon, self.centre)}"

    def value(self, dy: Array, a: Array, epsilon: float, scale: Array | float = 1.0) -> Array:
        shares = Shares(a, epsilon, centre=self.centre)
        g = dy * scale
        back = g - mean(g) if self.centre else g
        return np.asarray((back - shares.value * mean(g * shares.value)) / shares.root)

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        """What the differences are taken of, and the errors of the gradient and of x̂."""
        dy, a, epsilon, *scale = (np.abs(arg) if i != 1 else arg for i, arg in enumerate(args))
        shares = Shares(a, epsilon, centre=self.centre)
        own, slip = np.abs(shares.value), shares.error(spread(errors(1)))
        factor = scale[0] if scale else 1.0
        g, lost = dy * factor, (dy + spread(errors(0))) * factor
        size = lost + mean(lost) if self.centre else lost
        size = size + own * mean(lost * own + g * slip) + slip * mean(g * own)
        return np.asarray(size / shares.root)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        return self.spelled(index, args)

    def cell_on_paper(self, index: tuple[int, ...], *args: Operand) -> Expression:
        return self.spelled(index, args, on_paper=True)

    def cells_by_hand(self, index: tuple[int, ...], *args: Operand) -> Iterable[Expression]:
        yield self.spelled(index, args, steps=True)

    def spelled(
        self, index: tuple[int, ...], args: Sequence[Operand], *, on_paper: bool = False, steps: bool = False
    ) -> Expression:
        """Write out one cell, on paper with x̂ as numbers."""
        dy, a, epsilon, *scale = args
        *row, j = index
        line = Line(row, a, epsilon, centre=self.centre, steps=steps)
        if not line.written:
            lines = (one.value[tuple(row)] for one in (dy, a))
            back = self.value(*lines, epsilon.value, *(one.value for one in scale))  # type: ignore[call-arg]
            return Number(float(back[j]))
        columns = range(len(line.cells))
        factors = [(dy.at(*row, k), *(one.at(k) for one in scale)) for k in columns]
        g = [Product(some) if scale else some[0] for some in factors]
        shares: list[Expression] = [line.used(k) for k in columns]
        own = line.used(j, whole=True)
        if on_paper:
            shares = [Number(float(share)) for share in line.shares.value]
            own = shares[j]
        along = Sum(tuple(Product((g[k], shares[k]) if steps else (*factors[k], shares[k])) for k in columns))
        off = [Negative(Quotient(Sum(tuple(g)), line.size))] if self.centre else []
        common = Negative(Product((own, Quotient(along, line.size))))
        return Quotient(Sum((g[j], *off, common)), line.number if steps else line.root())

    def asides(
        self, index: tuple[int, ...], names: Sequence[str], args: Sequence[Operand]
    ) -> Iterable[tuple[str, list[float]]]:
        dy, a, epsilon, *scale = args
        row = index[:-1]
        line = Line(row, a, epsilon, centre=self.centre)
        yield from line.asides(names[1])
        g = dy.value[row] * (scale[0].value if scale else 1.0)
        name = "dx̂" if scale else names[0]
        yield "x̂", line.shares.value.tolist()
        if scale:
            yield name, g.tolist()
        if self.centre:
            yield f"mean({name})", mean(g).tolist()
        yield f"mean({name}∘x̂)", mean(g * line.shares.value).tolist()


class LayerNormGradient(RMSNormGradient):
    """The same, and less the mean of what arrives."""

    centre = True


class NormalisedFactorGradient(Op):
    """dγ: γ multiplied every row of x̂."""

    axes = "*ij *ij . -> j"

    def __init__(self, *, centre: bool) -> None:
        self.centre = centre

    def text(self, *args: str) -> str:
        dy, a, epsilon = args
        return f"colsum({dy}∘x̂), {shares_text(a, epsilon, self.centre)}"

    def value(self, dy: Array, a: Array, epsilon: float) -> Array:
        return COLSUM.value(dy * Shares(a, epsilon, centre=self.centre).value)

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        """What the terms come to without their signs, and what their errors add to that."""
        dy, a, epsilon = args
        shares = Shares(a, epsilon, centre=self.centre)
        own, slip = np.abs(shares.value), shares.error(spread(errors(1)))
        return COLSUM.value((np.abs(dy) + spread(errors(0))) * own + np.abs(dy) * slip)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        return self.spelled(index, args, Line.share)

    def cell_on_paper(self, index: tuple[int, ...], *args: Operand) -> Expression:
        return self.spelled(index, args, Line.used)

    def cells_by_hand(self, index: tuple[int, ...], *args: Operand) -> Iterable[Expression]:
        yield self.spelled(index, args, Line.used, steps=True)

    def spelled(
        self,
        index: tuple[int, ...],
        args: Sequence[Operand],
        share: Callable[[Line, int], Expression],
        *,
        steps: bool = False,
    ) -> Expression:
        """Write out one cell, each x̂ of its column in a way of its own."""
        lines = self.lines(args, steps=steps)
        terms = (
            (args[0].at(*row, *index), (share if line.written else Line.used)(line, *index))
            for row, line in lines.items()
        )
        return Sum(tuple(map(Product, terms)))

    def lines(self, args: Sequence[Operand], *, steps: bool = False) -> dict[tuple[int, ...], Line]:
        """Return every row of x̂."""
        _, a, epsilon = args
        rows = np.ndindex(*a.value.shape[:-1])
        return {row: Line(row, a, epsilon, centre=self.centre, steps=steps) for row in rows}

    def asides(
        self, index: tuple[int, ...], names: Sequence[str], args: Sequence[Operand]
    ) -> Iterable[tuple[str, list[float]]]:
        lines = self.lines(args).values()
        _, a, epsilon = names
        if self.centre:
            yield f"mean({a})", [line.middle for line in lines]
        yield root_text(a, epsilon, self.centre), [line.divisor for line in lines]


def root_text(a: str, epsilon: str, centre: bool) -> str:  # noqa: FBT001 - as the classes have it
    """Write what each row is divided by."""
    return f"√({f'var({a})' if centre else f'mean({a}∘{a})'} + {epsilon})"


def shares_text(a: str, epsilon: str, centre: bool) -> str:  # noqa: FBT001 - as the classes have it
    """Write what x̂ is."""
    above = f"({a} − mean({a}))" if centre else a
    return f"x̂ = {above}/{root_text(a, epsilon, centre)}"


class L2Norm(Op):
    """A/√ΣA², along each row: its length is 1. A row of zeros stays one."""

    written: ClassVar[Mapping[str, str]] = {"l2norm({})": "0"}

    def value(self, a: Array) -> Array:
        return np.asarray(a / self.divisor(a))

    def divisor(self, a: Array) -> Array:
        """Return the length of each row; 1 where it is 0."""
        length = root(a, 0.0, 1)
        return np.where(length == 0, np.ones((), a.dtype), length)

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        """What the errors of the row come to."""
        lost = np.zeros_like(value) + spread(errors(0))
        own = np.abs(value)
        return np.asarray(own + (lost + own * np.sqrt(total(lost**2))) / self.divisor(args[0]))

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        *row, k = index
        line = args[0].value[tuple(row)]
        length = float(self.divisor(line)[0])
        if not line.any() or not SQUARES[0] < length < SQUARES[1]:
            return Number(float(self.value(line)[k]))
        return Quotient(args[0].at(*index), length_of(row, args[0]))

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        yield Gradient(args[0], L2NORM_GRADIENT, (dy, y, args[0]))


def length_of(row: Sequence[int], a: Operand) -> Expression:
    """Write the length of a row."""
    squares = (Square(a.at(*row, k)) for k in range(a.value.shape[-1]))
    return Call("sqrt", Sum(tuple(squares)))


class L2NormGradient(Op):
    """What arrives less its part along the row, over the row's length; 0 for a row of zeros."""

    axes = "*ij *ij *ij -> *ij"

    def text(self, *args: str) -> str:
        dy, y, a = args
        return f"({dy} − {y}∘rowsum({dy}∘{y}))/√rowsum({a}∘{a})"

    def value(self, dy: Array, y: Array, a: Array) -> Array:
        back = (dy - y * total(dy * y)) / L2NORM.divisor(a)
        return np.where(a.any(axis=-1, keepdims=True), back, np.zeros((), back.dtype))

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        """What the difference is taken of, and the errors that come in."""
        dy, y, a = args
        own, g = np.abs(y), np.abs(dy)
        lost, slip = g + spread(errors(0)), spread(errors(1))
        size = lost + own * total(lost * own + g * slip) + slip * total(g * own)
        return np.asarray(size / L2NORM.divisor(a))

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        dy, y, a = args
        *row, j = index
        lines = [one.value[tuple(row)] for one in args]
        length = float(L2NORM.divisor(lines[2])[0])
        if not lines[2].any() or not SQUARES[0] < length < SQUARES[1]:
            return Number(float(self.value(*lines)[j]))
        along = Sum(tuple(Product((dy.at(*row, k), y.at(*row, k))) for k in range(len(lines[0]))))
        return Quotient(minus(dy.at(*index), Product((y.at(*index), along))), length_of(row, a))


class RowShare(Op):
    """A/rowsum(A): each row adds up to 1."""

    written: ClassVar[Mapping[str, str]] = {"rowshare({})": "0"}

    def value(self, a: Array) -> Array:
        return np.asarray(a / self.divisor(a))

    def divisor(self, a: Array) -> Array:
        """Return the sum of each row."""
        sums = total(a)
        if not np.isfinite(sums).all():  # a share of ∞ would be 0
            return np.full_like(sums, np.nan)
        return checked(
            sums,
            np.finfo(a.dtype).eps * total(np.abs(a)),
            N_("the numbers of {row} add up to 0"),
            N_("what is divided by its sum is best positive, as behind relu or softmax"),
        )

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        """That of the row, and that of its sum."""
        a = args[0]
        lost = spread(errors(0))
        return np.asarray(
            np.abs(value) + (lost + np.abs(value) * total(np.abs(a) + lost)) / np.abs(self.divisor(a))
        )

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        return Quotient(args[0].at(*index), sum_of(index[:-1], args[0]))

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        yield Gradient(args[0], ROWSHARE_GRADIENT, (dy, y, args[0]))


def sum_of(row: Sequence[int], a: Operand) -> Sum:
    """Write the sum of a row."""
    return Sum(tuple(a.at(*row, k) for k in range(a.value.shape[-1])))


class RowShareGradient(Op):
    """What arrives less its mean weighted with the shares, over the row's sum."""

    axes = "*ij *ij *ij -> *ij"

    def text(self, *args: str) -> str:
        dy, y, a = args
        return f"({dy} − rowsum({dy}∘{y}))/rowsum({a})"

    def value(self, dy: Array, y: Array, a: Array) -> Array:
        return np.asarray((dy - total(dy * y)) / ROWSHARE.divisor(a))

    def error(self, value: Array, args: Sequence[Any], errors: ErrorOf) -> Array:
        """What the difference is taken of, and the errors that come in."""
        dy, y, a = args
        g, own = np.abs(dy), np.abs(y)
        lost = g + spread(errors(0))
        return np.asarray((lost + total(lost * own + g * spread(errors(1)))) / np.abs(ROWSHARE.divisor(a)))

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        dy, y, a = args
        *row, _ = index
        along = Sum(tuple(Product((dy.at(*row, k), y.at(*row, k))) for k in range(a.value.shape[-1])))
        return Quotient(minus(dy.at(*index), along), sum_of(row, a))


LAYERNORM, RMSNORM = LayerNorm(), RMSNorm()
BACK = {True: LayerNormGradient(), False: RMSNormGradient()}
FACTOR = {centre: NormalisedFactorGradient(centre=centre) for centre in BACK}
L2NORM, L2NORM_GRADIENT = L2Norm(), L2NormGradient()
ROWSHARE, ROWSHARE_GRADIENT = RowShare(), RowShareGradient()
